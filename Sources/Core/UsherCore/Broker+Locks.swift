// Tenants that an operator closed for a while.

extension Broker {
    mutating func lock(
        _ name: TenantName, _ message: String, _ span: Duration?, cut: Bool, _ asker: Asker, _ caller: Caller
    ) {
        guard mayOperate(caller, "lock \(name)", asker), mayChangeLock(of: name, asker, caller) else { return }
        let lock = TenantLock(message: message, until: span.map { now + $0 }, by: Principal(caller), since: now)
        locks[name] = lock
        look(at: lock.until)
        effects.append(.record(.locked(name, lock)))
        for waiter in takeOut(of: name, { _ in true }) { refuse(waiter.asker, refusal(lock, at: name)) }
        if cut {
            for session in sessions(at: name) {
                effects.append(.record(.ordered(session.id, .locked, by: Principal(caller), at: now)))
                end(session.id, .locked)
            }
        }
        effects.append(.answer(asker.call, .done))
    }

    mutating func unlock(_ name: TenantName, _ asker: Asker, _ caller: Caller) {
        guard mayOperate(caller, "unlock \(name)", asker), mayChangeLock(of: name, asker, caller) else { return }
        if locks[name] != nil { liftLock(of: name, by: Principal(caller)) }
        effects.append(.answer(asker.call, .done))
    }

    /// Whether there is such a tenant, and it is known already whether it is locked.
    private mutating func mayChangeLock(of name: TenantName, _ asker: Asker, _ caller: Caller) -> Bool {
        if !hasReadJournal {
            refuse(asker, .stateUnavailable(grantTrouble ?? ""))
            return false
        }
        if rules[name] != nil { return true }
        refuse(asker, tenantUnknown(name.description, to: caller))
        return false
    }

    private mutating func liftLock(of name: TenantName, by principal: Principal?) {
        locks[name] = nil
        effects.append(.record(.unlocked(name, by: principal, at: now)))
        touch(name)
    }

    /// Why a tenant gives no new sessions now, or nil.
    func lockRefusal(at name: TenantName) -> Refusal? { locks[name].map { refusal($0, at: name) } }

    private func refusal(_ lock: TenantLock, at name: TenantName) -> Refusal {
        .tenantLocked(name, lock.message, retryAfter: lock.until.map { max(.zero, $0 - now) })
    }

    mutating func locksAreDue() {
        for (name, lock) in locks.sorted(by: { $0.key < $1.key }) {
            if let until = lock.until, until <= now { liftLock(of: name, by: nil) }
        }
    }
}
