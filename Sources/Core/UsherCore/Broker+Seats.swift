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
        let shortage = shortage(for: admin, by: tenant)
        let warm = shortage.flatMap { evictable($0, admin, tenant) }
        if let shortage, warm == nil { return .full(shortage) }
        // Asked before a warm session is given up: that would help nobody now.
        if let until = throttleEnd(of: tenant) { return .throttled(until: until) }
        return warm.map { .evict($0) } ?? .room
    }

    /// The warm session to close for one more of `admin`, where that is enough: the one unused for longest, of his
    /// own where his own limit is what is short.
    private func evictable(_ shortage: QuotaLedger.Shortage, _ admin: AdminName, _ tenant: TenantRules) -> SessionID? {
        sessions(at: tenant.name, shortage.scope, of: admin).filter(\.isEvictable)
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
        let isOverdue = silences.contains {
            switch sessions[$0]?.state {
            case .taking(let taking): taking.isOverdue
            case .busy(let invocation): invocation.phase == .overdue
            case .opening, .ready, .closing, .unconfirmed, nil: false
            }
        }
        return isOverdue ? "the disk has not answered for \(rules.grantDeadline.spelledOut)" : nil
    }

    /// The refusal for want of a seat, with its facts.
    func refusal(
        _ admission: Admission, for admin: AdminName, at tenant: TenantRules, _ caller: Caller
    ) -> Refusal {
        var found: QuotaLedger.Shortage?
        switch admission {
        case .throttled(let until):
            return .throttled(tenant.name, limit: tenant.createsPerMinute ?? 0, retryAfter: until - now)
        case .full(let shortage): found = shortage
        case .evict: found = shortage(for: admin, by: tenant)
        // There is room, so something else held him up: the disk, or a seat that came free in this very moment.
        case .room: if let grantTrouble { return .stateUnavailable(grantTrouble) }
        }
        let shortage =
            found
            ?? QuotaLedger.Shortage(
                scope: .admin, limit: tenant.limitPerAdmin, inUse: ledger.inUse(by: admin, at: tenant.name))
        return .quotaExceeded(shortfall(shortage, admin, tenant, caller))
    }

    func shortfall(
        _ shortage: QuotaLedger.Shortage, _ admin: AdminName, _ tenant: TenantRules, _ caller: Caller,
        besides own: SessionID? = nil
    ) -> Shortfall {
        let holders = holderViews(scope: shortage.scope, of: admin, at: tenant.name, for: caller, besides: own)
        // Where the organization has no seat left, nobody has.
        let taken = ledger.seats(at: tenant.name)
        let others = (shortage.scope == .organization ? [] : tenant.admins).filter {
            $0.name != admin && rules.mayUse($0, caller) && self.shortage(for: $0.name, by: tenant, taken) == nil
        }
        return Shortfall(
            tenant: tenant.name, admin: admin, shortage: shortage, waiting: lines[tenant.name]?.waiters.count ?? 0,
            holders: holders, retryAfter: holders.compactMap(\.freesIn).min(), otherAdmins: others.map(\.name))
    }

    // MARK: the grant

    /// Takes the seat and asks for it to be made durable. The only beginning of a session in a running broker.
    mutating func takeSeat(
        for acquisition: Acquisition, by admin: AdminName, at tenant: TenantRules, _ asker: Asker, _ caller: Caller,
        since: Moment? = nil
    ) {
        let identity = SessionIdentity(
            id: nextSession, tenant: tenant.name, admin: admin, kind: tenant.kind, owner: caller.uid,
            user: caller.user, pid: caller.pid, terminal: acquisition.terminal, purpose: acquisition.purpose,
            request: acquisition.request, shell: tenant.kind == .shells ? acquisition.shell : nil, since: now)
        nextSession = nextSession.next
        var session = Session(
            identity: identity, lastUsed: now,
            lease: acquisition.lease.lease(of: caller) ?? .connection(caller.connection),
            state: .taking(
                Session.Taking(
                    asker: asker,
                    wish: tenant.kind == .shells ? Wish(acquisition, caller, since: since ?? now) : nil,
                    until: now + rules.grantDeadline)))
        session.pipeline = acquisition.pipeline
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
        guard var session = sessions[id], case .taking(let taking) = session.state else { return }
        if taking.isOverdue { touchLines() }
        if let reason = taking.abandoned {
            // Durable, but wanted no more. The tenant never heard of it, so there is nothing to close.
            finish(id, reason, [])
            return
        }
        // A seat without a shell is all there is: it is open once it is taken, and over once it is given back.
        guard session.identity.kind == .shells else { return isOpen(session, taking.asker) }
        let opening = Session.Opening(asker: taking.asker, wish: taking.wish, until: now + rules.openDeadline)
        session.state = .opening(opening)
        sessions[id] = session
        look(at: opening.until)
        effects.append(.openSession(session.identity))
    }

    mutating func seatRefused(_ id: SessionID, _ why: String) {
        guard let session = sessions[id], case .taking(let taking) = session.state else { return }
        if let asker = taking.asker { refuse(asker, .stateUnavailable(why)) }
        if taking.isOverdue { touchLines() }
        for watcher in session.watchers { refuse(watcher, .stateUnavailable(why)) }
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
        silences.insert(id)
    }

    /// The journal said no to a whole batch, and this broker is what it was before it. Those who had asked are told,
    /// those in line for it leave the line.
    mutating func takingFailed(_ calls: [CallID], _ why: String) {
        for tenant in lines.keys { _ = takeOut(of: tenant) { calls.contains($0.asker.call) } }
        // Whoever wanted one session for one pipeline may have lost the pipeline and not the session.
        for (id, session) in sessions {
            guard case .opening(var opening) = session.state, let asker = opening.asker, calls.contains(asker.call)
            else {
                continue
            }
            opening.asker = nil
            sessions[id]?.state = .opening(opening)
        }
        for call in calls { effects.append(.answer(call, .refused(.stateUnavailable(why)))) }
    }

    mutating func journalTroubled(_ trouble: String?) {
        journalTrouble = trouble
        touchLines()
    }

    mutating func openingProgressed(_ id: SessionID, _ step: OpeningStep, _ detail: String?) {
        guard case .opening(let opening) = sessions[id]?.state, let asker = opening.asker else { return }
        effects.append(.tell(asker.call, .step(step, detail: detail)))
    }

    mutating func sessionOpened(_ id: SessionID, _ shell: ShellRecord) {
        guard var session = sessions[id] else { return }
        guard case .opening(var opening) = session.state else {
            // One that is being ended already stays so. It is asked for once more, because what was there to be ended
            // when we asked first is known only now.
            guard openingIsOver(id) else { return }
            sessions[id]?.shell = shell
            effects.append(.record(.opened(id, shell)))
            effects.append(.closeSession(session.identity))
            return
        }
        guard opening.stage != .opened else { return }
        opening.stage = .opened
        session.shell = shell
        session.state = .opening(opening)
        sessions[id] = session
        effects.append(.takeShell(id, shell))
    }

    /// What leads to the shell is on disk: now the client may hear of it.
    mutating func shellTaken(_ id: SessionID) {
        guard let session = sessions[id], case .opening(let opening) = session.state else { return }
        isOpen(session, opening.asker)
    }

    private mutating func isOpen(_ session: Session, _ asker: Asker?) {
        var session = session
        session.state = .ready(since: now)
        session.lastUsed = now
        sessions[session.id] = session
        let tenant = rules[session.identity.tenant]
        look(at: session.deadline(tenant))
        tellWatchers(of: session.id)
        guard let asker else {
            if session.pipeline != nil { giveBack(session, nil) }
            return
        }
        if let pipeline = session.pipeline { return invoke(session, pipeline, reused: false, asker) }
        effects.append(.answer(asker.call, .session(view(of: session, by: tenant), reused: false)))
    }

    mutating func openFailed(_ id: SessionID, _ failure: OpenFailure) {
        guard let session = sessions[id] else { return }
        switch session.state {
        case .opening(let opening):
            turnAway(session, opening, failure)
            // One that was opened left something, whatever is said of it later.
            if failure.leftNothing, opening.stage != .opened {
                finish(id, .openFailed, [])
            } else {
                startClosing(id, .openFailed, nil)
                _ = openingIsOver(id)
            }
        case .closing, .unconfirmed:
            // It was being ended while it was opened. If nothing is there, that is as good as a confirmed end.
            if openingIsOver(id), failure.leftNothing { sessionClosed(id) }
        case .taking, .ready, .busy: return
        }
    }

    /// Tells who waits for a session why there is none; who asked to wait for room waits on.
    private mutating func turnAway(_ session: Session, _ opening: Session.Opening, _ failure: OpenFailure) {
        if case .full(.admin, let limit) = failure.cause { learn(from: session, limit: limit) }
        guard let asker = opening.asker else { return }
        if case .full = failure.cause, let wish = opening.wish, let tenant = rules[session.identity.tenant],
            putBack(wish, asker, of: session, at: tenant)
        {
            return
        }
        refuse(asker, refusal(for: failure, of: session.identity))
    }

    func refusal(for failure: OpenFailure, of session: SessionIdentity) -> Refusal {
        // The one that was refused is still on its seat, and not at the tenant.
        failure.refusal(
            to: session.admin, at: session.tenant, inUse: ledger.inUse(by: session.admin, at: session.tenant) - 1)
    }
}
