public import UsherCore

/// A boot clock that moves when it is told to.
public struct ManualClock: Sendable {
    public private(set) var now: Moment

    public init(now: Moment = .start + .hours(100)) { self.now = now }

    public mutating func advance(by span: Duration) { now = now + span }

    /// Moves on to `moment`. A clock does not run backwards.
    public mutating func advance(to moment: Moment) { now = max(now, moment) }
}
