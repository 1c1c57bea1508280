import Testing
import UsherCore
import UsherTestKit

/// A request that is made again because its answer was lost gets what the first one got, and never a second seat.
@Suite struct RequestIDTests {
    var desk = Desk()

    @Test mutating func `while the grant is written, the second caller gets it and the first is told so`() throws {
        desk.acquire(.ken(1), request: "r1")
        let first = desk.lastCall
        let again = desk.acquire(.ken(11), request: "r1")
        #expect(again == [.answer(first, .refused(.invalidParameter("requestId")))])
        #expect(desk.handle(.clientLeft(ConnectionID(1))) == [])
        desk.handle(.seatTaken(.first))
        #expect(desk.opened(.first).answer(to: desk.lastCall) != nil)
        #expect(desk.handle(.clientLeft(ConnectionID(11))).closedSessions == [.first])
    }

    @Test mutating func `while it is opened`() {
        desk.acquire(.ken(1), request: "r1")
        desk.handle(.seatTaken(.first))
        #expect(desk.acquire(.ken(11), request: "r1").takenSeats == [])
        desk.handle(.clientLeft(ConnectionID(1)))
        #expect(desk.opened(.first).answer(to: desk.lastCall) != nil)
        #expect(desk.sessions.count == 1)
    }

    @Test mutating func `once it is open, on the lease of the second caller`() throws {
        let id = try desk.open(.ken(1), request: "r1")
        let effects = desk.acquire(.ken(11), request: "r1")
        #expect(effects == [.answer(desk.lastCall, .session(try #require(desk[id]), reused: true))])
        #expect(desk.handle(.clientLeft(ConnectionID(1))) == [])
        #expect(desk.handle(.clientLeft(ConnectionID(11))).closedSessions == [id])
    }

    @Test mutating func `while it runs a pipeline`() throws {
        let id = try desk.open(.ken(1), request: "r1")
        try desk.invoke(.ken(12), id)
        #expect(desk.acquire(.ken(11), request: "r1").answers.count == 1)
        #expect(desk.handle(.clientLeft(ConnectionID(1))) == [])
    }

    @Test mutating func `once it is ending, unconfirmed or over it is expired`() throws {
        let id = try desk.open(.ken(1), request: "r1")
        desk.handle(.clientLeft(ConnectionID(1)))
        let expired = Refusal.sessionExpired(id, .clientLeft, at: desk.now)
        #expect(desk.acquire(.ken(11), request: "r1").refusal == expired)
        desk.handle(.closeFailed(id))
        #expect(desk.acquire(.ken(11), request: "r1").refusal == expired)
        desk.handle(.sessionClosed(id))
        #expect(desk.acquire(.ken(11), request: "r1").refusal == expired)
    }

    @Test mutating func `one whose client died while the grant was written is expired, too`() throws {
        desk.acquire(.ken(1), request: "r1")
        desk.handle(.clientLeft(ConnectionID(1)))
        let expired = Refusal.sessionExpired(.first, .clientLeft, at: desk.now)
        #expect(desk.acquire(.ken(11), request: "r1").refusal == expired)
        #expect(desk.handle(.seatTaken(.first)) == [.record(.ended(.first, .clientLeft, at: desk.now))])
    }

    @Test mutating func `in line it goes on in the first one's place`() throws {
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(21), wait: .minutes(1), request: "r1")
        let first = desk.lastCall
        desk.acquire(.build(22), wait: .minutes(1))
        desk.pass(.seconds(30))
        let effects = desk.acquire(.build(23), wait: .minutes(1), request: "r1")
        #expect(effects.answer(to: first) == .refused(.invalidParameter("requestId")))
        #expect(effects.places == [desk.lastCall: 1])
        #expect(desk.handle(.clientLeft(ConnectionID(21))) == [])
        guard case .takeSeat(_, desk.lastCall)? = desk.handle(.sessionClosed(seats[0])).last(where: \.isTaking) else {
            Issue.record("its place was lost")
            return
        }
    }

    @Test mutating func `in line each call waits as long as it asked, and not at all when it did not`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        desk.acquire(.build(21), wait: .minutes(1), request: "r1")
        desk.pass(.seconds(50))
        desk.acquire(.build(22), wait: .seconds(20), request: "r1")
        #expect(desk.pass(.seconds(19)).answers == [])
        let late = desk.acquire(.build(23), request: "r1")
        #expect(late.answer(to: desk.lastCall)?.isQuotaExceeded == true)
        #expect(desk.broker.status.waiting == 0)
    }

    @Test mutating func `with another account or lease on the way it is a mistake`() {
        desk.acquire(.dana(31), request: "r1")
        let mistake = Refusal.invalidParameter("requestId")
        for state in 0...1 {
            if state == 1 { desk.handle(.seatTaken(.first)) }
            #expect(desk.acquire(.dana(32), as: .pilar, request: "r1").answer(to: desk.lastCall) == .refused(mistake))
            #expect(
                desk.acquire(.dana(32), lease: .detached, request: "r1") == [.answer(desk.lastCall, .refused(mistake))])
        }
        #expect(desk.sessions.count == 1)
    }

    @Test mutating func `another user's request of the same name is another request`() {
        desk.acquire(.ken(), request: "r1")
        #expect(desk.acquire(.build(), request: "r1").takenSeats.count == 1)
    }

    @Test mutating func `it works while the broker drains, and when nothing can be recorded`() throws {
        let id = try desk.open(.ken(1), request: "r1")
        desk.ask(.olga(), .drain(timeout: nil, force: false, follow: false))
        #expect(desk.acquire(.ken(11), request: "r1").answers.count == 1)
        #expect(desk.acquire(.ken(11), request: "r2").refusal == .draining)
        desk.handle(.journalTroubled("disk full"))
        #expect(desk.acquire(.ken(12), request: "r1").refusal == nil)
        #expect(desk[id]?.state == .ready)
    }
}

extension Effect {
    fileprivate var isTaking: Bool { if case .takeSeat = self { true } else { false } }
}

extension Answer {
    fileprivate var isQuotaExceeded: Bool { if case .refused(.quotaExceeded) = self { true } else { false } }
}
