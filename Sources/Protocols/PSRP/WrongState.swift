/// Our own call came at the wrong time.
public struct WrongState: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was to be done, `start a pipeline`.
    public let action: String
    /// The state it was tried in.
    public let state: String
    /// The states that would have done.
    public let wanted: [String]

    /// An action at the wrong time.
    public init(action: String, state: String, wanted: [String]) {
        self.action = action
        self.state = state
        self.wanted = wanted
    }

    /// One sentence without a full stop.
    public var description: String {
        "cannot \(action): the state is \(state), it would have to be \(wanted.joined(separator: " or "))"
    }
}
