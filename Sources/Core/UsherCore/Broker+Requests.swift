// What callers may ask, each request in the order: who asks, what is meant, what the rules say.

extension Broker {
    mutating func handle(
        _ request: Request, _ asker: Asker, _ caller: Caller
    ) {
        switch request {
        case .acquire(let acquisition): acquire(acquisition, asker, caller)
        case .run(let acquisition, let name): run(acquisition, name, asker, caller)
        case .attach(let reference, let wish): attach(reference, wish, asker, caller)
        case .watch(let reference): watch(reference, asker, caller)
        case .close(let reference): close(reference, asker, caller)
        case .invoke(let reference, let name): invoke(reference, name, asker, caller)
        case .listCommands(let reference, let refresh): listCommands(reference, refresh: refresh, asker, caller)
        case .stopInvocation(let reference, let invocation): stopInvocation(reference, invocation, asker, caller)
        case .reachInvocation(let reference, let invocation):
            reachInvocation(reference, invocation, asker, caller)
        case .listSessions(let tenant, let ended):
            if let no = listingRefusal(of: tenant, to: caller) { return refuse(asker, no) }
            effects.append(.answer(asker.call, .sessions(views(tenant: tenant, ended: ended, for: caller))))
        case .listForeign(let tenant): listForeign(tenant, asker, caller)
        case .reclaim(let wish): reclaim(wish, asker, caller)
        case .lock(let tenant, let message, let span, let cut): lock(tenant, message, span, cut: cut, asker, caller)
        case .unlock(let tenant): unlock(tenant, asker, caller)
        case .mayAudit(let tenant):
            if let no = listingRefusal(of: tenant, to: caller) { return refuse(asker, no) }
            effects.append(.answer(asker.call, .auditScope(auditScope(of: caller))))
        case .diagnose(let tenant): diagnose(tenant, asker, caller)
        case .listTenants: effects.append(.answer(asker.call, .tenants(tenantViews(for: caller))))
        case .status: effects.append(.answer(asker.call, .status(status)))
        case .measure:
            if let no = strangerRefusal("read the metrics", to: caller) { return refuse(asker, no) }
            effects.append(.answer(asker.call, .measured(status, tenantViews(for: caller))))
        case .drain(let timeout, let force, let follow):
            guard mayOperate(caller, "drain", asker) else { return }
            startDrain(Drain(until: timeout.map { now + $0 }, force: force), follow ? asker : nil)
            if !follow { effects.append(.answer(asker.call, .remaining(sessions.count))) }
        case .resume:
            guard mayOperate(caller, "resume", asker) else { return }
            endDrain()
            effects.append(.answer(asker.call, .done))
        case .mayReload:
            guard mayOperate(caller, "reload", asker) else { return }
            effects.append(.answer(asker.call, .done))
        case .mayLogin(let tenant, let admin): mayLogin(tenant, admin, asker, caller)
        }
    }

    private mutating func mayLogin(_ tenant: String, _ admin: AdminName?, _ asker: Asker, _ caller: Caller) {
        switch account(for: Acquisition(tenant: tenant, admin: admin), to: "log in to", caller) {
        case .success(let (tenant, _)) where tenant.kind == .seats:
            let reason = "a session on \(tenant.name) is only a seat, with nobody to log in to (protocol: none)"
            refuse(asker, .notAuthorized(action: "log in to \(tenant.name)", reason: reason))
        case .success(let (tenant, admin)):
            effects.append(.answer(asker.call, .account(tenant.name, admin.name)))
        case .failure(let refusal): refuse(asker, refusal)
        }
    }

    mutating func mayOperate(_ caller: Caller, _ action: String, _ asker: Asker) -> Bool {
        if rules.mayOperate(caller) { return true }
        let refusal = Refusal.notAuthorized(action: action, reason: "only operators and root may")
        effects.append(.answer(asker.call, .refused(refusal)))
        return false
    }

    // MARK: acquire

    private mutating func acquire(
        _ acquisition: Acquisition, _ asker: Asker, _ caller: Caller
    ) {
        let tenant: TenantRules
        let admin: AdminRules
        switch account(for: acquisition, to: "open a session on", caller) {
        case .success(let account): (tenant, admin) = account
        case .failure(let refusal): return refuse(asker, refusal)
        }
        if acquisition.runsPipelines, tenant.kind == .seats { return refuse(asker, Self.noPipelines(at: tenant.name)) }
        // Before all that concerns new sessions: this may be one that was granted already.
        if let request = acquisition.request,
            repeats(request, acquisition, tenant.name, admin.name, asker, caller)
        {
            return
        }
        if acquisition.reuse, let idle = idleSession(of: caller, by: admin.name, at: tenant),
            drain == nil, stopping == nil
        {
            // One that is kept by something else stays so: whoever asks only wants to use it.
            if case .warm = idle.lease {
                // As with a new one: a session that nothing keeps would be given back in the same breath.
                let wish = acquisition.lease == .none ? .connection : acquisition.lease
                return change(idle.id, to: wish, asker, caller, reused: true)
            }
            effects.append(.answer(asker.call, .session(view(of: idle), reused: true)))
            return
        }
        takeNewSession(acquisition, by: admin, at: tenant, asker, caller)
    }

    /// A pipeline at a tenant: on the session of his that he used last, or else on a new one.
    private mutating func run(_ acquisition: Acquisition, _ name: String, _ asker: Asker, _ caller: Caller) {
        switch account(for: acquisition, to: "run a pipeline on", caller) {
        case .failure(let refusal): refuse(asker, refusal)
        case .success(let (tenant, _)) where tenant.kind == .seats: refuse(asker, Self.noPipelines(at: tenant.name))
        case .success(let (tenant, admin)):
            if acquisition.reuse, let idle = idleSession(of: caller, by: admin.name, at: tenant) {
                return invoke(idle, name, reused: true, asker)
            }
            var acquisition = acquisition
            acquisition.pipeline = name
            takeNewSession(acquisition, by: admin, at: tenant, asker, caller)
        }
    }

    static func noPipelines(at tenant: TenantName) -> Refusal {
        let reason = "a session on \(tenant) is only a seat, with nothing to run in (protocol: none)"
        return .notAuthorized(action: "run a pipeline on \(tenant)", reason: reason)
    }

    private mutating func takeNewSession(
        _ acquisition: Acquisition, by admin: AdminRules, at tenant: TenantRules, _ asker: Asker, _ caller: Caller
    ) {
        let wait = acquisition.patience
        if let wait, wait > rules.waitMax || wait < .zero {
            return refuse(asker, .invalidParameter("waitSeconds"))
        }
        if let locked = lockRefusal(at: tenant.name) { return refuse(asker, locked) }
        if drain != nil || stopping != nil { return refuse(asker, .draining) }
        if let trouble = grantTrouble { return refuse(asker, .stateUnavailable(trouble)) }
        let admission = admission(of: admin.name, at: tenant)
        switch admission {
        case .room: takeSeat(for: acquisition, by: admin.name, at: tenant, asker, caller)
        case .evict(let session):
            // The seat is free once the tenant has confirmed; until then its successor stands in line, first among
            // equals by its early arrival, and no longer than opening may take.
            join(tenant.name, admin.name, acquisition, asker, caller)
            end(session, .evicted)
        case .full, .throttled:
            guard wait != nil else {
                return refuse(asker, refusal(admission, for: admin.name, at: tenant, caller))
            }
            if let tooMany = lineIsFull(tenant.name, caller) { return refuse(asker, tooMany) }
            join(tenant.name, admin.name, acquisition, asker, caller)
        }
    }

    /// Which account a request means, and whether the caller may act as it. `verb` is what he is told that he may not.
    private func account(
        for acquisition: Acquisition, to verb: String, _ caller: Caller
    ) -> Result<(TenantRules, AdminRules), Refusal> {
        guard let tenant = TenantName(acquisition.tenant).flatMap({ rules[$0] }) else {
            return .failure(tenantUnknown(acquisition.tenant, to: caller))
        }
        if let wanted = acquisition.admin {
            if let admin = tenant.admin(wanted), rules.mayUse(admin, caller) { return .success((tenant, admin)) }
        } else if let first = tenant.admins.first(where: { rules.mayUse($0, caller) }) {
            return .success((tenant, first))
        }
        return .failure(whyNoAccount(at: tenant, acquisition.admin, to: verb, caller))
    }

    private func whyNoAccount(
        at tenant: TenantRules, _ wanted: AdminName?, to verb: String, _ caller: Caller
    ) -> Refusal {
        let usable = tenant.admins.filter { rules.mayUse($0, caller) }
        guard let wanted, !usable.isEmpty else {
            let reason = "no account of \(tenant.name) is mapped to you"
            return .notAuthorized(action: "\(verb) \(tenant.name)", reason: reason)
        }
        guard tenant.admin(wanted) != nil else {
            let nearest = nearest(to: wanted.description, among: usable.map(\.name), by: \.description)
            return .adminUnknown(tenant.name, wanted, suggestion: nearest)
        }
        let reason = "this account is not mapped to you"
        return .notAuthorized(action: "act as \(wanted) on \(tenant.name)", reason: reason)
    }

    /// Whether this request was made before. If so it gets what the first one got, and never a second seat.
    private mutating func repeats(
        _ request: RequestID, _ acquisition: Acquisition, _ tenant: TenantName, _ admin: AdminName, _ asker: Asker,
        _ caller: Caller
    ) -> Bool {
        if let first = lines[tenant]?.waiter(of: request, owner: caller.uid) {
            guard first.admin == admin else {
                refuse(asker, .invalidParameter("requestId"))
                return true
            }
            refuse(first.asker, .invalidParameter("requestId"))
            if first.asked, acquisition.patience == nil {
                // Nobody waits unasked: this time it is at once or not at all.
                _ = takeOut(of: tenant) { $0.asker == first.asker }
                return false
            }
            join(tenant, admin, acquisition, asker, caller, inPlaceOf: first)
            return true
        }
        if let past = ended.session(of: request, owner: caller.uid) {
            refuse(asker, .sessionExpired(past.identity.id, past.reason, at: past.at))
            return true
        }
        let known = sessions(at: tenant).first {
            $0.identity.request == request && $0.identity.owner == caller.uid
        }
        guard let known else { return false }
        guard known.identity.admin == admin else {
            refuse(asker, .invalidParameter("requestId"))
            return true
        }
        let lease = acquisition.lease.lease(of: caller) ?? .connection(caller.connection)
        switch known.state {
        case .taking, .opening:
            // The lease is on its way to the disk together with the seat and cannot become another one now.
            guard lease.record == known.lease.record else {
                refuse(asker, .invalidParameter("requestId"))
                return true
            }
        case .ready, .busy, .closing, .unconfirmed: break
        }
        switch known.state {
        case .taking(var taking):
            if let reason = taking.abandoned {
                refuse(asker, .sessionExpired(known.id, reason, at: now))
                return true
            }
            if let before = taking.asker { refuse(before, .invalidParameter("requestId")) }
            taking.asker = asker
            taking.wish = taking.wish.map { _ in Wish(acquisition, caller, since: now) }
            sessions[known.id]?.state = .taking(taking)
            sessions[known.id]?.lease = lease
        case .opening(var opening):
            if let before = opening.asker { refuse(before, .invalidParameter("requestId")) }
            opening.asker = asker
            opening.wish = opening.wish.map { _ in Wish(acquisition, caller, since: now) }
            sessions[known.id]?.state = .opening(opening)
            sessions[known.id]?.lease = lease
        case .ready, .busy: change(known.id, to: acquisition.lease, asker, caller, reused: true)
        case .closing(let closing): refuse(asker, .sessionExpired(known.id, closing.reason, at: now))
        case .unconfirmed(let gone): refuse(asker, .sessionExpired(known.id, gone.reason, at: now))
        }
        return true
    }

    /// The session of his under this account that he used last and that idles. What hangs on a connection is in use by
    /// whoever is at its other end, idle or not. What is from before a reload that gave the tenant shells, or took them
    /// away, is not what he asks for.
    private func idleSession(of caller: Caller, by admin: AdminName, at tenant: TenantRules) -> Session? {
        sessions(at: tenant.name)
            .filter {
                $0.isFree && $0.identity.kind == tenant.kind && $0.identity.owner == caller.uid
                    && $0.identity.admin == admin
            }
            .max { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }
    }

    // MARK: attach, watch, close

    private mutating func attach(
        _ reference: SessionReference, _ wish: LeaseWish, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "attach", asker, caller), isStillMapped(session, asker, caller) else {
            return
        }
        switch session.state {
        case .ready, .busy: change(session.id, to: wish, asker, caller, reused: false)
        case .taking, .opening: refuse(asker, .sessionBusy(session.id, session.shownState))
        case .closing(let closing): refuse(asker, .sessionExpired(session.id, closing.reason, at: now))
        case .unconfirmed(let gone): refuse(asker, .sessionExpired(session.id, gone.reason, at: now))
        }
    }

    private mutating func watch(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "watch", asker, caller) else { return }
        let view = view(of: session)
        if case .unconfirmed = session.state {
            effects.append(.answer(asker.call, .session(view, reused: false)))
        } else {
            sessions[session.id]?.watchers.append(asker)
            effects.append(.tell(asker.call, .session(view)))
        }
    }

    private mutating func close(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        let session: Session
        switch find(reference, caller) {
        case .live(let found): session = found
        case .ended(let past):
            guard past.identity.owner == caller.uid || rules.mayOperate(caller) else {
                return refuse(asker, notYours("close", past.identity))
            }
            effects.append(.answer(asker.call, .closed(past.identity.id, past.reason, isConfirmed: true)))
            return
        case .refused(let refusal): return refuse(asker, refusal)
        }
        guard session.identity.owner == caller.uid || rules.mayOperate(caller) else {
            return refuse(asker, notYours("close", session.identity))
        }
        if session.identity.owner != caller.uid {
            effects.append(.record(.ordered(session.id, .closed, by: Principal(caller), at: now)))
        }
        end(session.id, .closed, asker)
    }
}
