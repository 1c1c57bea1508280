import Testing
import UsherCore
import UsherTestKit

/// The two rules by which a session ends because time passes.
@Suite struct IdleAndAgeTests {
    @Test func `after a sleep of the machine the tenant is asked whether it still has what idles`() throws {
        var desk = Desk()
        let old = try desk.open(.ken())
        desk.pass(.minutes(10))
        let young = try desk.open(.ken())
        let identity = try #require(desk[young]).identity
        desk.clock.advance(by: .minutes(5))
        let effects = desk.handle(.timePassed)
        #expect(effects.closedSessions == [old])
        #expect(effects.contains(.probeSession(identity)))
        desk.clock.advance(by: .seconds(1))
        #expect(!desk.handle(.timePassed).contains(.probeSession(identity)), "once")
    }

    @Test(arguments: [LeaseWish.connection, .console(.terminal(1)), .detached])
    func `an idle shell ends at idle_timeout under every lease`(wish: LeaseWish) throws {
        var desk = Desk()
        let id = try desk.open(.ken(), lease: wish)
        #expect(desk.pass(.minutes(14) - .milliseconds(1)).closedSessions == [])
        #expect(desk.pass(.milliseconds(1)).closedSessions == [id])
        #expect(desk[id]?.reason == .idleTimeout)
    }

    @Test(arguments: [(LeaseWish.connection, false), (.console(.terminal(1)), false), (.detached, true)])
    func `a seat without a shell idles only when nobody holds it`(wish: LeaseWish, idles: Bool) throws {
        var desk = Desk()
        let id = try desk.open(.ken(), "console", lease: wish)
        desk.pass(.minutes(1))
        #expect(desk[id]?.idle == (idles ? .minutes(1) : nil))
        #expect(desk[id]?.freesIn == (idles ? .minutes(13) : nil))
        #expect(desk.pass(.minutes(13)).ends == (idles ? [id: .idleTimeout] : [:]))
    }

    @Test func `letting go of a seat without a shell starts its idle clock`() throws {
        var desk = Desk()
        let id = try desk.open(.ken(), "console")
        desk.pass(.hours(5))
        desk.attach(.ken(), id, .detached)
        #expect(desk.pass(.seconds(839)).ends == [:])
        #expect(desk.pass(.seconds(1)).ends == [id: .idleTimeout])
    }

    @Test func `a new lease does not set back the clock of a shell`() throws {
        var desk = Desk()
        let id = try desk.open(.ken())
        desk.pass(.minutes(13))
        desk.attach(.ken(), id, .detached)
        #expect(desk.pass(.minutes(1)).closedSessions == [id])
    }

    @Test func `a running pipeline is never cut, not by the idle clock and not by age`() throws {
        var desk = Desk(.litware { $0.maximumAge = .hours(8) })
        let id = try desk.open(.ken(), lease: .detached)
        let invocation = try desk.invoke(.ken(), id)
        #expect(desk.pass(.hours(100)).closedSessions == [])
        desk.ended(id, invocation)
        #expect(desk.pass(.zero).closedSessions == [id])
        #expect(desk[id]?.reason == .maximumAge)
    }

    @Test func `the idle clock starts again when a pipeline ends`() throws {
        var desk = Desk()
        let id = try desk.open(.ken())
        desk.pass(.minutes(13))
        let invocation = try desk.invoke(.ken(11), id)
        desk.pass(.minutes(5))
        desk.ended(id, invocation)
        #expect(desk[id]?.idle == .zero)
        #expect(desk.pass(.seconds(839)).closedSessions == [])
        #expect(desk.pass(.seconds(1)).closedSessions == [id])
    }

    @Test func `the maximum age counts from the grant`() throws {
        var desk = Desk(.litware { $0.maximumAge = .minutes(20) })
        let id = try desk.open(.ken())
        for _ in 1...4 {
            desk.pass(.minutes(4))
            try desk.run(.ken(11), id)
        }
        #expect(desk.pass(.minutes(4)).closedSessions == [id])
        #expect(desk[id]?.reason == .maximumAge)
    }

    @Test func `a tenant without an idle rule does not idle`() throws {
        var desk = Desk(.litware { $0.idleTimeout = nil })
        let id = try desk.open(.ken(), lease: .detached)
        #expect(desk[id]?.freesIn == nil)
        #expect(desk.pass(.hours(1000)).closedSessions == [])
    }

    @Test func `after a jump of the clock everything that is due happens at once`() throws {
        var desk = Desk()
        let seats = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(5))
        let call = desk.lastCall
        desk.clock.advance(by: .hours(10))
        let effects = desk.handle(.timePassed)
        #expect(effects.closedSessions == seats)
        guard case .refused(.waitTimeout(_, waited: .hours(10)))? = effects.answer(to: call) else {
            Issue.record("\(effects)")
            return
        }
    }
}
