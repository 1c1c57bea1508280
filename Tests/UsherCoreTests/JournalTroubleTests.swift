import Testing
import UsherCore
import UsherTestKit

/// A journal that cannot be written: no grants, a clear word, and ends as ever.
@Suite struct JournalTroubleTests {
    var desk = Desk()

    @Test mutating func `no grants while it lasts, and grants again after it`() throws {
        desk.handle(.journalTroubled("disk full"))
        #expect(desk.broker.status.trouble == "disk full")
        #expect(desk.acquire(.ken()).refusal == .stateUnavailable("disk full"))
        #expect(desk.acquire(.ken(), wait: .minutes(1)).refusal == .stateUnavailable("disk full"))
        desk.handle(.journalTroubled(nil))
        #expect(desk.acquire(.ken()).takenSeats.count == 1)
    }

    @Test mutating func `no lasting leases either, but a new connection needs none`() throws {
        let id = try desk.open(.ken())
        desk.handle(.journalTroubled("disk full"))
        let refusal = desk.ask(.ken(), .attach(SessionReference(id), .detached)).refusal
        #expect(refusal == .stateUnavailable("disk full"))
        #expect(desk.ask(.ken(11), .attach(SessionReference(id), .connection)).refusal == nil)
    }

    @Test mutating func `ends work as ever`() throws {
        let ids = try (1...3).map { _ in try desk.open(.ken()) }
        desk.handle(.journalTroubled("disk full"))
        #expect(desk.ask(.ken(11), .close(SessionReference(ids[0]))).closedSessions == [ids[0]])
        #expect(desk.handle(.sessionClosed(ids[0])).answers == [.closed(ids[0], .closed, isConfirmed: true)])
        #expect(desk.handle(.clientLeft(ConnectionID(1))).closedSessions == [ids[1], ids[2]])
    }

    @Test mutating func `those in line go on waiting and are served after it`() throws {
        let ids = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(5))
        desk.handle(.journalTroubled("disk full"))
        #expect(desk.handle(.sessionClosed(ids[0])).takenSeats == [])
        #expect(desk.handle(.journalTroubled(nil)).takenSeats.count == 1)
    }

    @Test mutating func `a wait that runs out in the trouble names the trouble where there was room`() throws {
        let ids = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        desk.handle(.journalTroubled("disk full"))
        desk.handle(.sessionClosed(ids[0]))
        #expect(desk.pass(.minutes(1)).refusal == .stateUnavailable("disk full"))
    }

    @Test mutating func `a disk that is silent for five seconds refuses that grant and all that follow`() throws {
        desk.acquire(.ken())
        #expect(desk.pass(.milliseconds(4999)) == [])
        let silent = Refusal.stateUnavailable("the disk has not answered for 5s")
        #expect(desk.pass(.milliseconds(1)).refusal == silent)
        #expect(desk.acquire(.priya()).refusal == silent)
        #expect(desk.sessions.count == 1, "nobody can say whether it is ours")
        // The grant became durable after all: it ends before the tenant heard of it, and all is well again.
        #expect(desk.handle(.seatTaken(.first)) == [.record(.ended(.first, .openTimedOut, at: desk.now))])
        #expect(desk.acquire(.priya()).takenSeats.count == 1)
    }

    @Test mutating func `a grant nobody can say anything about keeps its seat until somebody can`() {
        desk.acquire(.ken())
        #expect(desk.handle(.seatUnknown(.first, "no quorum")).refusal == .stateUnavailable("no quorum"))
        #expect(desk.acquire(.ken()).refusal != nil)
        #expect(desk.handle(.seatRefused(.first, "lost")) == [])
        #expect(desk.sessions == [])
    }

    @Test mutating func `a grant that is refused is told, and the seat is free`() {
        desk.acquire(.ken())
        #expect(
            desk.handle(.seatRefused(.first, "disk full"))
                == [.answer(desk.lastCall, .refused(.stateUnavailable("disk full")))])
        #expect(desk.sessions == [])
    }
}
