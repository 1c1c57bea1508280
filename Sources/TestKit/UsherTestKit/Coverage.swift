import UsherCore

/// Which events met which states, over many lives: what never came about was not shown.
public struct Coverage: Sendable, CustomStringConvertible {
    public private(set) var counts: [Pair: Int] = [:]

    public struct Pair: Hashable, Sendable {
        public let state: String
        public let event: String
    }

    public init() {}

    mutating func note(_ state: String, _ event: String) {
        counts[Pair(state: state, event: event), default: 0] += 1
    }

    public mutating func add(_ other: Coverage) { counts.merge(other.counts, uniquingKeysWith: +) }

    /// A table: a line for each event, a column for each state of the session it is about.
    public var description: String {
        let states = Broker.stateNames
        let width = (counts.keys.map(\.event.count).max() ?? 0) + 2
        func padded(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        var lines = [padded("", width) + states.map { padded($0, 12) }.joined()]
        for event in Set(counts.keys.map(\.event)).sorted() {
            let cells = states.map { state in
                padded(counts[Pair(state: state, event: event)].map(String.init) ?? ".", 12)
            }
            lines.append(event + padded("", width - event.count) + cells.joined())
        }
        return lines.joined(separator: "\n")
    }

    /// The pairs that have to come about and have not.
    public var missing: [Pair] {
        var missing: [Pair] = []
        for (event, states) in Self.wanted.sorted(by: { $0.key < $1.key }) {
            for state in states where counts[Pair(state: state, event: event)] == nil {
                missing.append(Pair(state: state, event: event))
            }
        }
        return missing
    }

    /// Which events must have met which states. What is not here cannot come about: the tenant cannot speak of a session
    /// that it never heard of, and the disk answers only what it was asked.
    static let wanted: [String: [String]] = [
        "seatTaken": ["taking"],
        "entranceFound": ["approaching"],
        "sessionOpened": ["creating", "opened", "ready", "closing", "unconfirmed", "none"],
        "openFailed": ["approaching", "creating", "ready", "closing", "unconfirmed", "none"],
        "shellTaken": ["opened", "closing", "none"],
        "leaseTaken": ["ready", "running", "closing"],
        "invocationTaken": ["taken", "closing", "overdue"],
        "invocationEnded": ["running", "closing", "none"],
        "idleTaken": ["settling", "ready", "closing"],
        "sessionClosed": ["ready", "running", "closing", "unconfirmed", "none"],
        "closeFailed": ["closing", "unconfirmed", "none"],
        "close": ["approaching", "creating", "ready", "running", "closing", "unconfirmed"],
        "invoke": ["approaching", "creating", "ready", "running", "closing", "unconfirmed"],
        "attach": ["approaching", "creating", "ready", "running", "closing", "unconfirmed"],
        "stopInvocation": ["ready", "running", "closing"],
        "reachInvocation": ["ready", "running"],
        "watch": ["creating", "ready", "running", "closing", "unconfirmed"],
        "clientLeft": ["taking", "approaching", "creating", "opened", "ready", "taken", "running"],
        "consoleClosed": ["ready", "running"],
        "crash": [
            "taking", "approaching", "creating", "opened", "ready", "taken", "running", "settling", "closing",
            "unconfirmed",
        ],
    ]
}
