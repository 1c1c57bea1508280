/// Who holds which seats: the only arithmetic on quotas.
///
/// A seat is one place in two quotas at once, that of the admin and that of the organization; both are taken and
/// freed together. Counts are derived from the list of seats, so they cannot drift from it.
public struct QuotaLedger: Hashable, Sendable {
    /// One taken seat.
    public struct Seat: Hashable, Sendable {
        public let session: SessionID
        public let admin: AdminName
    }

    /// A limit that leaves no room.
    public struct Shortage: Hashable, Sendable {
        public let scope: Scope
        public let limit: Int
        /// Those included that others hold there.
        public let inUse: Int
        /// How many of them were opened by somebody else.
        public var foreign = 0
        /// Whether the limit is none of ours: the tenant was seen to enforce it.
        public var isLearned = false
        /// How many seats of the limit are kept free, and not in it.
        public var reserve = 0

        /// The name of the setting behind it, or of what else it is.
        public var setting: String {
            if isLearned { return "the tenant's own limit" }
            return reserve > 0 ? "\(scope.setting) less a reserve of \(reserve)" : scope.setting
        }
    }

    /// What is known of a tenant beside our books.
    struct Outside {
        var ofAdmin = 0
        var all = 0
        /// A limit lower than ours that the tenant enforces.
        var limitPerAdmin: Int?
    }

    /// Only tenants with taken seats are in here, so that a copy costs what is in use, not what is configured.
    private var seats: [TenantName: [Seat]] = [:]

    /// The empty ledger.
    public init() {}

    /// The taken seats of a tenant, oldest first.
    public func seats(at tenant: TenantName) -> [Seat] { seats[tenant] ?? [] }

    /// How many seats are taken at a tenant.
    public func inUse(at tenant: TenantName) -> Int { seats[tenant]?.count ?? 0 }

    /// How many seats one admin holds at a tenant.
    public func inUse(by admin: AdminName, at tenant: TenantName) -> Int {
        seats(at: tenant).count { $0.admin == admin }
    }

    /// The limit that refuses one more seat, or nil when there is room. The admin's own limit is named first:
    /// it is the one the asker can do something about.
    public func shortage(for admin: AdminName, by rules: TenantRules) -> Shortage? {
        Self.shortage(for: admin, by: rules, seats(at: rules.name), besides: Outside())
    }

    /// The same for a tenant whose taken seats are at hand, and of which more is known.
    static func shortage(
        for admin: AdminName, by rules: TenantRules, _ taken: [Seat], besides outside: Outside
    ) -> Shortage? {
        let own = taken.count { $0.admin == admin } + outside.ofAdmin
        let limit = min(rules.limitPerAdmin, outside.limitPerAdmin ?? .max)
        if own >= limit {
            return Shortage(
                scope: .admin, limit: limit, inUse: own, foreign: outside.ofAdmin,
                isLearned: limit < rules.limitPerAdmin,
                reserve: rules.sessionsPerAdmin - rules.limitPerAdmin)
        }
        guard let limit = rules.limitPerOrganization else { return nil }
        let all = taken.count + outside.all
        return all >= limit
            ? Shortage(
                scope: .organization, limit: limit, inUse: all, foreign: outside.all, reserve: rules.reserve) : nil
    }

    /// Takes a seat. Whether there is room was asked before; a seat that is known to be taken, as after a restart,
    /// is entered whatever the limits say now.
    mutating func take(_ session: SessionID, by admin: AdminName, at tenant: TenantName) {
        precondition(!seats(at: tenant).contains { $0.session == session }, "\(session) already holds a seat")
        seats[tenant, default: []].append(Seat(session: session, admin: admin))
    }

    /// Frees the seat of a session.
    mutating func free(_ session: SessionID, at tenant: TenantName) {
        guard var taken = seats.removeValue(forKey: tenant),
            let place = taken.firstIndex(where: { $0.session == session })
        else { preconditionFailure("\(session) holds no seat") }
        taken.remove(at: place)
        if !taken.isEmpty { seats[tenant] = taken }
    }
}

/// What a quota counts.
public enum Scope: String, Hashable, Sendable {
    case admin
    case organization

    /// The name of the setting behind the limit.
    public var setting: String {
        switch self {
        case .admin: "sessions_per_admin"
        case .organization: "sessions_per_organization"
        }
    }
}
