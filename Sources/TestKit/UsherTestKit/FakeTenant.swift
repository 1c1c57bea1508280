public import UsherCore

/// What a tenant knows: the shells it counts, whatever anybody else believes.
///
/// A shell is counted from the moment its Create arrives until its Delete does, or until it has idled for so long that
/// the tenant forgets it. A pipeline that runs keeps it.
public struct FakeTenant: Sendable {
    struct Shell: Sendable {
        let identity: SessionIdentity
        var lastActivity: Moment
        /// When the pipeline in it ends.
        var runsUntil: Moment?
    }

    private var shells: [SessionID: Shell] = [:]
    /// Shells that others opened, oldest first.
    private var foreign: [(tenant: TenantName, admin: AdminName, id: String)] = []
    private var foreignCount = 0

    public init() {}

    /// The shells counted at `now`, each with its account.
    public mutating func counted(at now: Moment, _ rules: Rules) -> [SessionID] {
        for (id, shell) in shells {
            var shell = shell
            if let end = shell.runsUntil, end <= now {
                shell.runsUntil = nil
                shell.lastActivity = max(shell.lastActivity, end)
            }
            let idle = rules[shell.identity.tenant]?.tenantIdle ?? .minutes(15)
            shells[id] = shell.runsUntil == nil && shell.lastActivity + idle <= now ? nil : shell
        }
        return shells.keys.sorted()
    }

    /// How many shells of ours an account has, by the tenant's own count.
    public mutating func count(of identity: SessionIdentity, at now: Moment, _ rules: Rules) -> Int {
        _ = counted(at: now, rules)
        return shells.values.count { $0.identity.tenant == identity.tenant && $0.identity.admin == identity.admin }
    }

    /// Every shell is gone at once. Returns whose they were.
    public mutating func restart() -> [SessionID] {
        defer { shells = [:] }
        return shells.keys.sorted()
    }

    public func counts(_ id: SessionID) -> Bool { shells[id] != nil }

    /// Whether a pipeline runs in it.
    public func runs(_ id: SessionID, at now: Moment) -> Bool { shells[id]?.runsUntil.map { $0 > now } == true }

    public mutating func createArrives(_ identity: SessionIdentity, at now: Moment) {
        shells[identity.id] = Shell(identity: identity, lastActivity: now)
    }

    public mutating func deleteArrives(_ id: SessionID) { shells[id] = nil }

    public mutating func commandArrives(_ id: SessionID, at now: Moment, for span: Duration) {
        shells[id]?.lastActivity = now
        shells[id]?.runsUntil = now + span
    }

    /// A stop that arrives ends the pipeline.
    public mutating func stopArrives(_ id: SessionID, at now: Moment) {
        if let end = shells[id]?.runsUntil { shells[id]?.runsUntil = min(end, now) }
    }

    /// What it lists for an account: its shells, whoever opened them.
    public mutating func listed(
        at tenant: TenantName, of admin: AdminName, at now: Moment, _ rules: Rules
    ) -> [SeenShell] {
        _ = counted(at: now, rules)
        let ours = shells.values.map(\.identity).filter { $0.tenant == tenant && $0.admin == admin }.map { identity in
            SeenShell(
                shellID: "\(identity.id)",
                name: ShellName(host: rules.host, session: identity.id).description)
        }
        let others = foreign.filter { $0.tenant == tenant && $0.admin == admin }.map { SeenShell(shellID: $0.id) }
        return ours.sorted { $0.shellID < $1.shellID } + others
    }

    public mutating func foreignArrives(at tenant: TenantName, of admin: AdminName) {
        foreignCount += 1
        foreign.append((tenant, admin, "foreign-\(foreignCount)"))
    }

    public mutating func foreignEnds(_ id: String) { foreign.removeAll { $0.id == id } }

    /// Whoever opened the oldest one closes it.
    public mutating func foreignLeaves() { if !foreign.isEmpty { foreign.removeFirst() } }

    /// One of its shells, for a tenant that ends sessions of its own accord.
    public func any(_ random: inout SeededRandom) -> SessionID? { random.pick(shells.keys.sorted()) }
}
