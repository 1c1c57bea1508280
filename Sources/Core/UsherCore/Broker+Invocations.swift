// Pipelines: one at a time on each session. Their rows never come by here.

extension Broker {
    mutating func invoke(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "use", asker, caller), isStillMapped(session, asker, caller) else {
            return
        }
        guard session.identity.kind == .shells else {
            return refuse(asker, Self.noPipelines(at: session.identity.tenant))
        }
        invoke(session, reused: true, asker)
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
        invoke(session, reused: true, listsCommands: true, asker)
    }

    /// Starts a pipeline on a session that is the asker's, if nothing else runs in it.
    mutating func invoke(_ session: Session, reused: Bool, listsCommands: Bool = false, _ asker: Asker) {
        if stopping != nil { return refuse(asker, .draining) }
        switch session.state {
        case .ready where session.leaseChange == nil: break
        case .taking, .opening, .ready, .busy: return refuse(asker, .sessionBusy(session.id, session.shownState))
        case .closing(let closing): return refuse(asker, .sessionExpired(session.id, closing.reason, at: now))
        case .unconfirmed(let gone): return refuse(asker, .sessionExpired(session.id, gone.reason, at: now))
        }
        let invocation = Invocation(
            id: InvocationID(session.invocations + 1), asker: asker, since: now, listsCommands: listsCommands)
        var running = session
        running.invocations += 1
        running.lastUsed = now
        running.state = .busy(invocation)
        sessions[session.id] = running
        tellWatchers(of: session.id)
        if !listsCommands {
            effects.append(.tell(asker.call, .began(view(of: running), reused: reused, invocation.id)))
        }
        effects.append(.startInvocation(session.identity, invocation.id, asker.call))
    }

    mutating func stopInvocation(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "stop", asker, caller) else { return }
        effects.append(.answer(asker.call, .stopping(stopInvocation(of: session.id))))
    }

    mutating func invocationEnded(
        _ id: SessionID, _ invocation: InvocationID, _ how: InvocationEnd
    ) {
        guard var session = sessions[id], case .busy(let running) = session.state, running.id == invocation else {
            return
        }
        switch how {
        case .done(let report):
            switch (running.listsCommands, report.outcome) {
            case (false, _):
                effects.append(.answer(running.asker.call, .invoked(report, lasted: now - running.since)))
            case (true, .completed):
                session.hasCommands = true
                effects.append(.showCommands(id, running.asker.call))
            case (true, _):
                let message = "the tenant did not list its commands"
                refuse(running.asker, .tenantUnreachable(session.identity.tenant, .open, message))
            }
        case .outputTooLarge(let limit, let property):
            refuse(running.asker, .outputTooLarge(limitBytes: limit, property: property))
        case .notRun(let stage, let message):
            refuse(running.asker, .tenantUnreachable(session.identity.tenant, stage, message))
        case .uncertain(let message):
            // It may still run there, and its session cannot be used any more.
            refuse(running.asker, .invocationUncertain(id, message))
            session.state = .ready(since: now)
            session.lastUsed = now
            session.mayRun = true
            sessions[id] = session
            return startClosing(id, .tenantClosed, nil)
        }
        session.state = .ready(since: now)
        session.lastUsed = now
        session.mayRun = false
        sessions[id] = session
        effects.append(.record(.used(id, invocations: session.invocations, at: now)))
        look(at: sessions[id]?.deadline(rules[session.identity.tenant]))
        tellWatchers(of: id)
        // A warm one that idles again may make room for somebody.
        touch(session.identity.tenant)
        if stopping?.endSessions == true { return end(id, .shutdown) }
        if session.isForOnePipeline { giveBack(session, nil) }
    }

    /// Asks the tenant to stop what runs, once. Returns what that is.
    mutating func stopInvocation(of id: SessionID) -> InvocationID? {
        guard let session = sessions[id], case .busy(var invocation) = session.state else { return nil }
        if !invocation.isStopping {
            invocation.isStopping = true
            sessions[id]?.state = .busy(invocation)
            effects.append(.stopInvocation(session.identity, invocation.id))
        }
        return invocation.id
    }
}
