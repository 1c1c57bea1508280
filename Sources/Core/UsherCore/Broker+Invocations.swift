// Pipelines: one at a time on each session. Their rows never come by here.

extension Broker {
    mutating func invoke(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "use", asker, caller), isStillMapped(session, asker, caller) else {
            return
        }
        if stopping != nil { return refuse(asker, .draining) }
        switch session.state {
        case .ready where session.leaseChange == nil: break
        case .taking, .opening, .ready, .busy: return refuse(asker, .sessionBusy(session.id, session.shownState))
        case .closing(let closing): return refuse(asker, .sessionExpired(session.id, closing.reason, at: now))
        case .unconfirmed(let gone): return refuse(asker, .sessionExpired(session.id, gone.reason, at: now))
        }
        let invocation = Invocation(id: InvocationID(session.invocations + 1), asker: asker, since: now)
        var running = session
        running.invocations += 1
        running.lastUsed = now
        running.state = .busy(invocation)
        sessions[session.id] = running
        tellWatchers(of: session.id)
        effects.append(.startInvocation(session.id, invocation.id, asker.call))
    }

    mutating func stopInvocation(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "stop", asker, caller) else { return }
        effects.append(.answer(asker.call, .stopping(stopInvocation(of: session.id))))
    }

    mutating func invocationEnded(
        _ id: SessionID, _ invocation: InvocationID
    ) {
        guard var session = sessions[id], case .busy(let running) = session.state, running.id == invocation else {
            return
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
        if stopping?.endSessions == true { end(id, .shutdown) }
    }

    /// Asks the tenant to stop what runs, once. Returns what that is.
    mutating func stopInvocation(of id: SessionID) -> InvocationID? {
        guard case .busy(var invocation) = sessions[id]?.state else { return nil }
        if !invocation.isStopping {
            invocation.isStopping = true
            sessions[id]?.state = .busy(invocation)
            effects.append(.stopInvocation(id, invocation.id))
        }
        return invocation.id
    }
}
