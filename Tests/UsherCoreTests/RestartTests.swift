import Testing
import UsherCore
import UsherTestKit

/// What the journal held is on the books again before anything is given out.
@Suite struct RestartTests {
    /// A desk whose broker read what another one left, `down` later.
    func restarted(
        _ desk: Desk, after down: Duration = .zero, consoles: [SessionID: Console] = [:], ended: [EndedSession] = []
    ) -> Desk {
        var clock = desk.clock
        clock.advance(by: down)
        let journal = JournalContents(
            sessions: desk.broker.records, consoles: consoles, ended: ended,
            nextSession: desk.broker.records.last?.identity.id.next ?? .first)
        return Desk(desk.broker.rules, journal: journal, clock: clock)
    }

    @Test func `nothing is given out before the journal was read`() {
        var desk = Desk(unread: .sample)
        let trouble = Refusal.stateUnavailable("the journal has not been read yet")
        #expect(desk.acquire(.ken()) == [.answer(desk.lastCall, .refused(trouble))])
        #expect(desk.acquire(.ken(), wait: .minutes(1)) == [.answer(desk.lastCall, .refused(trouble))])
        #expect(desk.broker.status.trouble == "the journal has not been read yet")
        desk.handle(.journalRead(JournalContents()))
        #expect(desk.acquire(.ken()).takenSeats == [.first])
    }

    @Test func `seats that were held are held, whatever the limits say now`() throws {
        var before = Desk()
        for _ in 1...3 { try before.open(.ken(), lease: .detached) }
        before.handle(.rulesChanged(.litware { $0.sessionsPerAdmin = 1 }))
        var desk = restarted(before)
        #expect(desk.acquire(.ken()).shortfall?.shortage.inUse == 3)
    }

    @Test(arguments: ["litware", "console"])
    func `connection and console leases have fifteen seconds, detached ones go on`(tenant: String) throws {
        var before = Desk()
        let held = try before.open(.ken(), tenant)
        let console = try before.open(.ken(), tenant, lease: .console(.terminal(1)))
        let detached = try before.open(.ken(), tenant, lease: .detached)
        var desk = restarted(before, after: .seconds(2))
        #expect(desk.sessions.map(\.lease) == [.awaiting, .awaiting, .detached])
        #expect(desk.pass(.milliseconds(14_999)).ends == [:])
        #expect(desk.pass(.milliseconds(1)).ends == [held: .lostAtRestart, console: .lostAtRestart])
        #expect(desk[detached]?.state == .ready)
    }

    @Test func `a console that was found again goes on and ends with its login session`() throws {
        var before = Desk()
        let id = try before.open(.ken(), "console", lease: .console(.terminal(1)))
        let found = Console(id: 77, leader: 3001, startTicks: 5001)
        var desk = restarted(before, consoles: [id: found])
        #expect(desk.pass(.hours(2)).ends == [:])
        #expect(desk.handle(.consoleClosed(found)).ends == [id: .consoleClosed])
    }

    @Test func `its holder attaches again, by name or by repeating the request`() throws {
        var before = Desk()
        let byName = try before.open(.ken())
        let byRequest = try before.open(.ken(), request: "r1")
        var desk = restarted(before)
        #expect(desk.ask(.ken(), .attach(SessionReference(byName), .connection)).answers.count == 1)
        #expect(desk.acquire(.ken(11), request: "r1").answers.count == 1)
        #expect(desk.pass(.seconds(16)).closedSessions == [])
        #expect(desk.handle(.clientLeft(ConnectionID(11))).closedSessions == [byRequest])
    }

    @Test func `a console's holder who comes back by a connection has that recorded`() throws {
        var before = Desk()
        let id = try before.open(.ken(), lease: .console(.terminal(1)))
        var desk = restarted(before)
        let effects = desk.ask(.ken(), .attach(SessionReference(id), .connection))
        #expect(effects == [.takeLease(id, .connection, for: desk.lastCall, lastUsed: before.now)])
    }

    @Test func `only its owner attaches`() throws {
        var before = Desk()
        let id = try before.open(.ken())
        var desk = restarted(before)
        for caller in [Caller.build(), .olga(), .root()] {
            guard case .notAuthorized? = desk.ask(caller, .attach(SessionReference(id), .connection)).refusal else {
                Issue.record("\(caller.user) may have it")
                return
            }
        }
    }

    @Test func `the idle clock goes on where it was`() throws {
        var before = Desk()
        let id = try before.open(.ken(), lease: .detached)
        before.pass(.minutes(10))
        var desk = restarted(before, after: .minutes(3))
        #expect(desk.pass(.seconds(59)).closedSessions == [])
        #expect(desk.pass(.seconds(1)).closedSessions == [id])
    }

    @Test func `what was warm is warm for what is left of its time`() throws {
        var before = Desk(.litware { $0.keepWarm = .minutes(5) })
        let id = try before.open(.ken())
        before.attach(.ken(), id, .none)
        var desk = restarted(before, after: .minutes(4))
        #expect(desk.pass(.seconds(59)).closedSessions == [])
        #expect(desk.pass(.seconds(1)).closedSessions == [id])
    }

    @Test func `what was being ended is asked for again at once and stays on its seat`() throws {
        var before = Desk()
        let closing = try before.open(.ken())
        let unconfirmed = try before.open(.ken())
        for id in [closing, unconfirmed] { before.ask(.ken(), .close(SessionReference(id))) }
        before.handle(.closeFailed(unconfirmed))
        var desk = restarted(before, after: .minutes(1))
        #expect(desk.pass(.zero).closedSessions == [closing, unconfirmed])
        #expect(desk.sessions.map(\.reason) == [.closed, .closed])
        #expect(desk.sessions.map(\.state) == [.unconfirmed, .unconfirmed])
        #expect(desk[unconfirmed]?.freesIn == .minutes(15), "a minute of the sixteen is over")
        #expect(desk[closing]?.freesIn == .minutes(16), "the last life may have talked to it until a moment ago")
        #expect(desk.handle(.sessionClosed(closing)).records == [.ended(closing, .closed, at: desk.now)])
    }

    @Test func `what idled is adopted, and what ran is ended and not freed by time`() throws {
        var before = Desk()
        let idle = try before.open(.ken(), lease: .detached)
        let busy = try before.open(.ken(), lease: .detached)
        try before.run(.ken(), idle)
        try before.invoke(.ken(), busy)
        var desk = restarted(before, after: .zero)
        #expect(desk[idle]?.state == .ready)
        #expect(desk[busy]?.state == .unconfirmed)
        #expect(desk[busy]?.reason == .lostAtRestart)
        #expect(desk[busy]?.freesIn == nil)
        #expect(desk.pass(.zero).closedSessions == [busy])
        desk.pass(.hours(3))
        #expect(desk[busy]?.state == .unconfirmed)
        #expect(desk.handle(.sessionClosed(busy)).records.last == .ended(busy, .lostAtRestart, at: desk.now))
    }

    @Test func `ids are never given out twice`() throws {
        var before = Desk()
        let last = try (1...3).map { _ in try before.open(.ken()) }.last
        var desk = restarted(before)
        #expect(desk.acquire(.priya()).takenSeats.first == last?.next)
        let journal = JournalContents(nextSession: SessionID(number: 5000))
        desk = Desk(.sample, journal: journal)
        #expect(desk.acquire(.ken()).takenSeats == [SessionID(number: 5000)])
    }

    @Test func `the journal is read once`() throws {
        var before = Desk()
        try before.open(.ken())
        var desk = restarted(before)
        #expect(desk.handle(.journalRead(JournalContents(sessions: before.broker.records))) == [])
        #expect(desk.sessions.count == 1)
    }

    @Test func `a session that ended in an earlier life is still answered by name and by request`() throws {
        var before = Desk()
        let id = try before.open(.ken(), request: "r1")
        let identity = try #require(before[id]).identity
        before.close(.ken(), id)
        let past = EndedSession(identity: identity, reason: .idleTimeout, at: before.now, invocations: 4)
        var desk = restarted(before, ended: [past])
        let expired = Refusal.sessionExpired(id, .idleTimeout, at: before.now)
        #expect(desk.acquire(.ken(), request: "r1").refusal == expired)
        #expect(desk.ask(.ken(), .attach(SessionReference(id), .detached)).refusal == expired)
        let close = desk.ask(.ken(), .close(SessionReference(id)))
        #expect(close.answers == [.closed(id, .idleTimeout, isConfirmed: true)])
    }

    @Test func `events beyond audit_keep go at the start and once a day`() {
        var desk = Desk(unread: .sample.with { $0.auditKeep = .hours(48) })
        desk.handle(.journalRead(JournalContents()))
        #expect(desk.handle(.timePassed) == [.record(.pruned(before: desk.now - .hours(48)))])
        #expect(desk.pass(.hours(24) - .seconds(1)) == [])
        #expect(desk.pass(.seconds(1)).records == [.pruned(before: desk.now - .hours(48))])
    }

    @Test func `a session of a tenant that is configured no more is held and can be closed`() throws {
        var before = Desk()
        let id = try before.open(.ken(), lease: .detached)
        before.handle(.rulesChanged(Rules()))
        var desk = restarted(before)
        #expect(desk.ask(.ken(), .close(SessionReference(id))).closedSessions == [id])
    }
}
