public import UsherCore

/// What is on the books of a broker at one moment, told by its own answers, and what the contract says of it.
///
/// Each question returns what is wrong, in words, and is tested by itself with books that are wrong.
public struct Books: Sendable {
    public var now: Moment
    public var rules: Rules
    /// Every session, as root sees them.
    public var sessions: [SessionView]
    /// Every configured tenant and its accounts, as root sees them.
    public var tenants: [TenantView]
    public var status: StatusView
    public var nextDeadline: Moment?

    /// A call in line.
    public struct Waiter: Hashable, Sendable {
        public let tenant: TenantName
        public let admin: AdminName
        public let lastTold: Moment
        /// Kept from a seat by what others hold at the tenant.
        public let isHeldBack: Bool

        public init(tenant: TenantName, admin: AdminName, lastTold: Moment, isHeldBack: Bool = false) {
            self.tenant = tenant
            self.admin = admin
            self.lastTold = lastTold
            self.isHeldBack = isHeldBack
        }
    }

    public init(of broker: Broker, at now: Moment) {
        var copy = broker
        self.now = now
        rules = broker.rules
        status = broker.status
        nextDeadline = broker.nextDeadline
        sessions = []
        tenants = []
        let call = CallID(.max)
        for case .answer(_, .sessions(let views)) in copy.handle(
            .request(call, .root(0), .listSessions(tenant: nil, ended: false)), at: now)
        { sessions = views }
        for case .answer(_, .tenants(let views)) in copy.handle(.request(call, .root(0), .listTenants), at: now) {
            tenants = views
        }
    }

    /// Whether everything that was due has been dealt with.
    public var isUpToDate: Bool { nextDeadline.map { $0 > now } ?? true }

    private func count(_ tenant: TenantName, _ admin: AdminName? = nil) -> Int {
        sessions.count { $0.identity.tenant == tenant && (admin == nil || $0.identity.admin == admin) }
    }

    /// Whether a limit leaves no room for one more.
    private func isFull(_ tenant: TenantRules, _ admin: AdminName) -> Bool {
        count(tenant.name, admin) >= tenant.limitPerAdmin
            || tenant.limitPerOrganization.map { count(tenant.name) >= $0 } == true
    }

    /// A seat is given out within the limits that hold at that moment.
    public func seatsBeyondLimits(among new: Set<SessionID>) -> [String] {
        sessions.filter { new.contains($0.identity.id) }.compactMap { session in
            let (id, admin) = (session.identity.id, session.identity.admin)
            guard let tenant = rules[session.identity.tenant] else { return "\(id) is at a tenant nobody configured" }
            let own = count(tenant.name, admin)
            let all = count(tenant.name)
            if own > tenant.limitPerAdmin { return "\(id) is \(admin)'s number \(own) of \(tenant.limitPerAdmin)" }
            if let limit = tenant.limitPerOrganization, all > limit {
                return "\(id) is \(tenant.name)'s number \(all) of \(limit)"
            }
            return nil
        }
    }

    /// The tenant counts nothing that is not on the books.
    public func unseated(_ counted: some Sequence<SessionID>) -> [String] {
        let seated = Set(sessions.map(\.identity.id))
        return counted.filter { !seated.contains($0) }.map { "the tenant counts \($0), which has no seat" }
    }

    /// The ledger says what the sessions say.
    public var miscounts: [String] {
        tenants.flatMap { tenant in
            let name = tenant.rules.name
            let all = count(name)
            let own = tenant.admins.compactMap { account in
                let own = count(name, account.name)
                return own == account.inUse ? nil : "\(account.name) holds \(own), the ledger says \(account.inUse)"
            }
            return own + (all == tenant.inUse ? [] : ["\(name) has \(all), the ledger says \(tenant.inUse)"])
        }
    }

    /// Nothing idles or lives beyond its rule.
    public var beyondTheirRule: [String] {
        guard isUpToDate else { return [] }
        return sessions.compactMap { session in
            guard session.state == .ready, let tenant = rules[session.identity.tenant] else { return nil }
            if let idle = session.idle, let limit = tenant.idleTimeout, session.lease != .awaiting, idle >= limit {
                return "\(session.identity.id) idles for \(idle) of \(limit)"
            }
            if let age = tenant.maximumAge, now - session.identity.since >= age {
                return "\(session.identity.id) is older than \(age)"
            }
            if let frees = session.freesIn, frees <= .zero { return "\(session.identity.id) should be gone" }
            return nil
        }
    }

    /// The broker asks to be called no later than its rules need it.
    public var lateDeadlines: [String] {
        sessions.compactMap { session in
            guard let frees = session.freesIn else { return nil }
            if let nextDeadline, nextDeadline <= now + frees { return nil }
            return "\(session.identity.id) frees in \(frees), and nobody looks by then"
        }
    }

    /// Nobody stands in line while there is room for him, or a warm session that could make some; and all who stand
    /// hear something in time. Warm sessions that somebody is about to get again make no room.
    public func standing(_ waiters: [Waiter], wanted: Set<SessionID> = []) -> [String] {
        guard isUpToDate else { return [] }
        var faults = waiters.filter { now - $0.lastTold > .seconds(15) }.map {
            "\($0.admin) at \($0.tenant) heard nothing for \(now - $0.lastTold)"
        }
        guard status.trouble == nil, status.phase == .running else { return faults }
        for waiter in waiters where !waiter.isHeldBack {
            guard let tenant = rules[waiter.tenant], tenant.createsPerMinute == nil else { continue }
            let here = sessions.filter { $0.identity.tenant == tenant.name }
            if !isFull(tenant, waiter.admin) {
                faults.append("\(waiter.admin) stands in line at \(tenant.name) with room for him")
            } else if !here.contains(where: { $0.reason == .evicted && $0.state == .closing }),
                here.contains(where: {
                    $0.identity.admin == waiter.admin && $0.lease == .none && $0.state == .ready
                        && !wanted.contains($0.identity.id)
                }),
                count(tenant.name, waiter.admin) <= tenant.limitPerAdmin
            {
                faults.append("\(waiter.admin) stands in line at \(tenant.name) beside a warm session of his own")
            }
        }
        return faults
    }

    /// Whoever holds a session by his connection or his console is there.
    public func heldByNobody(
        connections: [SessionID: ConnectionID], consoles: [SessionID: Console],
        isThere: (ConnectionID) -> Bool, isOpen: (Console) -> Bool
    ) -> [String] {
        sessions.compactMap { session in
            let id = session.identity.id
            guard session.state == .ready || session.state == .busy else { return nil }
            switch session.lease {
            case .connection: return connections[id].map(isThere) == false ? "\(id) outlives its client" : nil
            case .console: return consoles[id].map(isOpen) == false ? "\(id) outlives its console" : nil
            case .detached, .none, .awaiting: return nil
            }
        }
    }
}
