/// Which sessions are to be ended in bulk. All that is said must fit; nothing said fits nothing.
public struct ReclaimWish: Hashable, Sendable {
    public var tenant: TenantName?
    public var admin: AdminName?
    /// The owner, by name or number.
    public var user: String?
    /// Idle for at least so long.
    public var idle: Duration?
    /// Held by nobody: detached and followed by no client, or waiting for a holder since a restart.
    public var orphaned = false
    /// Those whose end the tenant has not confirmed: it is asked again.
    public var unconfirmed = false
    /// Unconfirmed ones are given up, whatever the tenant counts. For operators.
    public var forget = false
    /// Shells that were not opened by us. For operators.
    public var foreign = false
    /// Only says which.
    public var dryRun = false

    public init() {}

    /// Whether it fits nothing.
    public var isEmpty: Bool {
        tenant == nil && admin == nil && user == nil && idle == nil && !orphaned && !unconfirmed && !foreign
    }
}

/// What came of it.
public struct ReclaimReport: Hashable, Sendable {
    /// Ended, or with `dryRun` what would be.
    public var reclaimed: [SessionView] = []
    public var foreign: [ForeignShell] = []
    /// What fits and is still there.
    public var kept: [Kept] = []
    /// What could not be asked.
    public var troubles: [Trouble] = []

    public init(
        reclaimed: [SessionView] = [], foreign: [ForeignShell] = [], kept: [Kept] = [], troubles: [Trouble] = []
    ) {
        self.reclaimed = reclaimed
        self.foreign = foreign
        self.kept = kept
        self.troubles = troubles
    }

    public struct Kept: Hashable, Sendable {
        public let what: What
        public let why: String
        /// When its seat frees by itself, as far as that is known.
        public let freesIn: Duration?

        public enum What: Hashable, Sendable {
            case session(SessionView)
            case foreign(ForeignShell)
        }
    }

    /// A tenant that did not say what it has.
    public struct Trouble: Hashable, Sendable {
        public let account: Account
        public let why: String
        /// Whether something is wrong there, and not only forbidden or asked without a credential.
        public var isProblem = true
    }
}

/// Shells that are at tenants and not on our books.
public struct ForeignReport: Hashable, Sendable {
    public var shells: [ForeignShell] = []
    public var troubles: [ReclaimReport.Trouble] = []

    public init(shells: [ForeignShell] = [], troubles: [ReclaimReport.Trouble] = []) {
        self.shells = shells
        self.troubles = troubles
    }
}

/// What people wait for that concerns several sessions, or several accounts: first the tenants' lists, then the ends.
struct Survey: Hashable, Sendable {
    let asker: Asker
    let caller: Caller
    let purpose: Purpose
    let tenants: [TenantName]
    /// Lists that have not come.
    var lists: Set<Account> = []
    /// Sessions whose end is not known yet, and how often the tenant may still fail to confirm it: the first time may be
    /// the end of an attempt that was under way before.
    var ending: [SessionID: Int] = [:]
    /// Shells of others, in small letters, whose end is not known yet.
    var endingForeign: [String: ForeignShell] = [:]
    var report = ReclaimReport()
    /// When those who asked are told what is known by then.
    var until: Moment

    enum Purpose: Hashable, Sendable {
        case list
        case reclaim(ReclaimWish)
        case diagnose
    }

    var isWaiting: Bool { !lists.isEmpty || !ending.isEmpty || !endingForeign.isEmpty }
}
