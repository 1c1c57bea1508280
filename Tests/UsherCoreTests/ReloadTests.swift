import Testing
import UsherCore
import UsherTestKit

/// New rules while sessions live and people wait.
@Suite struct ReloadTests {
    var desk = Desk()

    @Test mutating func `a lower limit leaves live sessions alone and refuses the next one`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        #expect(desk.handle(.rulesChanged(.litware { $0.sessionsPerAdmin = 1 })) == [])
        #expect(desk.acquire(.ken()).shortfall?.shortage.limit == 1)
        #expect(desk.acquire(.ken()).shortfall?.shortage.inUse == 3)
        desk.close(.ken(), try #require(desk.sessions.first).identity.id)
        #expect(desk.acquire(.ken()).shortfall?.shortage.inUse == 2)
    }

    @Test mutating func `a higher limit serves those in line at once`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        #expect(desk.handle(.rulesChanged(.litware { $0.sessionsPerAdmin = 4 })).takenSeats.count == 1)
    }

    @Test mutating func `a shorter idle_timeout ends at once what idles longer`() throws {
        let id = try desk.open(.ken())
        desk.pass(.minutes(5))
        desk.handle(.rulesChanged(.litware { $0.idleTimeout = .minutes(3) }))
        #expect(desk.pass(.zero).closedSessions == [id])
    }

    @Test mutating func `a longer idle_timeout gives it more time`() throws {
        let id = try desk.open(.ken())
        desk.handle(.rulesChanged(.litware { $0.idleTimeout = .minutes(30) }))
        #expect(desk.pass(.minutes(29)).closedSessions == [])
        #expect(desk.pass(.minutes(1)).closedSessions == [id])
    }

    @Test mutating func `a tenant taken out sends its line home and leaves its sessions to be closed`() throws {
        let id = try desk.open(.ken())
        for _ in 1...2 { try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        let call = desk.lastCall
        let effects = desk.handle(.rulesChanged(.sample.with { $0.tenants.removeFirst() }))
        #expect(effects == [.answer(call, .refused(.tenantUnknown("litware", suggestion: nil)))])
        #expect(desk.acquire(.ken()).refusal == .tenantUnknown("litware", suggestion: nil))
        guard case .notAuthorized? = desk.ask(.ken(), .invoke(SessionReference(id))).refusal else {
            Issue.record("it may still be used")
            return
        }
        #expect(desk.ask(.ken(), .close(SessionReference(id))).closedSessions == [id])
    }

    @Test mutating func `who loses his account while he waits is told so, the others go on`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        desk.acquire(.build(21), wait: .minutes(1))
        let build = desk.lastCall
        desk.acquire(.ken(22), wait: .minutes(1))
        let ken = desk.lastCall
        let effects = desk.handle(.rulesChanged(.litware { $0.admins[0].users = [UserID(1001)] }))
        let reason = "this account is no longer mapped to you"
        #expect(
            effects.answer(to: build)
                == .refused(.notAuthorized(action: "act as kenmyer on litware", reason: reason)))
        #expect(effects.places == [ken: 1])
    }

    @Test mutating func `who loses his account keeps close and nothing else`() throws {
        let id = try desk.open(.ken())
        desk.handle(.rulesChanged(.litware { $0.admins[0].users = [] }))
        for request: Request in [.invoke(SessionReference(id)), .attach(SessionReference(id), .detached)] {
            guard case .notAuthorized? = desk.ask(.ken(), request).refusal else {
                Issue.record("\(request) may still be done")
                return
            }
        }
        #expect(desk.ask(.ken(), .listSessions(tenant: nil, ended: false)).answers == [.sessions(desk.sessions)])
        #expect(desk.ask(.ken(), .close(SessionReference(id))).closedSessions == [id])
    }

    @Test mutating func `who is an operator no more is one no more`() {
        desk.handle(.rulesChanged(.sample.with { $0.operators = nil }))
        guard case .notAuthorized? = desk.ask(.olga(), .resume).refusal else {
            Issue.record("olga may still resume")
            return
        }
        #expect(desk.ask(.root(), .resume).answers == [.done])
    }
}
