import Testing
import UsherCore
import UsherTestKit

/// A drain, which an operator can take back.
@Suite struct DrainTests {
    var desk = Desk()

    @Test mutating func `nothing new begins, what is open goes on, until resume`() throws {
        let id = try desk.open(.ken())
        let effects = desk.ask(.olga(), .drain(timeout: nil, force: false, follow: false))
        #expect(effects == [.answer(desk.lastCall, .remaining(1))])
        #expect(desk.broker.status.phase == .draining)
        #expect(desk.acquire(.priya()).refusal == .draining)
        try desk.run(.ken(11), id)
        #expect(desk.ask(.olga(), .resume).answers == [.done])
        #expect(desk.broker.status.phase == .running)
        #expect(desk.acquire(.priya()).takenSeats.count == 1)
    }

    @Test mutating func `those in line are sent home`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        let call = desk.lastCall
        let effects = desk.ask(.olga(), .drain(timeout: nil, force: false, follow: false))
        #expect(effects.answer(to: call) == .refused(.draining))
        #expect(desk.broker.status.waiting == 0)
    }

    @Test mutating func `who follows hears of each end, and last that none is left`() throws {
        let ids = try (1...2).map { _ in try desk.open(.ken()) }
        #expect(
            desk.ask(.olga(), .drain(timeout: nil, force: false, follow: true))
                == [.tell(desk.lastCall, .remaining(2))])
        let call = desk.lastCall
        #expect(desk.handle(.sessionClosed(ids[0])).last == .tell(call, .remaining(1)))
        #expect(desk.handle(.sessionClosed(ids[1])).last == .answer(call, .remaining(0)))
        #expect(desk.broker.status.phase == .draining, "until somebody says resume")
    }

    @Test mutating func `with nothing open a drain is over at once`() {
        let effects = desk.ask(.olga(), .drain(timeout: nil, force: false, follow: true))
        #expect(effects == [.answer(desk.lastCall, .remaining(0))])
    }

    @Test mutating func `at its end in time it says what is left and leaves it alone`() throws {
        try desk.open(.ken(), "console")
        desk.ask(.olga(), .drain(timeout: .minutes(5), force: false, follow: true))
        let call = desk.lastCall
        #expect(desk.pass(.milliseconds(299_999)) == [])
        #expect(desk.pass(.milliseconds(1)) == [.answer(call, .remaining(1))])
        #expect(desk.pass(.hours(1)) == [])
        #expect(desk.acquire(.ken(), "console").refusal == .draining)
    }

    @Test mutating func `by force the rest is ended when its time is over`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.ask(.olga(), .drain(timeout: .minutes(5), force: true, follow: true))
        let call = desk.lastCall
        #expect(desk.pass(.minutes(5)).closedSessions == [id])
        #expect(desk[id]?.reason == .shutdown)
        #expect(desk.handle(.sessionClosed(id)).last == .answer(call, .remaining(0)))
    }

    @Test mutating func `by force and without a time everything ends at once, whatever state it is in`() throws {
        let ready = try desk.open(.ken())
        let busy = try desk.open(.ken())
        try desk.invoke(.ken(11), busy)
        desk.acquire(.priya())
        let opening = try #require(desk.sessions.last).identity.id
        desk.handle(.seatTaken(opening))
        desk.acquire(.priya())
        let taking = try #require(desk.sessions.last).identity.id
        let effects = desk.ask(.olga(), .drain(timeout: nil, force: true, follow: true))
        #expect(effects.closedSessions == [ready, busy, opening])
        #expect(desk.handle(.seatTaken(taking)).records == [.ended(taking, .shutdown, at: desk.now)])
    }

    @Test mutating func `by force it is over, too, when all that is left is unconfirmed`() throws {
        let ids = try (1...2).map { _ in try desk.open(.ken()) }
        desk.ask(.olga(), .drain(timeout: nil, force: true, follow: true))
        let call = desk.lastCall
        #expect(desk.handle(.closeFailed(ids[0])).answer(to: call) == nil)
        #expect(desk.handle(.closeFailed(ids[1])).answer(to: call) == .remaining(2))
    }

    @Test mutating func `resume answers those who follow`() throws {
        try desk.open(.ken())
        desk.ask(.olga(), .drain(timeout: nil, force: false, follow: true))
        let follower = desk.lastCall
        let effects = desk.ask(.olga(16), .resume)
        #expect(effects == [.answer(follower, .remaining(1)), .answer(desk.lastCall, .done)])
    }

    @Test mutating func `a second drain keeps the followers of the first, and its terms hold`() throws {
        let id = try desk.open(.ken())
        desk.ask(.olga(), .drain(timeout: .hours(1), force: true, follow: true))
        let first = desk.lastCall
        desk.ask(.olga(16), .drain(timeout: .minutes(1), force: false, follow: false))
        #expect(desk.pass(.minutes(1)).answer(to: first) == .remaining(1))
        #expect(desk[id]?.reason == nil)
    }

    @Test mutating func `a follower that left is not told`() throws {
        let id = try desk.open(.ken())
        desk.ask(.olga(), .drain(timeout: nil, force: false, follow: true))
        desk.handle(.clientLeft(ConnectionID(6)))
        #expect(desk.handle(.sessionClosed(id)).answers == [])
    }

    @Test func `while it lasts a session given back is closed, not kept`() throws {
        var desk = Desk(.litware { $0.keepWarm = .minutes(5) })
        let id = try desk.open(.ken())
        desk.ask(.olga(), .drain(timeout: nil, force: false, follow: false))
        #expect(desk.ask(.ken(), .attach(SessionReference(id), .none)).closedSessions == [id])
    }
}
