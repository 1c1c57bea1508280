/// What the broker decides by: the configuration, with every name resolved.
///
/// Immutable once built. A reload brings a whole new value; sessions that live by an older one are left alone and
/// are judged by the new one from then on.
public struct Rules: Hashable, Sendable {
    /// The tenants, in file order.
    public var tenants: [TenantRules] {
        didSet { reindex() }
    }
    /// This machine, as others see it in the names of our shells.
    public var host = "localhost"
    /// Who may reclaim, drain, reload and see everything. Root always may.
    public var operators: GroupID?
    public var revealHolders = RevealHolders.all
    /// How long opening a session may take in all.
    public var openDeadline = Duration.seconds(30)
    /// How long the disk may take to record a grant before its caller is told no.
    public var grantDeadline = Duration.seconds(5)
    /// How long running invocations get when the broker stops.
    public var stopTimeout = Duration.seconds(60)
    /// Waiting calls, per tenant.
    public var waitingMax = 32
    /// Waiting calls, per user, over all tenants.
    public var waitingMaxPerUser = 8
    /// The longest wait that may be asked for.
    public var waitMax = Duration.hours(1)
    /// How long the journal keeps its events.
    public var auditKeep = Duration.hours(90 * 24)

    private var places: [TenantName: Int] = [:]

    public init(tenants: [TenantRules] = []) {
        self.tenants = tenants
        reindex()
    }

    private mutating func reindex() {
        places = Dictionary(tenants.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The rules of one tenant, or nil when it is not configured.
    public subscript(tenant: TenantName) -> TenantRules? { places[tenant].map { tenants[$0] } }
}

/// Whom refusals and lists show other people's sessions.
public enum RevealHolders: String, Hashable, Sendable, CaseIterable {
    /// Everyone who may use the tenant.
    case all
    /// Operators; the others see counts and times.
    case operators
}

/// The rules of one tenant.
public struct TenantRules: Hashable, Sendable {
    public let name: TenantName
    public var kind = Kind.shells
    /// The profile its values came from, for display.
    public var profile: String?
    public var sessionsPerAdmin = 3
    /// Nil where the tenant counts per account only.
    public var sessionsPerOrganization: Int?
    /// Seats left free for people outside the broker: of the organization's, or of each account's where the
    /// tenant does not count the organization.
    public var reserve = 0
    /// When we close an idle session. Nil: never.
    public var idleTimeout: Duration?
    /// When the tenant has surely forgotten an idle session.
    public var tenantIdle = Duration.minutes(15)
    /// When we close a session however busy it was. Nil: never.
    public var maximumAge: Duration?
    /// How long a session given back stays open for its owner. Zero: it is closed.
    public var keepWarm = Duration.zero
    /// New sessions per minute, where the tenant limits that.
    public var createsPerMinute: Int?
    /// The accounts, in file order.
    public var admins: [AdminRules] {
        didSet { reindex() }
    }

    private var places: [AdminName: Int] = [:]

    /// What a seat at this tenant stands for.
    public enum Kind: String, Hashable, Sendable {
        /// A remote shell that we open and close.
        case shells
        /// Nothing of ours (`protocol: none`): the seat is all there is.
        case seats
    }

    public init(name: TenantName, admins: [AdminRules] = []) {
        self.name = name
        self.admins = admins
        reindex()
    }

    private mutating func reindex() {
        places = Dictionary(admins.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// The account called `name`, or nil.
    public func admin(_ name: AdminName) -> AdminRules? { places[name].map { admins[$0] } }

    /// The seats of one account that we may fill.
    public var limitPerAdmin: Int {
        sessionsPerOrganization == nil ? max(0, sessionsPerAdmin - reserve) : sessionsPerAdmin
    }

    /// The seats of the organization that we may fill, or nil where there is no such limit.
    public var limitPerOrganization: Int? { sessionsPerOrganization.map { max(0, $0 - reserve) } }
}

/// An account at a tenant and the local users who may act as it.
public struct AdminRules: Hashable, Sendable {
    public let name: AdminName
    /// The account's full name at the tenant. Nil for seats that have none.
    public var upn: String?
    public var users: Set<UserID>
    public var groups: Set<GroupID>

    public init(name: AdminName, upn: String? = nil, users: Set<UserID> = [], groups: Set<GroupID> = []) {
        self.name = name
        self.upn = upn
        self.users = users
        self.groups = groups
    }
}
