import UsherCore

/// The way to one session at the tenant: what was sent, and what is wanted once that is answered.
struct Link: Sendable {
    var create = Create.answered
    var hasArrived = false
    var endIsWanted = false

    enum Create: Sendable {
        /// The tenant has not heard of it.
        case approaching
        /// On its way, or being dealt with.
        case sent(SessionIdentity)
        case answered
    }
}

extension World {
    mutating func perform(_ effects: [Effect]) {
        for effect in bent(effects) {
            if weather.crashes > 0, random.next() % 10_000 < UInt64(weather.crashes) {
                return die("dies between two effects")
            }
            history.add(clock.now, effect)
            switch effect {
            case .openSession(let identity): open(identity)
            case .createShell(let identity): create(identity)
            case .probeSession(let identity):
                if !tenant.counts(identity.id) {
                    later(.sessionClosed(identity.id), .milliseconds(5), .seconds(2))
                }
            case .closeSession(let identity):
                close(identity)
                if sabotage == .freesBeforeConfirmation { later(.sessionClosed(identity.id), .zero, .milliseconds(1)) }
            case .listShells(let account, _): listShells(account)
            case .endForeign(let account, let shell, _): endForeign(account, shell)
            case .startInvocation(let identity, let invocation, let call):
                startInvocation(identity.id, invocation, call)
                if sabotage == .commandsAgain { startInvocation(identity.id, invocation, call) }
                if sabotage == .idlesWhileBusy {
                    later(.invocationEnded(identity.id, invocation), .zero, .milliseconds(1))
                }
            case .stopInvocation(let identity, let invocation): stopInvocation(identity.id, invocation)
            case .answer(let call, let answer): answered(call, answer)
            case .tell(let call, let news): told(call, news)
            case .showCommands(_, let call): answered(call, .done)
            case .stop: break
            case .takeSeat, .takeLease, .takeShell, .takeInvocation, .takeIdle, .record:
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
        links[id] = Link(create: .approaching)
        let span = random.span(.milliseconds(1), .seconds(2))
        if clock.now < awayUntil {
            let away = OpenFailure(.unreachable(.connect), message: "away", leftNothing: true)
            queue.add(.openAnswered(id, .openFailed(id, away), life), at: clock.now + span)
        } else {
            queue.add(.entranceFound(identity, life), at: clock.now + span)
        }
    }

    /// The way to the tenant is found; some tenants say what they have.
    mutating func entranceFound(_ identity: SessionIdentity) {
        guard case .approaching = links[identity.id]?.create else { return }
        let list = random.chance(70) ? list(identity.tenant, identity.admin) : nil
        let foreign = list.map { list in list.shells.count { $0.shellID.hasPrefix("foreign") } }
        told[Account(identity.tenant, identity.admin)] = foreign.map { (clock.now, $0) }
        if let list, !list.shells.isEmpty { tally["listed", default: 0] += 1 }
        feed(.entranceFound(identity.id, list))
    }

    private mutating func list(_ name: TenantName, _ admin: AdminName) -> ShellList {
        ShellList(
            askedAt: clock.now, shells: tenant.listed(at: name, of: admin, at: clock.now, rules), isComplete: true)
    }

    private mutating func create(_ identity: SessionIdentity) {
        let id = identity.id
        if case .approaching? = links[id]?.create {} else { faults.append("\(id) is created twice, or from nowhere") }
        tally["create", default: 0] += 1
        checkRoom(for: identity)
        links[id]?.create = .sent(identity)
        let isSlow = random.chance(weather.tenantIsSlow)
        let arrives = clock.now + random.span(.milliseconds(5), isSlow ? .seconds(50) : .milliseconds(300))
        let answers = arrives + random.span(.milliseconds(5), isSlow ? .minutes(2) : .seconds(2))
        let lost = OpenFailure(message: "timed out", leftNothing: false)
        let isAway = clock.now < awayUntil
        if isAway || random.chance(weather.answersAreLost) {
            // The tenant may carry it out all the same, at once or after we gave up.
            if !isAway, random.chance(50) { queue.add(.createArrives(identity), at: arrives) }
            queue.add(.openAnswered(id, .openFailed(id, lost), life), at: answers + .seconds(10))
            if sabotage == .createsAgain, faults.isEmpty { create(identity) }
        } else if clock.now < lowerLimit.until, tenant.count(of: identity, at: clock.now, rules) >= lowerLimit.limit {
            tally["lower limit", default: 0] += 1
            let no = OpenFailure(
                .full(.admin, limit: random.chance(50) ? lowerLimit.limit : nil), message: "full", leftNothing: true)
            queue.add(.openAnswered(id, .openFailed(id, no), life), at: answers)
        } else if random.chance(weather.answersAreLost) {
            let cause: OpenFailure.Cause = random.chance(50) ? .full(.admin, limit: nil) : .unreachable(.create)
            let refused = OpenFailure(cause, message: "refused", leftNothing: true)
            tally["refused", default: 0] += 1
            queue.add(.openAnswered(id, .openFailed(id, refused), life), at: answers)
        } else {
            queue.add(.createArrives(identity), at: arrives)
            queue.add(.openAnswered(id, .sessionOpened(id, .sample(of: id)), life), at: answers)
            if random.chance(weather.tenantLies) {
                let twice = Event.openFailed(id, OpenFailure(message: "late", leftNothing: true))
                let again = Event.sessionOpened(id, .sample(of: id))
                queue.add(.fact(random.chance(50) ? twice : again, life), at: answers + .seconds(1))
            }
        }
    }

    /// What others hold at the tenant, and we were just told of, leaves room for one more.
    private mutating func checkRoom(for identity: SessionIdentity) {
        guard let tenant = rules[identity.tenant] else { return }
        guard let told = told[Account(identity.tenant, identity.admin)], told.at == clock.now, told.foreign > 0 else {
            return
        }
        let ours = Books(of: commit.broker, at: clock.now).sessions.filter { $0.identity.tenant == tenant.name }
        let held = ours.count { $0.identity.admin == identity.admin }
        if held + told.foreign > tenant.limitPerAdmin {
            faults.append(
                "\(identity.id) is created although \(identity.admin) holds \(held) and others \(told.foreign)")
        }
        if let limit = tenant.limitPerOrganization, ours.count + told.foreign > limit {
            faults.append("\(identity.id) is created although there are \(ours.count), and \(told.foreign) of others")
        }
    }

    // MARK: what others have there

    private mutating func listShells(_ account: Account) {
        let result: ListingResult
        switch random.next() % 4 {
        case 0: result = .failed("away")
        case 1 where random.chance(50): return  // Never answered.
        default: result = .listed(list(account.tenant, account.admin))
        }
        later(.shellsListed(account, result), .milliseconds(5), .seconds(20))
    }

    private mutating func endForeign(_ account: Account, _ shell: SeenShell) {
        tally["endForeign", default: 0] += 1
        guard !random.chance(weather.answersAreLost) else { return }
        tenant.foreignEnds(shell.shellID)
        later(.foreignEnded(account, shellID: shell.shellID, nil), .milliseconds(5), .seconds(2))
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
        switch links[id]?.create {
        case .approaching:
            links[id]?.create = .answered
            later(
                .openFailed(id, OpenFailure(message: "not wanted any more", leftNothing: true)), .zero, .milliseconds(5)
            )
        case .sent: links[id]?.endIsWanted = true
        case .answered, nil: sendDelete(id)
        }
    }

    private mutating func sendDelete(_ id: SessionID) {
        // A Create that is still on its way may come about yet: that it is not there proves nothing.
        if !tenant.counts(id), case .some = queue.create(of: id) {
            return later(.closeFailed(id, .unknownThere), .milliseconds(5), .milliseconds(300))
        }
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
            for fact in [Event.sessionClosed(id), .closeFailed(id), .sessionOpened(id, .sample(of: id))]
            where random.chance(50) {
                queue.add(.fact(fact, life), at: arrives + random.span(.milliseconds(1), .seconds(20)))
            }
        }
    }

    // MARK: pipelines

    mutating func startInvocation(_ id: SessionID, _ invocation: InvocationID, _ call: CallID) {
        tally["invoke", default: 0] += 1
        if !sent.insert(Sent(session: id, invocation: invocation)).inserted {
            faults.append("\(invocation) of \(id) is sent a second time")
        }
        if journal.live[id]?.mayRun != true { faults.append("\(invocation) of \(id) is sent before the journal knows") }
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
