// What callers are shown. Questions only: nothing here changes anything.

extension Broker {
    /// Who a session is of, while it is on the books and for a while after.
    public func identity(of id: SessionID) -> SessionIdentity? { sessions[id]?.identity ?? ended[id]?.identity }

    func view(of session: Session) -> SessionView { view(of: session, by: rules[session.identity.tenant]) }

    func view(of session: Session, by tenant: TenantRules?) -> SessionView {
        var (reason, needsLogin): (EndReason?, Bool) = (nil, false)
        switch session.state {
        case .closing(let closing): reason = closing.reason
        case .unconfirmed(let gone): (reason, needsLogin) = (gone.reason, gone.needsLogin)
        case .taking, .opening, .ready, .busy: break
        }
        return SessionView(
            identity: session.identity, state: session.shownState, lease: session.lease.mode,
            lastUsed: session.lastUsed, idle: idle(session), freesIn: freesIn(session, tenant),
            invocations: session.invocations,
            shell: session.shell?.shellID ?? session.identity.shell?.description, running: running(session),
            reason: reason, endedAt: nil,
            needsLogin: needsLogin)
    }

    func view(of past: EndedSession) -> SessionView {
        SessionView(
            identity: past.identity, state: .closed, lease: .none, lastUsed: past.at, idle: nil, freesIn: nil,
            invocations: past.invocations, shell: past.identity.shell?.description, reason: past.reason,
            endedAt: past.at)
    }

    /// The sessions the caller may see, oldest first; with `ended` also those that ended lately.
    func views(tenant: TenantName?, ended withEnded: Bool, for caller: Caller) -> [SessionView] {
        func isWanted(_ identity: SessionIdentity) -> Bool {
            (tenant == nil || identity.tenant == tenant)
                && rules.maySeeSession(of: identity.owner, at: identity.tenant, caller)
        }
        let live = sessions.values.filter { isWanted($0.identity) }.map { view(of: $0) }
        let past = withEnded ? ended.all.filter { isWanted($0.identity) }.map { view(of: $0) } : []
        return (past + live).sorted { $0.identity.id < $1.identity.id }.map { view in
            var view = view
            if view.identity.owner != caller.uid, !rules.mayOperate(caller) { view.shell = nil }
            return view
        }
    }

    /// Who has the seats of a scope, the one that frees first leading, then the one idle for longest.
    func holderViews(
        scope: Scope, of admin: AdminName, at tenant: TenantName, for caller: Caller, besides own: SessionID? = nil
    ) -> [HolderView] {
        let tenantRules = rules[tenant]
        let ours = sessions(at: tenant, scope, of: admin).filter { $0.id != own }.map { session in
            let isVisible = rules.maySeeSession(of: session.identity.owner, at: tenant, caller)
            // That an account of his own is in use he knows anyway: the refusal speaks of it.
            let isUsable = tenantRules?.admin(session.identity.admin).map { rules.mayUse($0, caller) } == true
            return HolderView(
                identity: isVisible ? session.identity : nil,
                admin: isVisible || isUsable ? session.identity.admin : nil,
                state: session.shownState, since: session.identity.since, idle: idle(session),
                freesIn: freesIn(session, tenantRules), running: isVisible ? running(session) : nil)
        }
        return (ours + foreignViews(scope: scope, of: admin, at: tenant, for: caller)).sorted { left, right in
            (left.freesIn ?? .hours(1 << 20), right.idle ?? .zero) < (
                right.freesIn ?? .hours(1 << 20), left.idle ?? .zero
            )
        }
    }

    /// The seats that others hold there, as far as they count now; whose they are is for those who may act as the account.
    private func foreignViews(
        scope: Scope, of admin: AdminName, at tenant: TenantName, for caller: Caller
    ) -> [HolderView] {
        foreignShells(at: tenant, seenWithin: Self.sightingKept).filter { scope == .organization || $0.admin == admin }
            .map { foreign in
                let account = rules[tenant]?.admin(foreign.admin ?? foreign.seenBy)
                let isVisible =
                    rules.mayOperate(caller)
                    || rules.revealHolders == .all && account.map { rules.mayUse($0, caller) } == true
                return HolderView(
                    identity: nil, admin: isVisible ? foreign.admin : nil, state: .foreign, since: foreign.seenAt,
                    idle: foreign.shell.idle, freesIn: foreign.frees(rules[tenant]).map { max(.zero, $0 - now) },
                    foreign: isVisible ? foreign.shell : nil)
            }
    }

    private func running(_ session: Session) -> RunningView? {
        guard case .busy(let invocation) = session.state else { return nil }
        return RunningView(name: invocation.name, lasts: max(.zero, now - invocation.since))
    }

    private func idle(_ session: Session) -> Duration? {
        guard case .ready(let since) = session.state else { return nil }
        // A seat without a shell is in use while its holder is there.
        if session.identity.kind == .seats, session.lease.mode != .detached { return nil }
        return max(.zero, now - since)
    }

    private func freesIn(_ session: Session, _ tenant: TenantRules?) -> Duration? {
        session.frees(tenant).map { max(.zero, $0 - now) }
    }

    /// How much of the journal the caller may read: what he may see of sessions while they last.
    func auditScope(of caller: Caller) -> AuditScope {
        let tenants = rules.tenants.filter { rules.revealHolders == .all && rules.mayUse($0, caller) }
        return AuditScope(all: rules.mayOperate(caller), uid: caller.uid, tenants: tenants.map(\.name))
    }

    func tenantViews(for caller: Caller) -> [TenantView] {
        rules.tenants.filter { rules.maySee($0, caller) }.map { tenant in
            let admins = tenant.admins.filter { rules.mayOperate(caller) || rules.mayUse($0, caller) }
            return view(
                of: tenant,
                admins: admins.map { .init(name: $0.name, inUse: ledger.inUse(by: $0.name, at: tenant.name)) })
        }
    }

    private func view(of tenant: TenantRules, admins: [TenantView.Account]) -> TenantView {
        var states = sessions(at: tenant.name).reduce(into: [:]) { $0[$1.shownState, default: 0] += 1 }
        let foreign = foreignShells(at: tenant.name, seenWithin: Self.sightingKept).count
        if foreign > 0 { states[.foreign] = foreign }
        return TenantView(
            rules: tenant, inUse: ledger.inUse(at: tenant.name), admins: admins,
            waiting: lines[tenant.name]?.waiters.count ?? 0, states: states, lock: locks[tenant.name])
    }

    /// How the broker is, for everyone who may connect.
    public var status: StatusView {
        StatusView(
            phase: stopping != nil ? .stopping : drain != nil ? .draining : .running, sessions: sessions.count,
            unconfirmed: sessions.values.count { $0.shownState == .unconfirmed },
            waiting: lines.values.reduce(0) { $0 + $1.waiters.count }, trouble: grantTrouble)
    }

    /// The tenants with seats in use, for the service manager's status line.
    public var usage: [TenantView] {
        rules.tenants.filter { ledger.inUse(at: $0.name) > 0 }.map { view(of: $0, admins: []) }
    }
}
