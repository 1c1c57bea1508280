// Pipelines: one at a time on each session. Their rows never come by here.

extension Broker {
    mutating func invoke(
        _ reference: SessionReference, _ asker: Asker, _ caller: Caller
    ) {
        guard let session = own(reference, "use", asker, caller), isStillMapped(session, asker, caller) else {
            return
        }
        guard case .ready = session.state, session.leaseChange == nil, stopping == nil else {
            return refuse(asker, .sessionBusy(session.id, session.shownState))
        }
        let invocation = Invocation(id: InvocationID(session.invocations + 1), asker: asker, since: now)
        sessions[session.id]?.invocations += 1
        sessions[session.id]?.lastUsed = now
        sessions[session.id]?.state = .busy(invocation)
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
        guard let session = sessions[id], case .busy(let running) = session.state, running.id == invocation else {
            return
        }
        sessions[id]?.state = .ready(since: now)
        sessions[id]?.lastUsed = now
        effects.append(.record(.used(id, invocations: session.invocations, at: now)))
        look(at: sessions[id]?.deadline(rules[session.identity.tenant]))
        tellWatchers(of: id)
        leaveIfDone()
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
