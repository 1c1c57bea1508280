import UsherCore

/// Somebody at a terminal, or a script.
struct Person: Sendable {
    let index: Int
    var connection: ConnectionID
    /// The request under way, kept until it is answered, for those who ask again.
    var request: RequestID?

    /// Two connections each for seven users.
    func caller(on connection: ConnectionID? = nil) -> Caller {
        let number = (connection ?? self.connection).rawValue
        let all: [(UInt64) -> Caller] = [
            Caller.ken, Caller.build, Caller.dana, Caller.priya, Caller.sam, Caller.olga, Caller.stranger,
        ]
        return all[index % all.count](number)
    }
}

/// A request that waits for its answer.
struct Call: Sendable {
    let caller: Caller
    let request: Request
    /// When the broker must have answered. Nil where its client waits for something that has no end.
    var deadline: Moment?
    /// The account an acquisition is for.
    let admin: AdminName?
    /// Since when it stands in line, and heard of it last.
    var lastTold: Moment?
}

extension World {
    /// A burst of requests in one moment, some of them from people whose last one is unanswered yet, and now and
    /// then a misfortune.
    mutating func peopleAct() {
        if isClosingUp { return }
        for _ in 0...random.next() % 4 { somebodyActs() }
        if random.chance(weather.rulesChange) { feed(.rulesChanged(newRules())) }
        if random.chance(2) { operatorActs() }
        if random.chance(weather.daemonDies) { die("dies") }
        if random.chance(weather.tenantLies), let id = tenant.any(&random) {
            tenant.deleteArrives(id)
            queue.add(.fact(.sessionClosed(id), life), at: clock.now + random.span(.milliseconds(1), .seconds(5)))
        }
        if random.chance(weather.othersOpen) {
            if random.chance(50) {
                tenant.foreignArrives(at: .litware, of: random.pick([.kenmyer, .dana, .priya, .pilar]) ?? .kenmyer)
            } else {
                tenant.foreignLeaves()
            }
        }
        if random.chance(weather.tenantRestarts) {
            tally["tenant restarts", default: 0] += 1
            for id in tenant.restart() where random.chance(80) {
                queue.add(.fact(.sessionClosed(id), life), at: clock.now + random.span(.milliseconds(1), .seconds(30)))
            }
        }
        if random.chance(weather.limitIsLower) {
            lowerLimit = (Int(random.next() % 3), clock.now + random.span(.seconds(10), .minutes(20)))
        }
        if random.chance(weather.tenantIsAway) { awayUntil = clock.now + random.span(.minutes(1), .hours(2)) }
        if random.chance(weather.clockJumps) { sleep(random.span(.seconds(10), .hours(3))) }
        queue.add(.peopleAct, at: clock.now + random.span(.milliseconds(1), .seconds(40)))
    }

    /// The machine sleeps. Whatever was under way has so much longer, because each step of it may begin only now.
    private mutating func sleep(_ span: Duration) {
        history.add(clock.now, "the machine sleeps for \(span)")
        clock.advance(by: span)
        for (id, call) in calls { calls[id]?.deadline = call.deadline.map { $0 + span } }
    }

    private mutating func somebodyActs() {
        let index = Int(random.next() % UInt64(people.count))
        let person = people[index]
        if random.chance(10) { return leave(index) }
        if let console = random.pick(openConsoles.sorted { $0.id < $1.id }), random.chance(3) {
            openConsoles.remove(console)
            return feed(.consoleClosed(console))
        }
        // One call at a time on a connection; whoever cannot wait uses a second one.
        let isBusy = calls.values.contains { $0.caller.connection == person.connection }
        if isBusy { people[index].connection = nextConnection() }
        if isBusy, random.chance(50) { return leave(person.connection) }
        if random.chance(15) {
            var wish = wish(index)
            (wish.lease, wish.request) = (.connection, nil)
            ask(people[index].caller(), .run(wish, "Get-CsTenant"))
        } else if random.chance(40) {
            ask(people[index].caller(), .acquire(wish(index)))
        } else if let id = someSession(of: person.caller()) {
            ask(people[index].caller(), request(for: SessionReference(id)))
        } else {
            ask(people[index].caller(), random.chance(50) ? .status : .listSessions(tenant: nil, ended: true))
        }
    }

    mutating func ask(_ caller: Caller, _ request: Request) {
        lastCall += 1
        let call = CallID(lastCall)
        connections.insert(caller.connection)
        calls[call] = Call(
            caller: caller, request: request, deadline: deadline(of: request), admin: admin(of: request, caller))
        tally["request", default: 0] += 1
        feed(.request(call, caller, request))
    }

    /// How long the broker may take: for the disk, for the tenant, for a warm session to make room, and for as long
    /// as somebody asked to wait.
    private func deadline(of request: Request) -> Moment? {
        switch request {
        case .acquire(let wish), .run(let wish, _):
            let wait = wish.wait ?? .zero
            return clock.now + max(wait, rules.openDeadline) + rules.grantDeadline + rules.openDeadline
        case .attach(_, .none): return clock.now + .seconds(30)
        case .attach, .invoke, .listCommands: return clock.now + rules.grantDeadline
        case .close: return clock.now + .seconds(30)
        case .watch, .drain(_, _, follow: true): return nil
        case .listForeign, .diagnose: return clock.now + Broker.listDeadline
        case .reclaim: return clock.now + Broker.listDeadline + Broker.closeDeadline
        case .lock, .unlock, .mayAudit, .stopInvocation, .reachInvocation, .listSessions, .listTenants, .status,
            .measure, .drain, .resume, .mayReload, .mayLogin:
            return clock.now
        }
    }

    private func admin(of request: Request, _ caller: Caller) -> AdminName? {
        guard let wish = request.wish, let tenant = TenantName(wish.tenant).flatMap({ rules[$0] }) else { return nil }
        return wish.admin ?? tenant.admins.first { rules.mayUse($0, caller) }?.name
    }

    private mutating func wish(_ index: Int) -> Acquisition {
        var wish = Acquisition(tenant: random.chance(75) ? "litware" : "console")
        if random.chance(30) { wish.admin = random.pick([.kenmyer, .dana, .priya, .pilar]) }
        if random.chance(30) { wish.lease = random.chance(50) ? .detached : newConsole() }
        if random.chance(50) { wish.wait = random.span(.seconds(1), .minutes(20)) }
        wish.reuse = random.chance(40)
        if random.chance(40) {
            // Asked again, because the answer was lost, or never came.
            if people[index].request == nil || random.chance(50) {
                lastRequest += 1
                people[index].request = RequestID("r\(lastRequest)")
            }
            wish.request = people[index].request
        }
        return wish
    }

    private mutating func newConsole() -> LeaseWish {
        if random.chance(20) { return .console(nil) }
        lastConsole += 1
        let console = Console(id: lastConsole, leader: Int32(lastConsole), startTicks: lastConsole)
        openConsoles.insert(console)
        return .console(console)
    }

    private mutating func someSession(of caller: Caller) -> SessionID? {
        let sessions = Books(of: commit.broker, at: clock.now).sessions
        let own = sessions.filter { $0.identity.owner == caller.uid }
        return random.pick(random.chance(90) && !own.isEmpty ? own : sessions)?.identity.id
    }

    private mutating func request(for session: SessionReference) -> Request {
        // Also one that is over, or that never was.
        let meant = random.chance(50) ? nil : InvocationID(Int(random.next() % 8))
        return switch random.next() % 13 {
        case 12: .listCommands(session, refresh: random.chance(20))
        case 0...3: .invoke(session)
        case 4: random.chance(50) ? .stopInvocation(session, meant) : .reachInvocation(session, meant)
        case 5: .watch(session)
        case 6, 7: .close(session)
        case 8: .attach(session, .detached)
        case 9: .attach(session, newConsole())
        case 10: .attach(session, .connection)
        default: .attach(session, .none)
        }
    }

    /// A client dies.
    private mutating func leave(_ index: Int) {
        let gone = people[index].connection
        people[index].connection = nextConnection()
        leave(gone)
    }

    mutating func leave(_ connection: ConnectionID) {
        for (id, call) in calls where call.caller.connection == connection {
            abandoned[id] = call
            calls[id] = nil
        }
        connections.remove(connection)
        feed(.clientLeft(connection))
    }

    private mutating func operatorActs() {
        let olga = Caller.olga(nextConnection().rawValue)
        switch random.next() % 12 {
        case 6: ask(olga, .reclaim(someReclaim()))
        case 7: ask(olga, .listForeign(tenant: nil))
        case 8: ask(olga, .diagnose(tenant: nil))
        case 9:
            ask(
                olga,
                .lock(
                    random.chance(50) ? .litware : .console, message: "closed",
                    span: random.span(.seconds(1), .minutes(3)),
                    cut: random.chance(20)))
        case 10, 11: ask(olga, .unlock(random.chance(50) ? .litware : .console))
        case 0:
            let timeout = random.chance(50) ? random.span(.seconds(1), .minutes(5)) : nil
            ask(olga, .drain(timeout: timeout, force: random.chance(50), follow: random.chance(50)))
        case 1 where weather.daemonDies > 0: feed(.stopAsked(endSessions: random.chance(30)))
        default: ask(olga, .resume)
        }
    }

    private mutating func someReclaim() -> ReclaimWish {
        var wish = ReclaimWish()
        switch random.next() % 5 {
        case 0: wish.idle = random.span(.seconds(1), .minutes(10))
        case 1: wish.orphaned = true
        case 2: wish.unconfirmed = true
        case 3: wish.foreign = true
        default: wish.admin = random.pick([.kenmyer, .dana, .priya, .pilar])
        }
        wish.dryRun = random.chance(30)
        return wish
    }

    /// The rules with something bent, or straight again.
    private mutating func newRules() -> Rules {
        var rules = Rules.simulated
        switch random.next() % 14 {
        case 8: rules.tenants[1].kind = .shells
        case 9: rules.tenants[1].sessionsPerAdmin = 1
        case 10: rules.tenants[1].createsPerMinute = 3
        case 11: rules.tenants[1].sessionsPerOrganization = 2
        case 12: rules.tenants[0].kind = .seats
        case 13: rules.tenants[1].maximumAge = .minutes(5)
        case 0: rules.tenants[0].sessionsPerAdmin = 2
        case 1: rules.tenants[0].sessionsPerOrganization = 5
        case 2: rules.tenants[0].keepWarm = .zero
        case 3: rules.tenants[0].admins[0].users = [UserID(1001)]
        case 4: rules.tenants.removeLast()
        case 5: rules.tenants[0].idleTimeout = .minutes(3)
        case 6: rules.tenants[0].maximumAge = .minutes(20)
        default: break
        }
        self.rules = rules
        tally["reload", default: 0] += 1
        return rules
    }

    // MARK: what people hear

    mutating func answered(_ id: CallID, _ answer: Answer) {
        if id.rawValue > lastCall { faults.append("call \(id.rawValue) was never made") }
        if !answered.insert(id).inserted { faults.append("call \(id.rawValue) is answered a second time") }
        switch answer {
        case .refused(.waitTimeout): tally["waitTimeout", default: 0] += 1
        case .refused(.stateUnavailable): tally["stateUnavailable", default: 0] += 1
        default: break
        }
        // A session handed to somebody who is gone is one that outlives its client.
        let call = calls.removeValue(forKey: id) ?? abandoned.removeValue(forKey: id)
        if let call, !call.request.takes(answer) {
            faults.append("call \(id.rawValue), \(call.request), is answered with \(answer)")
        }
        guard let call, case .session(let view, let reused) = answer else { return }
        if view.identity.owner != call.caller.uid {
            faults.append("\(call.caller.user) got \(view.identity.id) of \(view.identity.user)")
        }
        switch call.request {
        case .acquire(let wish):
            tally[reused ? "reused" : "granted", default: 0] += 1
            if let admin = wish.admin, admin != view.identity.admin {
                faults.append("\(view.identity.id) was asked for as \(admin)")
            }
            // One that something else keeps is only lent, but to whoever asks for his own again.
            let isHis = wish.request != nil && view.identity.request == wish.request
            let isLent = reused && !isHis && (view.lease == .detached || consoles[view.identity.id] != nil)
            if !isLent { hold(view, by: call, wish.lease) }
        case .attach(_, let wish): hold(view, by: call, wish)
        default: break
        }
    }

    private mutating func hold(_ view: SessionView, by call: Call, _ wish: LeaseWish) {
        let id = view.identity.id
        holders[id] = view.lease == .connection ? call.caller.connection : nil
        if view.lease != .console { consoles[id] = nil }
        if view.lease == .console, case .console(let console?) = wish { consoles[id] = console }
    }

    mutating func told(_ id: CallID, _ news: News) {
        if answered.contains(id) { faults.append("call \(id.rawValue) is told something after its answer") }
        if case .waiting = news {
            calls[id]?.lastTold = clock.now
            tally["told", default: 0] += 1
        }
    }
}

extension Request {
    /// What is asked for where the request may take a seat.
    var wish: Acquisition? {
        switch self {
        case .acquire(let wish), .run(let wish, _): wish
        default: nil
        }
    }
}
