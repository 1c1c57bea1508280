import Testing
import UsherCore
import UsherTestKit

/// The end of the daemon: the first time in good order, the second time now.
@Suite struct StopTests {
    var desk = Desk()

    @Test mutating func `with nothing running it stops at once and leaves idle sessions at the tenant`() throws {
        try desk.open(.ken())
        #expect(desk.handle(.stopAsked(endSessions: false)) == [.stop])
        #expect(desk.broker.status.phase == .stopping)
        #expect(desk.sessions.map(\.state) == [.ready])
    }

    @Test mutating func `no new work, and those in line are sent home`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        for _ in 1...2 { try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        let call = desk.lastCall
        #expect(desk.handle(.stopAsked(endSessions: false)) == [.answer(call, .refused(.draining))])
        #expect(desk.acquire(.priya()).refusal == .draining)
        let idle = try #require(desk.sessions.last).identity.id
        #expect(desk.ask(.ken(12), .invoke(SessionReference(idle))).refusal == .draining)
    }

    @Test mutating func `a running pipeline has stop_timeout`() throws {
        let id = try desk.open(.ken())
        let invocation = try desk.invoke(.ken(11), id)
        #expect(desk.handle(.stopAsked(endSessions: false)) == [])
        desk.pass(.seconds(30))
        #expect(desk.ended(id, invocation).last == .stop)
    }

    @Test mutating func `what runs longer is left`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.handle(.stopAsked(endSessions: false))
        #expect(desk.pass(.milliseconds(59_999)) == [])
        #expect(desk.pass(.milliseconds(1)) == [.stop])
        #expect(desk.pass(.hours(1)) == [], "it stops once")
    }

    @Test mutating func `the second time it stops now`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.handle(.stopAsked(endSessions: false))
        #expect(desk.handle(.stopAsked(endSessions: false)) == [.stop])
        #expect(desk.handle(.stopAsked(endSessions: false)) == [])
    }

    @Test mutating func `where nobody comes back all sessions are ended first`() throws {
        let idle = try desk.open(.ken())
        let busy = try desk.open(.ken(), lease: .detached)
        let invocation = try desk.invoke(.ken(11), busy)
        #expect(desk.handle(.stopAsked(endSessions: true)).closedSessions == [idle])
        #expect(desk.handle(.sessionClosed(idle)).contains(.stop) == false)
        #expect(desk.ended(busy, invocation).closedSessions == [busy])
        #expect(desk.handle(.sessionClosed(busy)).last == .stop)
    }

    @Test mutating func `what still runs at the end is asked to end before it stops`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.handle(.stopAsked(endSessions: true))
        let effects = desk.pass(.minutes(1))
        #expect(effects.closedSessions == [id])
        #expect(effects.last == .stop)
    }

    @Test mutating func `after a drain by force it ends all, too`() throws {
        let id = try desk.open(.ken())
        desk.ask(.olga(), .drain(timeout: .hours(1), force: true, follow: false))
        #expect(desk.handle(.stopAsked(endSessions: false)).closedSessions == [id])
    }

    @Test mutating func `an end the tenant does not confirm holds it up no longer than that`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .close(SessionReference(id)))
        #expect(desk.handle(.stopAsked(endSessions: false)) == [])
        #expect(desk.handle(.closeFailed(id)).last == .stop)
    }

    @Test mutating func `a session that is being opened is answered before it stops`() throws {
        desk.acquire(.ken())
        let call = desk.lastCall
        #expect(desk.handle(.stopAsked(endSessions: false)) == [])
        desk.handle(.seatTaken(.first))
        let effects = desk.opened(.first)
        #expect(effects.answer(to: call) != nil)
        #expect(effects.last == .stop)
    }

    @Test mutating func `a lease on its way to the disk is answered before it stops`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .attach(SessionReference(id), .detached))
        #expect(desk.handle(.stopAsked(endSessions: false)) == [])
        #expect(desk.handle(.leaseTaken(id, for: desk.lastCall)).last == .stop)
    }
}
