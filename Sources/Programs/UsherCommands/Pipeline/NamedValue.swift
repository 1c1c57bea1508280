import Varlink

/// A secret or a credential that a word of a pipeline stands for: `$name`. It does not print.
struct NamedValue: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The value as the interface has it.
    let json: JSON

    init(_ json: JSON) { self.json = json }

    var description: String { "<secret>" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
