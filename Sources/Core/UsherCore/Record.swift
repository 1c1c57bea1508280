/// What the journal is asked to keep. Records are written in the order in which they were asked for, one batch at a
/// time, each batch whole or not at all.
public enum Record: Hashable, Sendable {
    /// A seat is taken. Asked for by `takeSeat` only.
    case taken(SessionRecord)
    case leaseChanged(SessionID, LeaseRecord, lastUsed: Moment)
    /// A pipeline ended.
    case used(SessionID, invocations: Int, at: Moment)
    case closing(SessionID, EndReason, at: Moment)
    case unconfirmed(SessionID, EndReason, freesAt: Moment?, at: Moment)
    /// The seat is free.
    case ended(SessionID, EndReason, at: Moment)
    /// After a failed commit: what is held, instead of whatever the file says, and the first id that was never given
    /// out, because another file may lie there now that knows of none.
    case held([SessionRecord], nextSession: SessionID)
    /// Events older than this may go.
    case pruned(before: Moment)
}

/// A session as the journal keeps it.
public struct SessionRecord: Hashable, Sendable {
    public let identity: SessionIdentity
    public let lease: LeaseRecord
    public let lastUsed: Moment
    public let invocations: Int
    public let end: End?

    /// An end that has begun.
    public struct End: Hashable, Sendable {
        public let reason: EndReason
        /// When the tenant must have forgotten it; nil while it is closing, or while a pipeline may run there.
        public let freesAt: Moment?
        public let isUnconfirmed: Bool

        public init(reason: EndReason, freesAt: Moment?, isUnconfirmed: Bool) {
            self.reason = reason
            self.freesAt = freesAt
            self.isUnconfirmed = isUnconfirmed
        }
    }

    public init(identity: SessionIdentity, lease: LeaseRecord, lastUsed: Moment, invocations: Int, end: End?) {
        self.identity = identity
        self.lease = lease
        self.lastUsed = lastUsed
        self.invocations = invocations
        self.end = end
    }
}

/// What the journal held when the broker started.
public struct JournalContents: Hashable, Sendable {
    /// Sessions on a seat, oldest first. The lease of a console that was found again is in `consoles`.
    public var sessions: [SessionRecord]
    /// Consoles of those sessions that are still there and are being watched again.
    public var consoles: [SessionID: Console]
    /// Sessions that ended lately, oldest first.
    public var ended: [EndedSession]
    /// The first id that was never given out.
    public var nextSession: SessionID

    /// How many ended sessions are worth reading: the broker remembers no more.
    public static var endedCountMax: Int { EndedSessions.countMax }

    public init(
        sessions: [SessionRecord] = [], consoles: [SessionID: Console] = [:], ended: [EndedSession] = [],
        nextSession: SessionID = .first
    ) {
        self.sessions = sessions
        self.consoles = consoles
        self.ended = ended
        self.nextSession = nextSession
    }
}

/// A session that is over, remembered for those who ask for it by name.
public struct EndedSession: Hashable, Sendable {
    public let identity: SessionIdentity
    public let reason: EndReason
    public let at: Moment
    public let invocations: Int

    public init(identity: SessionIdentity, reason: EndReason, at: Moment, invocations: Int) {
        self.identity = identity
        self.reason = reason
        self.at = at
        self.invocations = invocations
    }
}
