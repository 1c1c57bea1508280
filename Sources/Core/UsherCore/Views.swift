// What callers are shown. Values only, worked out by the broker for one caller at one moment; times stay moments,
// the edge turns them into dates.

/// One session, for those who may see it.
public struct SessionView: Hashable, Sendable {
    public let identity: SessionIdentity
    public let state: SessionState
    public let lease: Lease.Mode
    public let lastUsed: Moment
    /// Nil while it does not idle.
    public let idle: Duration?
    /// Nil where no rule ends it.
    public let freesIn: Duration?
    public let invocations: Int
    /// The shell at the tenant, for its owner and for operators.
    public var shell: String?
    public var running: RunningView?
    /// Set once it is being ended.
    public let reason: EndReason?
    public let endedAt: Moment?
    /// Whether its end waits for a credential.
    public var needsLogin = false
}

/// A pipeline that runs.
public struct RunningView: Hashable, Sendable {
    /// What people call it: its first command.
    public let name: String
    public let lasts: Duration
}

/// One holder of quota, as much of it as the asker may see.
public struct HolderView: Hashable, Sendable {
    /// Nil where the asker may not see more than that there is one.
    public let identity: SessionIdentity?
    /// Nil where he may neither see the session nor act as its account.
    public let admin: AdminName?
    public let state: SessionState
    public let since: Moment
    public let idle: Duration?
    public let freesIn: Duration?
    /// What runs in it, where the asker may see whose it is.
    public var running: RunningView?
    /// What the tenant says of it, where it was not opened by us.
    public var foreign: SeenShell?
}

/// One tenant, for those who may use it.
public struct TenantView: Hashable, Sendable {
    public let rules: TenantRules
    public let inUse: Int
    /// The accounts the asker may act as, with the seats each holds.
    public let admins: [Account]
    public let waiting: Int
    /// Its sessions by their state, those of others included as far as they count now.
    public let states: [SessionState: Int]
    /// Why it gives no new sessions, where an operator closed it.
    public var lock: TenantLock?

    /// Sessions whose end it has not confirmed.
    public var unconfirmed: Int { states[.unconfirmed] ?? 0 }

    /// One account and the seats it holds.
    public struct Account: Hashable, Sendable {
        public let name: AdminName
        public let inUse: Int
    }
}

/// The broker's own state, for everyone.
public struct StatusView: Hashable, Sendable {
    public let phase: Phase
    public let sessions: Int
    public let unconfirmed: Int
    public let waiting: Int
    /// What stands in the way of new grants.
    public let trouble: String?

    /// Whether the broker takes new work.
    public enum Phase: String, Hashable, Sendable, CaseIterable {
        case running
        case draining
        case stopping
    }
}

/// How much of the journal somebody may read.
public struct AuditScope: Hashable, Sendable {
    /// Everything.
    public let all: Bool
    /// Otherwise what is his own, and all there is of these tenants.
    public let uid: UserID
    public let tenants: [TenantName]

    public init(all: Bool, uid: UserID, tenants: [TenantName]) {
        self.all = all
        self.uid = uid
        self.tenants = tenants
    }
}
