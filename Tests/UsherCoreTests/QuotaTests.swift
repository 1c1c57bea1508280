import Testing
import UsherTestKit

@testable import UsherCore

@Suite struct QuotaTests {
    var desk = Desk()

    @Test mutating func `a seat is taken, made durable, opened and answered, in this order`() throws {
        let taking = desk.acquire(.ken(), purpose: "mailbox move", terminal: "pts/3")
        let call = desk.lastCall
        let identity = SessionIdentity(
            id: .first, tenant: .litware, admin: .kenmyer, kind: .shells, owner: UserID(1001), user: "ken", pid: 4001,
            terminal: "pts/3", purpose: "mailbox move", request: nil, since: desk.now)
        let record = SessionRecord(
            identity: identity, lease: .connection, lastUsed: desk.now, invocations: 0, end: nil)
        #expect(taking == [.takeSeat(record, for: call)])
        #expect(desk.handle(.seatTaken(.first)) == [.openSession(identity)])
        #expect(desk.handle(.sessionOpened(.first, .sample)) == [.takeShell(.first, .sample)])
        let answers = desk.handle(.shellTaken(.first))
        #expect(answers == [.answer(call, .session(try #require(desk.sessions.first), reused: false))])
        #expect(desk.sessions.first?.state == .ready)
    }

    @Test mutating func `a fourth session of one account is refused and nothing is taken`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        let effects = desk.acquire(.ken())
        #expect(effects.count == 1)
        #expect(effects.shortfall?.shortage == .init(scope: .admin, limit: 3, inUse: 3))
        #expect(effects.shortfall?.shortage.scope.setting == "sessions_per_admin")
    }

    @Test mutating func `two users of one account share its quota`() throws {
        for _ in 1...2 { try desk.open(.ken()) }
        try desk.open(.build())
        #expect(desk.acquire(.build()).shortfall?.admin == .kenmyer)
    }

    @Test mutating func `a tenth session is refused by the organization's limit`() throws {
        for caller in [Caller.ken(), .dana(), .priya()] { for _ in 1...3 { try desk.open(caller) } }
        let shortage = desk.acquire(.sam()).shortfall?.shortage
        #expect(shortage == .init(scope: .organization, limit: 9, inUse: 9))
        #expect(shortage?.scope.setting == "sessions_per_organization")
    }

    @Test mutating func `where both limits are reached the account's own is named`() throws {
        for caller in [Caller.ken(), .dana(), .priya()] { for _ in 1...3 { try desk.open(caller) } }
        #expect(desk.acquire(.ken()).shortfall?.shortage.scope == .admin)
    }

    @Test mutating func `tenants do not share seats`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        #expect(desk.acquire(.ken(), "console").takenSeats.count == 1)
    }

    @Test mutating func `a seat counts from the moment it is asked for`() {
        for _ in 1...3 { desk.acquire(.ken()) }
        #expect(desk.acquire(.ken()).shortfall != nil, "none of the three is durable yet")
    }

    @Test mutating func `a seat is free only when the tenant has confirmed the end`() throws {
        let ids = try (1...3).map { _ in try desk.open(.ken()) }
        desk.ask(.ken(), .close(SessionReference(ids[0])))
        #expect(desk.acquire(.ken()).shortfall != nil)
        desk.handle(.closeFailed(ids[0]))
        #expect(desk.acquire(.ken()).shortfall != nil)
        desk.handle(.sessionClosed(ids[0]))
        #expect(desk.acquire(.ken()).takenSeats.count == 1)
    }

    @Test mutating func `each step on the way to a session that fails gives its seat back`() throws {
        let failures: [[Event]] = [
            [.seatRefused(.first, "no")],
            [.clientLeft(ConnectionID(1)), .seatTaken(.first)],
            [.seatUnknown(.first, "?"), .seatRefused(.first, "no")],
            [.seatTaken(.first), .openFailed(.first, OpenFailure(message: "no", leftNothing: true))],
            [
                .seatTaken(.first), .openFailed(.first, OpenFailure(message: "?", leftNothing: false)),
                .sessionClosed(.first),
            ],
            [.seatTaken(.first), .clientLeft(ConnectionID(1)), .sessionClosed(.first)],
            [.seatTaken(.first), .sessionClosed(.first)],
            [.seatTaken(.first), .sessionOpened(.first, .sample), .sessionClosed(.first)],
        ]
        for failure in failures {
            var desk = Desk()
            desk.acquire(.ken())
            for event in failure { desk.handle(event) }
            #expect(desk.sessions == [], "\(failure)")
            #expect(desk.broker.usage == [], "\(failure)")
        }
    }

    @Test(arguments: [
        // per admin, organization, reserve, of the first account, of all four
        (3, 9, 0, 3, 9), (3, 9, 2, 3, 7), (3, nil, 0, 3, 12), (3, nil, 1, 2, 8), (1, nil, 5, 0, 0), (9, 4, 1, 3, 3),
    ])
    func `reserve leaves seats to people outside the broker`(
        perAdmin: Int, organization: Int?, reserve: Int, first: Int, all: Int
    ) {
        var desk = Desk(
            .litware {
                $0.sessionsPerAdmin = perAdmin
                $0.sessionsPerOrganization = organization
                $0.reserve = reserve
            })
        var counts = [0, 0, 0, 0]
        for (index, caller) in [Caller.ken(), .dana(), .priya(), .sam()].enumerated() {
            while desk.acquire(caller).takenSeats.count == 1 { counts[index] += 1 }
        }
        #expect(counts[0] == first)
        #expect(counts.reduce(0, +) == all)
    }

    @Test func `creates_per_minute refuses the one too many and says when`() throws {
        var desk = Desk(.litware { $0.createsPerMinute = 2 })
        desk.close(.ken(), try desk.open(.ken()))
        desk.pass(.seconds(10))
        desk.close(.ken(), try desk.open(.ken()))
        desk.pass(.seconds(10))
        let refusal = Refusal.throttled(.litware, limit: 2, retryAfter: .seconds(40))
        #expect(desk.acquire(.priya()) == [.answer(desk.lastCall, .refused(refusal))])
        desk.pass(.seconds(40))
        #expect(desk.acquire(.priya()).takenSeats.count == 1)
        #expect(desk.acquire(.priya()).refusal == .throttled(.litware, limit: 2, retryAfter: .seconds(10)))
    }

    @Test func `whoever waits is served when creates_per_minute allows it`() throws {
        var desk = Desk(.litware { $0.createsPerMinute = 1 })
        desk.close(.ken(), try desk.open(.ken()))
        desk.acquire(.priya(), wait: .minutes(2))
        #expect(desk.pass(.milliseconds(59_999)).takenSeats == [])
        #expect(desk.pass(.milliseconds(1)).takenSeats.count == 1)
    }

    @Test func `a tenant that takes no new sessions at all refuses and does not trap`() {
        var desk = Desk(.litware { $0.createsPerMinute = 0 })
        #expect(desk.acquire(.ken()).refusal == .throttled(.litware, limit: 0, retryAfter: .minutes(1)))
    }

    @Test mutating func `a thousand short sessions at one less than the limit are never refused`() throws {
        try desk.open(.ken())
        for _ in 1...1000 { desk.close(.ken(), try desk.open(.ken())) }
        #expect(desk.sessions.count == 1)
    }
}
