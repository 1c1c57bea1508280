// From a free place in the quotas to an answered client: admission, the grant, the line.

extension Broker {
    /// What the rules say of one more session.
    enum Admission: Hashable {
        case room
        /// There is room once this warm session is closed.
        case evict(SessionID)
        case full(QuotaLedger.Shortage)
        case throttled(until: Moment)
    }

    /// The rule behind every grant and every refusal for want of a seat.
    func admission(of admin: AdminName, at tenant: TenantRules) -> Admission {
        let shortage = ledger.shortage(for: admin, by: tenant)
        let warm = shortage.flatMap { evictable($0, admin, tenant) }
        if let shortage, warm == nil { return .full(shortage) }
        // Asked before a warm session is given up: that would help nobody now.
        if let until = throttleEnd(of: tenant) { return .throttled(until: until) }
        return warm.map { .evict($0) } ?? .room
    }

    /// The warm session to close for one more of `admin`, where that is enough: the one unused for longest, of his
    /// own where his own limit is what is short.
    private func evictable(_ shortage: QuotaLedger.Shortage, _ admin: AdminName, _ tenant: TenantRules) -> SessionID? {
        sessions(at: tenant.name)
            .filter { $0.isEvictable && (shortage.scope == .organization || $0.identity.admin == admin) }
            .min { ($0.lastUsed, $0.id) < ($1.lastUsed, $1.id) }?.id
    }

    /// When the tenant takes new sessions again, or nil where it does now.
    private func throttleEnd(of tenant: TenantRules) -> Moment? {
        guard let limit = tenant.createsPerMinute else { return nil }
        let recent = creates[tenant.name] ?? []
        guard limit > 0 else { return now + .minutes(1) }
        guard recent.count >= limit else { return nil }
        let end = recent[recent.count - limit] + .minutes(1)
        return end > now ? end : nil
    }

    /// Why nothing can be granted to anyone now, or nil.
    var grantTrouble: String? {
        if let journalTrouble { return journalTrouble }
        if !hasReadJournal { return "the journal has not been read yet" }
        let isOverdue = sessions.values.contains {
            if case .taking(let taking) = $0.state { taking.isOverdue } else { false }
        }
        return isOverdue ? "the disk has not answered for \(rules.grantDeadline.spelledOut)" : nil
    }

    /// The refusal for want of a seat, with its facts.
    func refusal(for admin: AdminName, at tenant: TenantRules, _ caller: Caller) -> Refusal {
        if case .throttled(let until) = admission(of: admin, at: tenant) {
            return .throttled(tenant.name, limit: tenant.createsPerMinute ?? 0, retryAfter: until - now)
        }
        if let shortage = ledger.shortage(for: admin, by: tenant) {
            return .quotaExceeded(shortfall(shortage, admin, tenant, caller))
        }
        // There is room, so something else held him up: the disk, or a seat that came free in this very moment.
        if let grantTrouble { return .stateUnavailable(grantTrouble) }
        let shortage = QuotaLedger.Shortage(
            scope: .admin, limit: tenant.limitPerAdmin, inUse: ledger.inUse(by: admin, at: tenant.name))
        return .quotaExceeded(shortfall(shortage, admin, tenant, caller))
    }

    private func shortfall(
        _ shortage: QuotaLedger.Shortage, _ admin: AdminName, _ tenant: TenantRules, _ caller: Caller
    ) -> Shortfall {
        let holders = holderViews(scope: shortage.scope, of: admin, at: tenant.name, for: caller)
        let others = tenant.admins.filter {
            $0.name != admin && rules.mayUse($0, caller) && ledger.shortage(for: $0.name, by: tenant) == nil
        }
        return Shortfall(
            tenant: tenant.name, admin: admin, shortage: shortage, waiting: lines[tenant.name]?.waiters.count ?? 0,
            holders: holders, retryAfter: holders.compactMap(\.freesIn).min(), otherAdmins: others.map(\.name))
    }

    // MARK: the grant

    /// Takes the seat and asks for it to be made durable. The only beginning of a session in a running broker.
    mutating func takeSeat(
        for acquisition: Acquisition, by admin: AdminName, at tenant: TenantRules, _ asker: Asker, _ caller: Caller
    ) {
        let identity = SessionIdentity(
            id: nextSession, tenant: tenant.name, admin: admin, kind: tenant.kind, owner: caller.uid,
            user: caller.user, pid: caller.pid, terminal: acquisition.terminal, purpose: acquisition.purpose,
            request: acquisition.request, since: now)
        nextSession = nextSession.next
        let session = Session(
            identity: identity, lastUsed: now,
            lease: acquisition.lease.lease(of: caller) ?? .connection(caller.connection),
            state: .taking(Session.Taking(asker: asker, until: now + rules.grantDeadline)))
        ledger.take(identity.id, by: admin, at: tenant.name)
        if let limit = tenant.createsPerMinute {
            creates[tenant.name] = (creates[tenant.name] ?? []).suffix(max(0, limit - 1)) + [now]
        }
        sessions[identity.id] = session
        look(at: session.deadline(tenant))
        touch(tenant.name)
        effects.append(.takeSeat(session.record, for: asker.call))
    }

    mutating func seatTaken(_ id: SessionID) {
        guard let session = sessions[id], case .taking(let taking) = session.state else { return }
        if taking.isOverdue { touchLines() }
        if let reason = taking.abandoned {
            // Durable, but wanted no more. The tenant never heard of it, so there is nothing to close.
            finish(id, reason, [])
            return
        }
        let opening = Session.Opening(asker: taking.asker, until: now + rules.openDeadline)
        sessions[id]?.state = .opening(opening)
        look(at: opening.until)
        effects.append(.openSession(session.identity))
    }

    mutating func seatRefused(_ id: SessionID, _ why: String) {
        guard let session = sessions[id], case .taking(let taking) = session.state else { return }
        if let asker = taking.asker { refuse(asker, .stateUnavailable(why)) }
        if taking.isOverdue { touchLines() }
        drop(session)
    }

    /// Nobody can say whether the seat is ours, so it stays counted until `seatTaken` or `seatRefused` comes.
    mutating func seatUnknown(_ id: SessionID, _ why: String) {
        guard let session = sessions[id], case .taking(var taking) = session.state else { return }
        if let asker = taking.asker { refuse(asker, .stateUnavailable(why)) }
        taking.asker = nil
        taking.abandoned = taking.abandoned ?? .openTimedOut
        taking.isOverdue = true
        sessions[id]?.state = .taking(taking)
    }

    /// The journal said no to a whole batch, and this broker is what it was before it. Those who had asked are told,
    /// those in line for it leave the line.
    mutating func takingFailed(_ calls: [CallID], _ why: String) {
        for tenant in lines.keys {
            let left = lines[tenant]?.leave { calls.contains($0.asker.call) } ?? []
            if !left.isEmpty { touch(tenant) }
        }
        for call in calls { effects.append(.answer(call, .refused(.stateUnavailable(why)))) }
        leaveIfDone()
    }

    mutating func journalTroubled(_ trouble: String?) {
        journalTrouble = trouble
        touchLines()
    }

    /// For what holds up everyone, or no longer does.
    mutating func touchLines() { for tenant in lines.keys { touch(tenant) } }

    mutating func sessionOpened(_ id: SessionID) {
        // One that is being closed already stays so: `closeSession` is on its way.
        guard var session = sessions[id], case .opening(let opening) = session.state else { return }
        session.state = .ready(since: now)
        session.lastUsed = now
        sessions[id] = session
        look(at: session.deadline(rules[session.identity.tenant]))
        if let asker = opening.asker {
            effects.append(.answer(asker.call, .session(view(of: session), reused: false)))
        }
        tellWatchers(of: id)
    }

    mutating func openFailed(_ id: SessionID, _ failure: OpenFailure) {
        guard let session = sessions[id] else { return }
        switch session.state {
        case .opening(let opening):
            if let asker = opening.asker {
                refuse(asker, .tenantUnreachable(session.identity.tenant, failure.message))
            }
            if failure.leftNothing {
                finish(id, .openFailed, [])
            } else {
                startClosing(id, .openFailed, nil)
            }
        case .closing, .unconfirmed:
            // It was being ended while it was opened. If nothing is there, that is as good as a confirmed end.
            if failure.leftNothing { sessionClosed(id) }
        case .taking, .ready, .busy: return
        }
    }

    // MARK: leases

    /// Has a new lease recorded; the old one holds until that is durable, so that a client which was told of a
    /// lasting lease has one, also when the broker dies in the next moment.
    mutating func change(_ id: SessionID, to wish: LeaseWish, _ asker: Asker, _ caller: Caller, reused: Bool) {
        guard var session = sessions[id] else { return }
        guard session.leaseChange == nil else { return refuse(asker, .sessionBusy(id, session.shownState)) }
        guard let lease = wish.lease(of: caller) else { return giveBack(session, asker) }
        if lease.record == session.lease.record {
            sessions[id]?.lease = lease
            return answerLease(id, asker, reused: reused)
        }
        if let journalTrouble { return refuse(asker, .stateUnavailable(journalTrouble)) }
        session.wasDealtWith(at: now)
        let until = now + rules.grantDeadline
        session.leaseChange = Session.LeaseChange(lease: lease, asker: asker, until: until, reused: reused)
        sessions[id] = session
        look(at: until)
        effects.append(.takeLease(id, lease.record, for: asker.call, lastUsed: session.lastUsed))
    }

    mutating func leaseTaken(_ id: SessionID, for call: CallID) {
        guard let change = sessions[id]?.leaseChange, change.asker.call == call else { return }
        sessions[id]?.leaseChange = nil
        sessions[id]?.lease = change.lease
        answerLease(id, change.asker, reused: change.reused)
    }

    /// Takes back a change that nobody waits for any more: the old lease holds, here and, in a moment, on disk.
    mutating func cancelLeaseChange(of id: SessionID) {
        guard let session = sessions[id], session.leaseChange != nil else { return }
        sessions[id]?.leaseChange = nil
        effects.append(.record(.leaseChanged(id, session.lease.record, lastUsed: session.lastUsed)))
    }

    private mutating func answerLease(
        _ id: SessionID, _ asker: Asker, reused: Bool
    ) {
        guard let session = sessions[id] else { return }
        look(at: session.deadline(rules[session.identity.tenant]))
        touch(session.identity.tenant)
        effects.append(.answer(asker.call, .session(view(of: session), reused: reused)))
        tellWatchers(of: id)
    }

    /// Keeps a session warm for its owner, where the tenant is configured so and the session is fit for it.
    private mutating func giveBack(_ session: Session, _ asker: Asker) {
        let tenant = rules[session.identity.tenant]
        let keep = tenant?.keepWarm ?? .zero
        let isWorn = session.invocations >= Self.invocationsMax || session.ageEnd(tenant).map { $0 <= now } == true
        guard case .ready = session.state, keep > .zero, !isWorn, drain == nil, stopping == nil else {
            return end(session.id, isWorn && keep > .zero ? .rotated : .closed, asker)
        }
        // One that is warm already does not stay so for longer by being given back again.
        if session.lease.mode != .none {
            var session = session
            session.wasDealtWith(at: now)
            session.lease = .warm(until: now + keep)
            sessions[session.id] = session
            effects.append(.record(.leaseChanged(session.id, .none, lastUsed: session.lastUsed)))
        }
        answerLease(session.id, asker, reused: false)
    }

    /// Some servers refuse the thousandth command of a shell, because they never count down.
    static let invocationsMax = 900

    // MARK: the line

    /// Gives out what became free, then tells those in line their places. Runs after every event.
    mutating func settle() {
        for tenant in touched.sorted() where lines[tenant] != nil {
            serve(tenant)
            tellPlaces(tenant)
        }
        touched.removeAll(keepingCapacity: true)
    }

    private mutating func serve(_ name: TenantName) {
        guard let tenant = rules[name] else {
            // The tenant was taken out of the configuration: nobody will ever be served here.
            for waiter in lines.removeValue(forKey: name)?.waiters ?? [] {
                refuse(waiter.asker, .tenantUnknown(name.description, suggestion: nil))
            }
            return
        }
        defer { if lines[name]?.isEmpty == true { lines[name] = nil } }
        // An account may be taken from somebody while he waits.
        let rules = rules
        let unmapped = lines[name]?.leave { waiter in
            tenant.admin(waiter.admin).map { rules.mayUse($0, waiter.caller) } != true
        }
        for waiter in unmapped ?? [] {
            let reason = "this account is no longer mapped to you"
            refuse(waiter.asker, .notAuthorized(action: "act as \(waiter.admin) on \(name)", reason: reason))
        }
        guard grantTrouble == nil, drain == nil, stopping == nil else { return }
        while let next = nextInLine(tenant) {
            _ = lines[name]?.leave { $0.asker == next.asker }
            takeSeat(for: next.acquisition, by: next.admin, at: tenant, next.asker, next.caller)
        }
        makeRoom(tenant)
    }

    /// The first in order for whom there is room. An admin who has none holds up nobody behind him.
    private mutating func nextInLine(_ tenant: TenantRules) -> Waiter? {
        for waiter in line(at: tenant.name) {
            switch admission(of: waiter.admin, at: tenant) {
            case .room: return waiter
            case .throttled(let until): look(at: until)
            case .full, .evict: continue
            }
        }
        return nil
    }

    /// Closes warm sessions for those in line, one for each at most: what was evicted already and not yet confirmed
    /// is for the first whom it helps.
    private mutating func makeRoom(_ tenant: TenantRules) {
        var coming = sessions(at: tenant.name).filter {
            if case .closing(let closing) = $0.state { closing.reason == .evicted } else { false }
        }
        for waiter in line(at: tenant.name) {
            guard let shortage = ledger.shortage(for: waiter.admin, by: tenant) else { continue }
            let helps = coming.firstIndex { shortage.scope == .organization || $0.identity.admin == waiter.admin }
            if let helps {
                coming.remove(at: helps)
            } else if case .evict(let session) = admission(of: waiter.admin, at: tenant) {
                end(session, .evicted)
            }
        }
    }

    /// Those in line, the next one to be served leading.
    func line(at tenant: TenantName) -> [Waiter] {
        lines[tenant]?.inOrder { ledger.inUse(by: $0, at: tenant) } ?? []
    }

    private mutating func tellPlaces(_ tenant: TenantName) {
        for (index, waiter) in line(at: tenant).enumerated() where waiter.asked {
            let isDue = waiter.told.map { $0.at + Waiter.heartbeat <= now || $0.position != index + 1 } ?? true
            guard isDue, let rules = rules[tenant] else { continue }
            lines[tenant]?.told(waiter.asker.call, position: index + 1, at: now)
            look(at: now + Waiter.heartbeat)
            let scope = ledger.shortage(for: waiter.admin, by: rules)?.scope ?? .organization
            let holders = holderViews(scope: scope, of: waiter.admin, at: tenant, for: waiter.caller)
            let news = News.waiting(
                position: index + 1, holders: holders, retryAfter: holders.compactMap(\.freesIn).min())
            effects.append(.tell(waiter.asker.call, news))
        }
    }
}
