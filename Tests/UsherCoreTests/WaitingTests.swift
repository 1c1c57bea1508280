import Testing
import UsherTestKit

@testable import UsherCore

@Suite struct WaitingTests {
    var desk = Desk()
    let seats: [SessionID]

    init() throws {
        var desk = Desk()
        seats = try (1...3).map { _ in try desk.open(.ken()) }
        self.desk = desk
    }

    @Test mutating func `whoever waits hears at once where he stands, who holds, and when a seat frees`() throws {
        let effects = desk.acquire(.build(), wait: .minutes(1))
        guard effects.count == 1, case .tell(desk.lastCall, .waiting(1, let holders, .minutes(14))) = effects[0] else {
            Issue.record("\(effects)")
            return
        }
        #expect(holders.map { $0.identity?.id } == seats)
    }

    @Test mutating func `whoever waits to run something is told when a reload leaves nothing to run in`() {
        var acquisition = Acquisition(tenant: "litware", wait: .minutes(1))
        acquisition.runsPipelines = true
        desk.ask(.build(21), .acquire(acquisition))
        let first = desk.lastCall
        desk.ask(.build(22), .run(Acquisition(tenant: "litware", wait: .minutes(1)), "Get-CsTenant"))
        let calls = [first, desk.lastCall]
        let effects = desk.handle(.rulesChanged(Rules.litware { $0.kind = .seats }))
        for call in calls {
            guard case .refused(.notAuthorized(_, let reason))? = effects.answer(to: call) else {
                Issue.record("\(call) still waits")
                continue
            }
            #expect(reason.contains("only a seat"))
        }
    }

    @Test mutating func `the seat that becomes free goes to whoever waits`() {
        desk.acquire(.build(), wait: .minutes(1))
        let call = desk.lastCall
        desk.ask(.ken(), .close(SessionReference(seats[0])))
        guard case .takeSeat(let record, call)? = desk.handle(.sessionClosed(seats[0])).last else {
            Issue.record("\(call) still waits")
            return
        }
        #expect(record.identity.user == "build")
    }

    @Test mutating func `all others hear of their new places`() {
        desk.acquire(.build(21), wait: .minutes(1))
        desk.acquire(.build(22), wait: .minutes(1))
        let second = desk.lastCall
        desk.acquire(.build(23), wait: .minutes(1))
        let third = desk.lastCall
        #expect(desk.handle(.sessionClosed(seats[0])).places == [second: 1, third: 2])
        #expect(desk.handle(.clientLeft(ConnectionID(22))).places == [third: 1])
    }

    @Test mutating func `every fifteen seconds at the latest somebody who waits hears something`() {
        desk.acquire(.build(21), wait: .minutes(1))
        let first = desk.lastCall
        desk.pass(.seconds(10))
        desk.acquire(.build(22), wait: .minutes(1))
        let second = desk.lastCall
        #expect(desk.pass(.milliseconds(4999)).places == [:])
        #expect(desk.pass(.milliseconds(1)).places == [first: 1])
        #expect(desk.pass(.seconds(10)).places == [second: 2])
        #expect(desk.pass(.seconds(5)).places == [first: 1])
    }

    @Test mutating func `a wait that runs out says so with the facts of the refusal`() throws {
        desk.acquire(.build(), wait: .seconds(20))
        let call = desk.lastCall
        #expect(desk.pass(.milliseconds(19_999)).answers == [])
        guard
            case .refused(.waitTimeout(let shortfall, waited: .seconds(20)))? = desk.pass(.milliseconds(1))
                .answer(to: call)
        else {
            Issue.record("\(call) has no answer")
            return
        }
        #expect(shortfall.shortage == .init(scope: .admin, limit: 3, inUse: 3))
        #expect(shortfall.waiting == 0)
        #expect(desk.handle(.sessionClosed(seats[0])).takenSeats == [])
    }

    @Test mutating func `who leaves is out of the line`() {
        desk.acquire(.build(), wait: .minutes(1))
        #expect(desk.handle(.clientLeft(ConnectionID(2))) == [])
        #expect(desk.handle(.sessionClosed(seats[0])).takenSeats == [])
        #expect(desk.broker.status.waiting == 0)
    }

    @Test mutating func `nobody waits who did not ask to`() {
        for wait in [nil, Duration.zero] {
            #expect(desk.acquire(.build(), wait: wait).shortfall?.shortage.inUse == 3)
        }
    }

    @Test mutating func `with room there is no waiting`() {
        #expect(desk.acquire(.priya(), wait: .minutes(1)).takenSeats.count == 1)
    }

    @Test(arguments: [Duration.hours(1) + .seconds(1), .seconds(-1)])
    func `a wait beyond wait_max is refused by name`(wait: Duration) {
        var desk = Desk()
        #expect(desk.acquire(.ken(), wait: wait).refusal == .invalidParameter("waitSeconds"))
    }

    @Test mutating func `waiting_max bounds the line of a tenant, waiting_max_per_user that of a user`() throws {
        desk.handle(
            .rulesChanged(
                .sample.with {
                    $0.waitingMax = 3
                    $0.waitingMaxPerUser = 2
                }))
        for _ in 1...3 { try desk.open(.ken(), "console") }
        desk.acquire(.build(21), wait: .minutes(1))
        desk.acquire(.build(22), "console", wait: .minutes(1))
        #expect(
            desk.acquire(.build(23), wait: .minutes(1)).refusal
                == .tooManyRequests(setting: "waiting_max_per_user", limit: 2), "over all tenants")
        for connection in UInt64(31)...32 { desk.acquire(.ken(connection), wait: .minutes(1)) }
        for _ in 1...3 { try desk.open(.priya()) }
        #expect(
            desk.acquire(.priya(41), wait: .minutes(1)).refusal
                == .tooManyRequests(setting: "waiting_max", limit: 3))
        #expect(desk.acquire(.priya(41)).shortfall != nil, "without waiting it is the quota that refuses")
    }

    @Test mutating func `a seat goes to the account that holds fewest, then to who came first`() throws {
        // 9 of 9: kenmyer 3, priya 3, dana 2, pilar 1.
        for _ in 1...3 { try desk.open(.priya()) }
        let danas = try (1...2).map { _ in try desk.open(.dana()) }
        try desk.open(.sam())
        desk.acquire(.dana(31), wait: .minutes(9))
        let dana = desk.lastCall
        desk.acquire(.sam(51), wait: .minutes(9))
        let sam = desk.lastCall
        desk.acquire(.sam(52), wait: .minutes(9))
        let samAgain = desk.lastCall
        desk.acquire(.build(21), wait: .minutes(9))
        #expect(desk.handle(.sessionClosed(seats[0])).taker == sam, "pilar holds 1, dana and kenmyer hold 2")
        #expect(desk.handle(.sessionClosed(danas[0])).taker == dana, "dana holds 1 now, pilar 2")
        #expect(desk.handle(.sessionClosed(seats[1])).taker != samAgain, "kenmyer holds 1, pilar 2")
    }

    @Test mutating func `one whose account is full holds up nobody behind him`() throws {
        for caller in [Caller.priya(), .dana()] { for _ in 1...3 { try desk.open(caller) } }
        desk.acquire(.build(), wait: .minutes(9))
        desk.acquire(.sam(), wait: .minutes(9))
        let sam = desk.lastCall
        let priyas = try #require(desk.sessions.first { $0.identity.admin == .priya }).identity.id
        #expect(desk.handle(.sessionClosed(priyas)).taker == sam)
    }

    @Test func `one who asks ten times as often gets no more than the others while they want something`() throws {
        var desk = Desk(.litware { $0.sessionsPerOrganization = 3 })
        var served: [String: Int] = [:]
        var open: [SessionID] = []
        for _ in 1...3 { open.append(try desk.open(.ken())) }
        var connection: UInt64 = 100
        for round in 0..<120 {
            // ken and build keep eight in line each, priya and dana one each.
            for (caller, share) in [(Caller.ken, 8), (Caller.build, 8), (Caller.priya, 1), (Caller.dana, 1)] {
                let name = caller(0).user
                while desk.waiting(name) < share {
                    connection += 1
                    desk.acquire(caller(connection), wait: .hours(1))
                }
            }
            let taken = desk.handle(.sessionClosed(open.removeFirst())).takenSeats
            for id in taken {
                served[desk[id]?.identity.admin.description ?? "", default: 0] += 1
                desk.handle(.seatTaken(id))
                desk.opened(id)
            }
            open += taken
            if round % 10 == 0 { desk.pass(.seconds(1)) }
        }
        #expect(served.values.allSatisfy { (35...45).contains($0) }, "\(served)")
    }

    @Test mutating func `with one console full, the line of another tenant moves`() throws {
        for _ in 1...3 { try desk.open(.ken(), "console") }
        desk.acquire(.build(21), "console", wait: .minutes(1))
        desk.acquire(.build(22), wait: .minutes(1))
        let call = desk.lastCall
        #expect(desk.handle(.sessionClosed(seats[0])).taker == call)
    }

    @Test mutating func `a line that stood because the disk was silent moves on at every tenant`() throws {
        desk.acquire(.build(21), wait: .minutes(1))
        let call = desk.lastCall
        desk.acquire(.priya(), "console")
        let stuck = try #require(desk.sessions.last).identity.id
        desk.pass(.seconds(5))
        #expect(desk.handle(.sessionClosed(seats[0])).takenSeats == [], "the disk does not answer")
        #expect(desk.handle(.seatTaken(stuck)).taker == call)
    }

    @Test mutating func `a login session that ends takes its request out of the line`() {
        desk.acquire(.build(), lease: .console(.terminal(1)), wait: .minutes(1))
        #expect(
            desk.handle(.consoleClosed(.terminal(1)))
                == [.answer(desk.lastCall, .refused(.invalidParameter("lease")))])
    }
}

extension [Effect] {
    /// The call that the only seat goes to.
    fileprivate var taker: CallID? {
        for case .takeSeat(_, let call) in self { return call }
        return nil
    }
}

extension Desk {
    /// How many calls of a user are in line.
    fileprivate func waiting(_ user: String) -> Int {
        broker.lines.values.reduce(0) { $0 + $1.waiters.count { $0.caller.user == user } }
    }
}
