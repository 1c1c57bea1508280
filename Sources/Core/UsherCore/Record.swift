/// What the journal is asked to keep. Records are written in the order in which they were asked for, one batch at a
/// time, each batch whole or not at all.
public enum Record: Hashable, Sendable {
    /// A seat is taken. Asked for by `takeSeat` only.
    indirect case taken(SessionRecord)
    case leaseChanged(SessionID, LeaseRecord, lastUsed: Moment)
    /// The shell is there, and this leads to it. Asked for by `takeShell` only.
    indirect case opened(SessionID, ShellRecord)
    /// From here on a pipeline may run in it. Asked for by `takeInvocation` only.
    case invoking(SessionID, invocations: Int, at: Moment)
    /// Nothing runs in it any more.
    case used(SessionID, invocations: Int, at: Moment)
    case closing(SessionID, EndReason, at: Moment)
    case unconfirmed(SessionID, EndReason, freesAt: Moment?, at: Moment)
    /// Somebody had a session ended that need not be his. What became of it follows.
    indirect case ordered(SessionID, EndReason, by: Principal, at: Moment)
    /// A shell that was not ours was ended for somebody.
    indirect case foreignEnded(ForeignShell, by: Principal, at: Moment)
    indirect case locked(TenantName, TenantLock)
    indirect case unlocked(TenantName, by: Principal?, at: Moment)
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
    /// What leads to the shell, once it was made. Nil for a seat without one, and for one of which nobody knows.
    @Aside public private(set) var shell: ShellRecord?
    /// Whether a pipeline may be running in it.
    public let mayRun: Bool
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

    public init(
        identity: SessionIdentity, lease: LeaseRecord, lastUsed: Moment, invocations: Int, shell: ShellRecord? = nil,
        mayRun: Bool = false, end: End?
    ) {
        self.identity = identity
        self.lease = lease
        self.lastUsed = lastUsed
        self.invocations = invocations
        self.shell = shell
        self.mayRun = mayRun
        self.end = end
    }
}

/// What leads back to a shell after a restart. To the rules only `tenantIdle` means something.
public struct ShellRecord: Hashable, Sendable {
    /// The id that the server knows it by, which is not always the proposed one.
    public var shellID: String
    /// Where requests go, after all redirects.
    public var endpoint: String
    /// What the shell was created as, and has to be spoken of as.
    public var resourceURI: String
    /// Who we are to the server: it lets only the client that made a shell take it up again.
    public var clientID: ShellID
    /// The id of the runspace pool in the shell.
    public var poolID: ShellID
    /// The version of PSRP that both sides speak.
    public var protocolVersion: String
    /// What a load balancer finds the shell by, as a Cookie field has it; empty without one.
    public var cookies: String
    /// After how long the tenant forgets the shell, where it said so when it made it.
    public var tenantIdle: Duration?

    public init(
        shellID: String, endpoint: String, resourceURI: String, clientID: ShellID, poolID: ShellID,
        protocolVersion: String, cookies: String = "", tenantIdle: Duration? = nil
    ) {
        self.shellID = shellID
        self.endpoint = endpoint
        self.resourceURI = resourceURI
        self.clientID = clientID
        self.poolID = poolID
        self.protocolVersion = protocolVersion
        self.cookies = cookies
        self.tenantIdle = tenantIdle
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
    /// Tenants that are locked.
    public var locks: [TenantName: TenantLock]
    /// How often the journal was opened, this time counted: what two lives of the daemon number alike is told apart by it.
    public var life: UInt32

    /// How many ended sessions are worth reading: the broker remembers no more.
    public static var endedCountMax: Int { EndedSessions.countMax }

    public init(
        sessions: [SessionRecord] = [], consoles: [SessionID: Console] = [:], ended: [EndedSession] = [],
        nextSession: SessionID = .first, locks: [TenantName: TenantLock] = [:], life: UInt32 = 1
    ) {
        self.sessions = sessions
        self.consoles = consoles
        self.ended = ended
        self.nextSession = nextSession
        self.locks = locks
        self.life = life
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
