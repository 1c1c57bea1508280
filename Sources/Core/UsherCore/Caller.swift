/// Who asks, as the kernel reports it when the connection is made. It never comes from a parameter.
public struct Caller: Hashable, Sendable {
    public let uid: UserID
    /// The primary and the supplementary groups.
    public let groups: Set<GroupID>
    public let connection: ConnectionID
    /// The user's name, for display.
    public let user: String
    /// For display: pids are reused, nothing is decided by them.
    public let pid: Int32

    public init(uid: UserID, groups: Set<GroupID>, connection: ConnectionID, user: String, pid: Int32) {
        self.uid = uid
        self.groups = groups
        self.connection = connection
        self.user = user
        self.pid = pid
    }
}

/// The only place where it is decided who somebody is (contract, section 5).
extension Rules {
    /// Whether the caller may act as this account. Root and operators may not unless they are named like anyone.
    public func mayUse(_ admin: AdminRules, _ caller: Caller) -> Bool {
        caller.uid != .nobody && (admin.users.contains(caller.uid) || !admin.groups.isDisjoint(with: caller.groups))
    }

    /// Whether the caller may act as any account of the tenant.
    public func mayUse(_ tenant: TenantRules, _ caller: Caller) -> Bool {
        tenant.admins.contains { mayUse($0, caller) }
    }

    /// Whether the caller may see and end everything.
    public func mayOperate(_ caller: Caller) -> Bool {
        guard caller.uid != .nobody else { return false }
        return caller.uid == .root || operators.map(caller.groups.contains) == true
    }

    /// Whether the caller may see the tenant at all.
    public func maySee(_ tenant: TenantRules, _ caller: Caller) -> Bool { mayOperate(caller) || mayUse(tenant, caller) }

    /// Whether the caller may see a session of `owner` at `tenant`: who holds it, and that it is there.
    /// After an account was taken away from its user, his own sessions are still his to see and to close.
    public func maySeeSession(of owner: UserID, at tenant: TenantName, _ caller: Caller) -> Bool {
        guard caller.uid != .nobody else { return false }
        if caller.uid == owner || mayOperate(caller) { return true }
        return revealHolders == .all && self[tenant].map { mayUse($0, caller) } == true
    }
}
