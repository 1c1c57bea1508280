// What keeps a session alive, and how it changes hands (contract, section 3).

extension Broker {
    /// Has a new lease recorded; the old one holds until that is durable, so that a client which was told of a
    /// lasting lease has one, also when the broker dies in the next moment.
    mutating func change(_ id: SessionID, to wish: LeaseWish, _ asker: Asker, _ caller: Caller, reused: Bool) {
        guard var session = sessions[id] else { return }
        guard session.leaseChange == nil else { return refuse(asker, .sessionBusy(id, session.shownState)) }
        guard let lease = wish.lease(of: caller) else { return giveBack(session, asker) }
        if lease.record == session.lease.record {
            if lease != session.lease { sessions[id]?.lease = lease }
            return answerLease(id, asker, reused: reused)
        }
        if let journalTrouble { return refuse(asker, .stateUnavailable(journalTrouble)) }
        session.wasDealtWith(at: now)
        // Whoever attaches it wants it for longer than one pipeline.
        session.pipeline = nil
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
        touch(session.identity.tenant)
        effects.append(.record(.leaseChanged(id, session.lease.record, lastUsed: session.lastUsed)))
    }

    private mutating func answerLease(
        _ id: SessionID, _ asker: Asker?, reused: Bool
    ) {
        guard let session = sessions[id] else { return }
        look(at: session.deadline(rules[session.identity.tenant]))
        touch(session.identity.tenant)
        if let asker { effects.append(.answer(asker.call, .session(view(of: session), reused: reused))) }
        tellWatchers(of: id)
    }

    /// Keeps a session warm for its owner, where the tenant is configured so and the session is fit for it; else ends it,
    /// for which the asker does not wait.
    mutating func giveBack(_ session: Session, _ asker: Asker?) {
        let tenant = rules[session.identity.tenant]
        let keep = tenant?.keepWarm ?? .zero
        let isWorn = session.invocations >= Self.invocationsMax || session.ageEnd(tenant).map { $0 <= now } == true
        guard case .ready = session.state, keep > .zero, !isWorn, drain == nil, stopping == nil else {
            end(session.id, isWorn && keep > .zero ? .rotated : .closed)
            let left = sessions[session.id].map { view(of: $0) } ?? ended[session.id].map { view(of: $0) }
            if let asker, let left { effects.append(.answer(asker.call, .session(left, reused: false))) }
            return
        }
        // One that is warm already does not stay so for longer by being given back again.
        if session.lease.mode != .none {
            var session = session
            session.wasDealtWith(at: now)
            session.lease = .warm(until: now + keep)
            session.pipeline = nil
            sessions[session.id] = session
            effects.append(.record(.leaseChanged(session.id, .none, lastUsed: session.lastUsed)))
        }
        answerLease(session.id, asker, reused: false)
    }

    /// Some servers refuse the thousandth command of a shell, because they never count down.
    static let invocationsMax = 900
}
