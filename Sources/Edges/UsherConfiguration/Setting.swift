/// Where a setting was written.
struct Place: Hashable, Sendable {
    var file: String
    var line: Int
    /// The setting with the sections it is in, by dots.
    var key: String

    /// The place of something inside the section here.
    func inside(_ name: String, line: Int) -> Place {
        Place(file: file, line: line, key: key.isEmpty ? name : "\(key).\(name)")
    }

    /// Whether a person wrote it. What we ship ourselves has no line, and nobody is sent to mend it.
    var isWritten: Bool { line > 0 }
}

/// A value as it stands in a file: not yet known to be of the right kind, but known to be from somewhere.
struct Setting: Sendable {
    var place: Place
    var content: Content

    indirect enum Content: Sendable {
        /// The key alone: a heading whose lines are all commented out.
        case empty
        case text(String)
        case list([Setting])
        case section([Entry])
    }

    struct Entry: Sendable {
        var name: String
        var value: Setting
    }

    /// Lays a later text over this one. Sections are joined key by key, and keep the order of the first file;
    /// anything else is replaced, lists as a whole.
    mutating func lay(_ later: Setting) {
        switch (content, later.content) {
        case (.section(var entries), .section(let additions)):
            // The entries are let go before they are changed, so that a file is not copied for each key.
            content = .empty
            var positions = Dictionary(
                entries.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
            for addition in additions {
                if let position = positions[addition.name] {
                    entries[position].value.lay(addition.value)
                } else {
                    positions[addition.name] = entries.count
                    entries.append(addition)
                }
            }
            content = .section(entries)
        case (.section, .empty):
            break
        default:
            self = later
        }
    }
}
