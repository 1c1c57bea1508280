import UsherCore

/// The way to one session at the tenant: what was sent, and what is wanted once that is answered.
struct Link: Sendable {
    var create = Create.answered
    var hasArrived = false
    var endIsWanted = false

    enum Create: Sendable {
        /// On its way, or being dealt with.
        case sent(SessionIdentity)
        case answered
    }
}

extension World {
    mutating func perform(_ effects: [Effect]) {
        for effect in effects {
            history.add(clock.now, effect)
            switch effect {
            case .openSession(let identity): open(identity)
            case .closeSession(let identity): close(identity)
            case .startInvocation(let identity, let invocation, let call):
                startInvocation(identity.id, invocation, call)
            case .stopInvocation(let identity, let invocation): stopInvocation(identity.id, invocation)
            case .answer(let call, let answer): answered(call, answer)
            case .tell(let call, let news): told(call, news)
            case .showCommands(_, let call): answered(call, .done)
            case .stop: break
            case .takeSeat, .takeLease, .takeShell, .takeInvocation, .record:
                faults.append("\(effect.summary) is for the disk")
            }
        }
        if effects.contains(.stop) { die("stops") }
    }

    private mutating func later(_ event: Event, _ shortest: Duration, _ longest: Duration) {
        queue.add(.fact(event, life), at: clock.now + random.span(shortest, longest))
    }

    // MARK: opening and closing

    private mutating func open(_ identity: SessionIdentity) {
        let id = identity.id
        if !journal.begun.contains(id) { faults.append("\(id) is opened before its seat is in the journal") }
        if !opened.insert(id).inserted { faults.append("\(id) is opened twice") }
        tally["open", default: 0] += 1
        links[id] = Link(create: .sent(identity))
        if identity.kind == .seats {
            queue.add(.openAnswered(id, .sessionOpened(id), life), at: clock.now)
            return
        }
        let isSlow = random.chance(weather.tenantIsSlow)
        let arrives = clock.now + random.span(.milliseconds(5), isSlow ? .seconds(50) : .milliseconds(300))
        let answers = arrives + random.span(.milliseconds(5), isSlow ? .minutes(2) : .seconds(2))
        let lost = OpenFailure(message: "timed out", leftNothing: false)
        let isAway = clock.now < awayUntil
        if isAway || random.chance(weather.answersAreLost) {
            if !isAway, random.chance(50) { queue.add(.createArrives(identity), at: arrives) }
            queue.add(.openAnswered(id, .openFailed(id, lost), life), at: answers + .seconds(10))
        } else if random.chance(weather.answersAreLost) {
            let refused = OpenFailure(message: "refused", leftNothing: true)
            queue.add(.openAnswered(id, .openFailed(id, refused), life), at: answers)
        } else {
            queue.add(.createArrives(identity), at: arrives)
            queue.add(.openAnswered(id, .sessionOpened(id, .sample), life), at: answers)
            if random.chance(weather.tenantLies) {
                let twice = Event.openFailed(id, OpenFailure(message: "late", leftNothing: true))
                let again = Event.sessionOpened(id, .sample)
                queue.add(.fact(random.chance(50) ? twice : again, life), at: answers + .seconds(1))
            }
        }
    }

    mutating func openAnswered(_ id: SessionID, _ event: Event) {
        let endIsWanted = links[id]?.endIsWanted == true
        links[id]?.create = .answered
        feed(event)
        if endIsWanted { sendDelete(id) }
    }

    /// Ends a session as the edge does: one that is still being opened as soon as that is answered.
    private mutating func close(_ identity: SessionIdentity) {
        let id = identity.id
        tally["close", default: 0] += 1
        if view(of: id)?.reason == .idleTimeout, tenant.runs(id, at: clock.now) {
            faults.append("the idle clock cuts what runs in \(id)")
        }
        if identity.kind == .seats { return queue.add(.deleteArrives(id, [.sessionClosed(id)], life), at: clock.now) }
        if case .sent? = links[id]?.create {
            links[id]?.endIsWanted = true
        } else {
            sendDelete(id)
        }
    }

    private mutating func sendDelete(_ id: SessionID) {
        let isSlow = random.chance(weather.tenantIsSlow)
        let arrives = clock.now + random.span(.milliseconds(5), isSlow ? .seconds(80) : .milliseconds(300))
        let isAway = clock.now < awayUntil
        if isAway || random.chance(weather.answersAreLost) {
            if !isAway, random.chance(50) { queue.add(.deleteArrives(id, [], life), at: arrives) }
            if random.chance(70) { queue.add(.fact(.closeFailed(id), life), at: arrives + .seconds(5)) }
            return
        }
        queue.add(.deleteArrives(id, [.sessionClosed(id)], life), at: arrives)
        if random.chance(weather.tenantLies) {
            for fact in [Event.sessionClosed(id), .closeFailed(id), .sessionOpened(id, .sample)] where random.chance(50)
            {
                queue.add(.fact(fact, life), at: arrives + random.span(.milliseconds(1), .seconds(20)))
            }
        }
    }

    // MARK: pipelines

    private mutating func startInvocation(_ id: SessionID, _ invocation: InvocationID, _ call: CallID) {
        tally["invoke", default: 0] += 1
        if let asked = calls[call], let view = view(of: id), asked.caller.uid != view.identity.owner {
            faults.append("\(id) of \(view.identity.user) runs something for \(asked.caller.user)")
        }
        // From here on it takes as long as it takes.
        calls[call]?.deadline = nil
        if answered.contains(call) { faults.append("call \(call.rawValue) runs after its answer") }
        guard tenant.counts(id) else { return later(.sessionClosed(id), .milliseconds(5), .seconds(1)) }
        let span = random.span(.milliseconds(200), .hours(4))
        tenant.commandArrives(id, at: clock.now, for: span)
        if random.chance(weather.answersAreLost) {
            later(.invocationEnded(id, invocation, .uncertain("reset")), .milliseconds(5), .seconds(1))
        }
        queue.add(.invocationEnds(id, invocation, life), at: clock.now + span + .milliseconds(1))
    }

    private mutating func stopInvocation(_ id: SessionID, _ invocation: InvocationID) {
        guard random.chance(90) else { return }
        tenant.stopArrives(id, at: clock.now)
        later(.invocationEnded(id, invocation), .milliseconds(2), .seconds(1))
    }

    func view(of id: SessionID) -> SessionView? {
        Books(of: commit.broker, at: clock.now).sessions.first { $0.identity.id == id }
    }
}
