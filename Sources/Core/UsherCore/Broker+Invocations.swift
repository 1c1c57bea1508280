// Pipelines: one at a time on each session. Their rows never come by here.

extension Broker {
    mutating func invoke(
        _ reference: SessionReference, _ name: String, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "use", asker, caller), isStillMapped(session, asker, caller) else {
            return
        }
        guard session.identity.kind == .shells else {
            return refuse(asker, Self.noPipelines(at: session.identity.tenant))
        }
        invoke(session, name, reused: true, asker)
    }

    /// The commands of a session: those that are known, or they are asked for, as a pipeline of its own.
    mutating func listCommands(
        _ reference: SessionReference, refresh: Bool, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "use", asker, caller), isStillMapped(session, asker, caller) else {
            return
        }
        guard session.identity.kind == .shells else {
            return refuse(asker, Self.noPipelines(at: session.identity.tenant))
        }
        switch session.state {
        // Nothing is asked of the tenant, so it may run something meanwhile.
        case .ready, .busy:
            if session.hasCommands, !refresh { return effects.append(.showCommands(session.id, asker.call)) }
        case .taking, .opening, .closing, .unconfirmed: break
        }
        invoke(session, "a list of its commands", reused: true, listsCommands: true, asker)
    }

    /// Starts a pipeline on a session that is the asker's, if nothing else runs in it.
    mutating func invoke(
        _ session: Session, _ name: String, reused: Bool, listsCommands: Bool = false, _ asker: Asker
    ) {
        if stopping != nil { return refuse(asker, .draining) }
        switch session.state {
        case .ready where session.leaseChange == nil: break
        case .taking, .opening, .ready, .busy: return refuse(asker, .sessionBusy(session.id, session.shownState))
        case .closing(let closing): return refuse(asker, .sessionExpired(session.id, closing.reason, at: now))
        case .unconfirmed(let gone): return refuse(asker, .sessionExpired(session.id, gone.reason, at: now))
        }
        if let grantTrouble { return refuse(asker, .stateUnavailable(grantTrouble)) }
        let invocation = Invocation(
            id: InvocationID(session.invocations + 1), name: name, asker: asker, since: now, reused: reused,
            phase: .taking(until: now + rules.grantDeadline), listsCommands: listsCommands)
        var running = session
        running.invocations += 1
        running.lastUsed = now
        running.state = .busy(invocation)
        sessions[session.id] = running
        look(at: invocation.deadline)
        tellWatchers(of: session.id)
        effects.append(.takeInvocation(session.id, invocation.id, for: asker.call, at: now))
    }

    /// Whoever reads the journal from now on knows that something may run in this session: only now may it.
    mutating func invocationTaken(_ id: SessionID, _ invocation: InvocationID) {
        guard let session = sessions[id], case .busy(var starting) = session.state, starting.id == invocation else {
            return
        }
        switch starting.phase {
        case .running, .settling: return
        case .overdue: touchLines()
        case .taking: break
        }
        guard let asker = starting.asker, !starting.isStopping else {
            return settle(session, starting, .done(InvocationReport(.stopped)))
        }
        starting.phase = .running
        sessions[id]?.state = .busy(starting)
        if !starting.listsCommands {
            effects.append(.tell(asker.call, .began(view(of: session), reused: starting.reused, invocation)))
        }
        effects.append(.startInvocation(session.identity, invocation, asker.call))
    }

    mutating func stopInvocation(
        _ reference: SessionReference, _ invocation: InvocationID?, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "stop", asker, caller) else { return }
        effects.append(.answer(asker.call, .stopping(stopInvocation(invocation, of: session.id))))
    }

    mutating func reachInvocation(
        _ reference: SessionReference, _ invocation: InvocationID?, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "use", asker, caller), isStillMapped(session, asker, caller) else { return }
        guard case .busy(let running) = session.state, running.phase == .running, !running.isStopping,
            running.id == invocation ?? running.id
        else {
            return refuse(asker, .nothingRuns(session.id))
        }
        effects.append(.answer(asker.call, .running(session.identity, running.id)))
    }

    mutating func invocationEnded(
        _ id: SessionID, _ invocation: InvocationID, _ how: InvocationEnd
    ) {
        guard let session = sessions[id], case .busy(let running) = session.state, running.id == invocation,
            running.phase == .running
        else { return }
        settle(session, running, how)
    }

    /// Has it written down that nothing runs any more. Whoever waits for the end hears it then, or in a second.
    private mutating func settle(_ session: Session, _ invocation: Invocation, _ how: InvocationEnd) {
        if case .uncertain = how { return lose(session, invocation, how) }
        var (session, invocation) = (session, invocation)
        let until = now + Self.settlingMax
        invocation.phase = .settling(how, until: until)
        session.state = .busy(invocation)
        session.lastUsed = now
        sessions[session.id] = session
        look(at: until)
        effects.append(.takeIdle(session.id, invocation.id, at: now))
    }

    /// How long the end of a pipeline waits for the disk. A crash later than that may cost its session, and nothing else.
    private static let settlingMax = Duration.seconds(1)

    /// It may still run there, and its session cannot be used any more.
    private mutating func lose(_ session: Session, _ invocation: Invocation, _ how: InvocationEnd) {
        var session = session
        if let asker = invocation.asker { answer(asker, how, of: invocation, in: session) }
        session.state = .ready(since: now)
        session.lastUsed = now
        session.mayRun = true
        sessions[session.id] = session
        startClosing(session.id, .tenantClosed, nil)
    }

    mutating func idleTaken(_ id: SessionID, _ invocation: InvocationID) {
        guard var session = sessions[id], case .busy(let running) = session.state, running.id == invocation,
            case .settling(let how, _) = running.phase
        else { return }
        if let asker = running.asker { answer(asker, how, of: running, in: session) }
        if running.listsCommands, case .done(let report) = how, report.outcome == .completed {
            session.hasCommands = true
        }
        session.state = .ready(since: now)
        session.lastUsed = now
        session.mayRun = false
        sessions[id] = session
        look(at: sessions[id]?.deadline(rules[session.identity.tenant]))
        tellWatchers(of: id)
        // A warm one that idles again may make room for somebody.
        touch(session.identity.tenant)
        if stopping?.endSessions == true { return end(id, .shutdown) }
        if session.pipeline != nil { giveBack(session, nil) }
    }

    mutating func answer(
        _ asker: Asker, _ how: InvocationEnd, of running: Invocation, in session: Session
    ) {
        let tenant = session.identity.tenant
        switch how {
        case .done(let report) where !running.listsCommands:
            effects.append(.answer(asker.call, .invoked(report, lasted: now - running.since)))
        case .done(let report):
            if report.outcome == .completed { return effects.append(.showCommands(session.id, asker.call)) }
            refuse(asker, .tenantUnreachable(tenant, .open, "the tenant did not list its commands"))
        case .outputTooLarge(let limit, let property):
            refuse(asker, .outputTooLarge(limitBytes: limit, property: property))
        case .notRun(let stage, let message): refuse(asker, .tenantUnreachable(tenant, stage, message))
        case .notReached(let failure): refuse(asker, refusal(for: failure, of: session.identity))
        case .uncertain(let message): refuse(asker, .invocationUncertain(session.id, message))
        }
    }

    /// Has what runs stopped, once, unless only another one was meant. Returns what that is.
    @discardableResult
    mutating func stopInvocation(_ meant: InvocationID? = nil, of id: SessionID) -> InvocationID? {
        guard let session = sessions[id], case .busy(var invocation) = session.state,
            invocation.id == meant ?? invocation.id
        else { return nil }
        if !invocation.isStopping {
            invocation.isStopping = true
            sessions[id]?.state = .busy(invocation)
            // What the tenant has not heard of yet it never will.
            if invocation.phase == .running {
                effects.append(.stopInvocation(session.identity, invocation.id))
            }
        }
        return invocation.id
    }
}
