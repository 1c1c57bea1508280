import Testing
import UsherCore
import UsherTestKit

/// Sessions leased by nobody: whose they are, how long, and what they make room for.
@Suite struct WarmTests {
    var desk = Desk(
        Rules.litware { $0.keepWarm = .minutes(5) }.with {
            $0.tenants[1].keepWarm = .minutes(5)
            $0.tenants[1].sessionsPerAdmin = 1
        })

    @Test mutating func `a session given back stays open for keep_warm`() throws {
        let id = try desk.open(.ken())
        let effects = desk.attach(.ken(), id, .none)
        #expect(effects.records == [.leaseChanged(id, .none, lastUsed: desk.now)])
        #expect(desk[id]?.lease == Lease.Mode.none)
        #expect(desk.handle(.clientLeft(ConnectionID(1))) == [])
        #expect(desk.pass(.seconds(299)).closedSessions == [])
        #expect(desk.pass(.seconds(1)).closedSessions == [id])
        #expect(desk[id]?.reason == .idleTimeout)
    }

    @Test mutating func `giving back again does not keep it longer`() throws {
        let id = try desk.open(.ken())
        desk.attach(.ken(), id, .none)
        desk.pass(.minutes(4))
        #expect(desk.attach(.ken(), id, .none).records == [])
        #expect(desk.pass(.minutes(1)).closedSessions == [id])
    }

    @Test mutating func `the idle rule ends a warm session, too`() throws {
        let id = try desk.open(.ken())
        desk.pass(.minutes(10))
        desk.attach(.ken(), id, .none)
        #expect(desk.pass(.minutes(4)).closedSessions == [id], "14 minutes after its last use")
    }

    @Test mutating func `a seat given back after long use is warm all the same`() throws {
        let id = try desk.open(.ken(), "console")
        desk.pass(.hours(3))
        desk.attach(.ken(), id, .none)
        #expect(desk.pass(.seconds(299)).ends == [:])
        #expect(desk.pass(.seconds(1)).ends == [id: .idleTimeout])
    }

    @Test mutating func `a warm seat is not taken for a session where a reload gave its tenant shells`() throws {
        let seat = try desk.open(.ken(), "console")
        desk.attach(.ken(), seat, .none)
        desk.handle(.leaseTaken(seat, for: desk.lastCall))
        var rules = Rules.sample
        rules.tenants[1].kind = .shells
        rules.tenants[1].keepWarm = .minutes(5)
        desk.handle(.rulesChanged(rules))
        let acquisition = Acquisition(tenant: "console", reuse: true)
        for request in [Request.run(acquisition, "Get-CsTenant"), .acquire(acquisition)] {
            guard case .takeSeat(let record, _)? = desk.ask(.ken(11), request).first else {
                return #expect(Bool(false))
            }
            #expect(record.identity.id != seat && record.identity.kind == .shells)
        }
        #expect(desk[seat]?.state == .ready)
    }

    @Test mutating func `its owner gets it again under the same account, durably`() throws {
        let id = try desk.open(.ken())
        desk.attach(.ken(), id, .none)
        let effects = desk.acquire(.ken(11), reuse: true)
        #expect(effects == [.takeLease(id, .connection, for: desk.lastCall, lastUsed: desk.now)])
        let answers = desk.handle(.leaseTaken(id, for: desk.lastCall)).answers
        #expect(answers == [.session(try #require(desk[id]), reused: true)])
    }

    @Test mutating func `without reuse a new session is opened beside it`() throws {
        let id = try desk.open(.ken())
        desk.attach(.ken(), id, .none)
        #expect(try desk.open(.ken(11)) != id)
    }

    @Test mutating func `another uid of the same account, or another account of the same uid, does not get it`() throws
    {
        let kens = try desk.open(.ken())
        desk.attach(.ken(), kens, .none)
        #expect(desk.acquire(.build(), reuse: true).takenSeats.count == 1)
        let danas = try desk.open(.dana())
        desk.attach(.dana(), danas, .none)
        #expect(desk.acquire(.dana(), as: .pilar, reuse: true).takenSeats.count == 1)
    }

    @Test mutating func `of several the one used last is taken`() throws {
        let first = try desk.open(.ken())
        let second = try desk.open(.ken())
        desk.pass(.seconds(1))
        try desk.run(.ken(), first)
        for id in [first, second] { desk.attach(.ken(), id, .none) }
        guard case .takeLease(first, _, _, _)? = desk.acquire(.ken(11), reuse: true).first else {
            Issue.record("the first was used last")
            return
        }
    }

    @Test mutating func `a busy session given back is closed: its end would not be clean`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        #expect(desk.ask(.ken(), .attach(SessionReference(id), .none)).closedSessions == [id])
    }

    @Test mutating func `after 900 pipelines it is closed instead of kept`() throws {
        let young = try desk.open(.ken())
        try desk.run(.ken(), young, times: 899)
        desk.attach(.ken(), young, .none)
        #expect(desk[young]?.lease == Lease.Mode.none)
        let worn = try desk.open(.ken())
        try desk.run(.ken(), worn, times: 900)
        #expect(desk.ask(.ken(), .attach(SessionReference(worn), .none)).closedSessions == [worn])
        #expect(desk[worn]?.reason == .rotated)
    }

    @Test func `at its maximum age it is closed instead of kept`() throws {
        var desk = Desk(
            .litware {
                $0.keepWarm = .minutes(5)
                $0.maximumAge = .minutes(10)
            })
        let id = try desk.open(.ken())
        desk.pass(.minutes(7))
        desk.attach(.ken(), id, .none)
        #expect(desk.pass(.minutes(3)).closedSessions == [id])
        #expect(desk[id]?.reason == .maximumAge)
    }

    @Test mutating func `it makes room for a request that would otherwise be refused`() throws {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.attach(.ken(), seats[1], .none)
        let effects = desk.acquire(.build())
        let call = desk.lastCall
        #expect(effects.closedSessions == [seats[1]])
        #expect(effects.answers == [], "its successor stands in line until the tenant has confirmed")
        let next = desk.handle(.sessionClosed(seats[1]))
        #expect(next.records == [.ended(seats[1], .evicted, at: desk.now)])
        guard case .takeSeat(_, call)? = next.last else {
            Issue.record("\(next)")
            return
        }
    }

    @Test mutating func `a seat without a shell makes room at once, for who asks and for who stands in line`() throws {
        let first = try desk.open(.ken(), "console")
        desk.attach(.ken(), first, .none)
        let asked = desk.acquire(.build(), "console")
        #expect(asked.ends == [first: .evicted])
        let second = try #require(asked.takenSeats.first)
        desk.handle(.seatTaken(second))
        desk.acquire(.ken(11), "console", wait: .minutes(1))
        let givenBack = desk.ask(.build(), .attach(SessionReference(second), .none))
        #expect(givenBack.ends == [second: .evicted])
        #expect(givenBack.takenSeats.count == 1)
    }

    @Test mutating func `while there is room it stays`() throws {
        let id = try desk.open(.ken())
        desk.attach(.ken(), id, .none)
        #expect(desk.acquire(.build()).closedSessions == [])
        #expect(desk.acquire(.priya()).closedSessions == [])
    }

    @Test mutating func `another account's makes room only for the organization's limit`() throws {
        let id = try desk.open(.ken())
        desk.attach(.ken(), id, .none)
        for _ in 1...3 { try desk.open(.priya()) }
        #expect(desk.acquire(.priya()).shortfall?.shortage.scope == .admin)
        for _ in 1...3 { try desk.open(.dana()) }
        for _ in 1...2 { try desk.open(.sam()) }
        #expect(desk.acquire(.sam()).closedSessions == [id])
    }

    @Test mutating func `a tenant that does not confirm costs the one who asked no more than open_deadline`() throws {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.attach(.ken(), seats[0], .none)
        desk.acquire(.build())
        let call = desk.lastCall
        #expect(desk.pass(.milliseconds(29_999)).answers == [])
        let effects = desk.pass(.milliseconds(1))
        guard case .refused(.quotaExceeded(let shortfall))? = effects.answer(to: call) else {
            Issue.record("\(effects)")
            return
        }
        #expect(shortfall.shortage.inUse == 3)
    }

    @Test mutating func `one given back while others wait makes room for them`() throws {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        let call = desk.lastCall
        #expect(desk.attach(.ken(), seats[0], .none).closedSessions == [seats[0]])
        guard case .takeSeat(_, call)? = desk.handle(.sessionClosed(seats[0])).last else {
            Issue.record("\(call) still waits")
            return
        }
    }

    @Test mutating func `no more are closed than are waited for`() throws {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        #expect(desk.attach(.ken(), seats[0], .none).closedSessions == [seats[0]])
        #expect(desk.attach(.ken(), seats[1], .none).closedSessions == [])
        #expect(desk.pass(.seconds(20)).closedSessions == [])
        #expect(desk.handle(.closeFailed(seats[0])).closedSessions == [seats[1]], "that one does not come back soon")
    }

    @Test func `none is given up for a request that creates_per_minute holds up`() throws {
        var desk = Desk(
            .litware {
                $0.keepWarm = .minutes(5)
                $0.createsPerMinute = 3
            })
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.attach(.ken(), seats[0], .none)
        #expect(
            desk.acquire(.build()) == [
                .answer(desk.lastCall, .refused(.throttled(.litware, limit: 3, retryAfter: .minutes(1))))
            ])
    }

    @Test mutating func `one that its owner uses makes room once he is done, and one he wanted once he does not`()
        throws
    {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.attach(.ken(), seats[0], .none)
        let invocation = try desk.invoke(.ken(11), seats[0])
        #expect(desk.acquire(.build(), wait: .minutes(1)).closedSessions == [])
        #expect(desk.ended(seats[0], invocation).closedSessions == [seats[0]])
    }

    @Test mutating func `one whose owner asked for it and left makes room`() throws {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.attach(.ken(), seats[0], .none)
        desk.acquire(.ken(11), reuse: true)
        #expect(desk.acquire(.build(), wait: .minutes(1)).closedSessions == [])
        #expect(desk.handle(.clientLeft(ConnectionID(11))).closedSessions == [seats[0]])
    }
}
