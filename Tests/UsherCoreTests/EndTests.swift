import Testing
import UsherCore
import UsherTestKit

/// How a session ends: asked for, by death, late, twice, and not at all.
@Suite struct EndTests {
    var desk = Desk()

    @Test mutating func `close is answered once the tenant has confirmed`() throws {
        let id = try desk.open(.ken())
        let identity = try #require(desk[id]).identity
        let effects = desk.ask(.ken(), .close(SessionReference(id)))
        let call = desk.lastCall
        #expect(effects == [.record(.closing(id, .closed, at: desk.now)), .closeSession(identity)])
        #expect(
            desk.handle(.sessionClosed(id)) == [
                .record(.ended(id, .closed, at: desk.now)), .answer(call, .closed(id, .closed, isConfirmed: true)),
            ])
    }

    @Test mutating func `a seat without a shell ends at once, because nobody counts it on`() throws {
        let id = try desk.open(.ken(), "console")
        let effects = desk.ask(.ken(), .close(SessionReference(id)))
        #expect(
            effects == [
                .record(.ended(id, .closed, at: desk.now)),
                .answer(desk.lastCall, .closed(id, .closed, isConfirmed: true)),
            ])
        #expect(desk.sessions == [])
    }

    @Test mutating func `a second close hears of the first end, and so does one after it`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .close(SessionReference(id)))
        let first = desk.lastCall
        #expect(desk.ask(.ken(11), .close(SessionReference(id))) == [])
        let second = desk.lastCall
        let done = Answer.closed(id, .closed, isConfirmed: true)
        #expect(desk.handle(.sessionClosed(id)).suffix(2) == [.answer(first, done), .answer(second, done)])
        #expect(desk.ask(.ken(), .close(SessionReference(id))) == [.answer(desk.lastCall, done)])
    }

    @Test mutating func `a tenant that is silent for thirty seconds leaves the seat unconfirmed`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .close(SessionReference(id)))
        let call = desk.lastCall
        #expect(desk.pass(.milliseconds(29_999)) == [])
        let freesAt = desk.now + .milliseconds(1) - .seconds(30) + .minutes(16)
        #expect(
            desk.pass(.milliseconds(1)) == [
                .record(.unconfirmed(id, .closed, freesAt: freesAt, at: desk.now)),
                .answer(call, .closed(id, .closed, isConfirmed: false)),
            ])
        #expect(desk.broker.status.unconfirmed == 1)
    }

    /// What the tenant answers, and after how many seconds each time it is asked again.
    @Test(arguments: [
        (CloseObstacle.unreachable, [1, 1, 1, 1, 1, 1]), (.unknownThere, [1, 2, 4, 8, 8, 8]),
        (.refused, [1, 2, 4, 8, 16, 32, 64, 64, 64]),
    ])
    func `an unconfirmed session is asked for again, as often as the answer bears`(
        obstacle: CloseObstacle, delays: [Int64]
    ) throws {
        var desk = Desk()
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.ask(.ken(), .close(SessionReference(id)))
        desk.handle(.closeFailed(id, obstacle))
        for seconds in delays {
            #expect(desk.pass(.seconds(seconds) - .milliseconds(1)).closedSessions == [], "\(seconds)")
            #expect(desk.pass(.milliseconds(1)).closedSessions == [id], "\(seconds)")
            desk.handle(.closeFailed(id, obstacle))
        }
    }

    @Test mutating func `a tenant that does not even refuse is asked again every half minute`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.ask(.ken(), .close(SessionReference(id)))
        desk.handle(.closeFailed(id))
        #expect(desk.pass(.seconds(1)).closedSessions == [id])
        for _ in 1...3 {
            #expect(desk.pass(.seconds(30) - .milliseconds(1)).closedSessions == [])
            #expect(desk.pass(.milliseconds(1)).closedSessions == [id])
        }
    }

    @Test mutating func `time frees an unconfirmed seat when the tenant must have forgotten it`() throws {
        let id = try desk.open(.ken())
        desk.pass(.minutes(5))
        desk.ask(.ken(), .close(SessionReference(id)))
        let lastActivity = desk.now
        desk.pass(.seconds(30))
        desk.pass(lastActivity + .minutes(16) - desk.now - .milliseconds(1))
        #expect(desk[id]?.state == .unconfirmed)
        #expect(desk.pass(.milliseconds(1)).records == [.ended(id, .closed, at: desk.now)])
        #expect(desk[id] == nil)
    }

    @Test mutating func `time never frees a seat where a pipeline may still run`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.handle(.clientLeft(ConnectionID(1)))
        desk.handle(.closeFailed(id))
        desk.pass(.hours(200))
        #expect(desk[id]?.state == .unconfirmed)
        #expect(desk[id]?.freesIn == nil)
        #expect(desk.handle(.sessionClosed(id)).records == [.ended(id, .clientLeft, at: desk.now)])
    }

    @Test mutating func `time never frees a seat whose session may still come into being`() throws {
        desk.acquire(.ken())
        desk.handle(.seatTaken(.first))
        desk.pass(.seconds(30))
        #expect(desk[.first]?.reason == .openTimedOut)
        desk.pass(.hours(10))
        #expect(desk[.first]?.state == .unconfirmed)
        // Create is answered after all: it exists, is to be deleted at once, and is forgotten from now on.
        let effects = desk.handle(.sessionOpened(.first, .sample))
        #expect(effects.closedSessions == [.first])
        let record = Record.unconfirmed(.first, .openTimedOut, freesAt: desk.now + .minutes(16), at: desk.now)
        #expect(effects.records == [record, .opened(.first, .sample)])
        desk.pass(.minutes(16))
        #expect(desk.sessions == [])
    }

    @Test(arguments: [
        (Event.sessionOpened(.first, .sample), true),
        (.openFailed(.first, OpenFailure(message: "?", leftNothing: false)), false),
    ])
    func `a session that opens while it is being ended is asked for once more`(late: Event, again: Bool) {
        var desk = Desk()
        desk.acquire(.ken())
        desk.handle(.seatTaken(.first))
        #expect(desk.handle(.clientLeft(ConnectionID(1))).closedSessions == [.first])
        desk.pass(.seconds(20))
        #expect(desk.handle(late).closedSessions == (again ? [.first] : []))
        let lastActivity = desk.now
        #expect(desk.handle(late) == [], "a second time is no news")
        desk.handle(.closeFailed(.first))
        #expect(desk[.first]?.freesIn == lastActivity + .minutes(16) - desk.now)
    }

    @Test mutating func `opening that left nothing ends the session also while it is being closed`() {
        desk.acquire(.ken())
        desk.handle(.seatTaken(.first))
        desk.handle(.clientLeft(ConnectionID(1)))
        let effects = desk.handle(.openFailed(.first, OpenFailure(message: "no", leftNothing: true)))
        #expect(effects.records == [.ended(.first, .clientLeft, at: desk.now)])
    }

    @Test mutating func `a failed opening tells the tenant's words and keeps the seat while something may be there`() {
        desk.acquire(.ken())
        desk.handle(.seatTaken(.first))
        let effects = desk.handle(.openFailed(.first, OpenFailure(message: "reset by peer", leftNothing: false)))
        #expect(effects.refusal == .tenantUnreachable(.litware, .open, "reset by peer"))
        #expect(effects.closedSessions == [.first])
        #expect(desk[.first]?.reason == .openFailed)
    }

    @Test mutating func `opening takes no longer than open_deadline`() {
        desk.acquire(.ken())
        desk.handle(.seatTaken(.first))
        #expect(desk.pass(.milliseconds(29_999)) == [])
        let effects = desk.pass(.milliseconds(1))
        let message = "no session within 30s (open_deadline); a tenant that is full may not answer"
        #expect(effects.refusal == .tenantUnreachable(.litware, .open, message))
        #expect(effects.closedSessions == [.first])
    }

    // Each moment at which a client may die, and what becomes of the seat.
    @Test func `a client that dies while its grant is written ends it as soon as that is known`() {
        var desk = Desk()
        desk.acquire(.ken())
        desk.handle(.clientLeft(ConnectionID(1)))
        #expect(desk[.first] != nil)
        #expect(desk.handle(.seatTaken(.first)) == [.record(.ended(.first, .clientLeft, at: desk.now))])
        #expect(desk.sessions == [])
    }

    @Test(arguments: [LeaseWish.connection, .console(.terminal(1)), .detached])
    func `a client that dies before its answer keeps nothing, whatever lease it wanted`(wish: LeaseWish) {
        var desk = Desk()
        desk.acquire(.ken(), lease: wish)
        desk.handle(.seatTaken(.first))
        #expect(desk.handle(.clientLeft(ConnectionID(1))).closedSessions == [.first])
    }

    @Test mutating func `the death of a caller stops his pipeline in somebody's lasting session, once`() throws {
        let id = try desk.open(.ken(), lease: .detached)
        let invocation = try desk.invoke(.ken(11), id)
        let identity = try #require(desk[id]).identity
        #expect(desk.handle(.clientLeft(ConnectionID(11))) == [.stopInvocation(identity, invocation)])
        #expect(desk.handle(.clientLeft(ConnectionID(11))) == [])
        #expect(desk[id]?.state == .busy)
    }

    @Test mutating func `facts that come late, twice or for nobody do no harm`() throws {
        let id = try desk.open(.ken())
        let gone = try desk.open(.ken())
        desk.close(.ken(), gone)
        let never = SessionID(number: 999_999)
        let before = desk.sessions
        for target in [id, gone, never] {
            let facts: [Event] = [
                .seatTaken(target), .seatRefused(target, "late"), .seatUnknown(target, "late"),
                .leaseTaken(target, for: CallID(1)), .sessionOpened(target, .sample), .closeFailed(target),
                .openFailed(target, OpenFailure(message: "late", leftNothing: true)),
                .invocationEnded(target, InvocationID(7)),
            ]
            for fact in facts { #expect(desk.handle(fact) == [], "\(fact)") }
        }
        for fact in [Event.sessionClosed(gone), .sessionClosed(never), .closeWasAsked(gone), .closeWasAsked(never)] {
            #expect(desk.handle(fact) == [])
        }
        #expect(desk.handle(.clientLeft(ConnectionID(777))) == [])
        #expect(desk.handle(.consoleClosed(.terminal(777))) == [])
        #expect(desk.sessions == before)
    }

    @Test mutating func `what the tenant says after the end was asked for changes nothing but the end`() throws {
        let id = try desk.open(.ken())
        let invocation = try desk.invoke(.ken(11), id)
        desk.ask(.ken(), .close(SessionReference(id)))
        #expect(desk.handle(.sessionOpened(id, .sample)) == [])
        #expect(desk.ended(id, invocation) == [])
        #expect(desk.handle(.openFailed(id, OpenFailure(message: "?", leftNothing: true))) == [])
        #expect(desk[id]?.state == .closing)
    }

    @Test mutating func `a session the tenant ended of its own accord is over`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        #expect(desk.handle(.sessionClosed(id)).records == [.ended(id, .tenantClosed, at: desk.now)])
        #expect(desk.handle(.sessionClosed(id)) == [])
    }

    @Test mutating func `a tenant that ends a session while it is opened refuses the one who asked`() {
        desk.acquire(.ken())
        desk.handle(.seatTaken(.first))
        let refusal = desk.handle(.sessionClosed(.first)).refusal
        #expect(refusal == .tenantUnreachable(.litware, .open, "the tenant ended the session while it was opened"))
    }
}
