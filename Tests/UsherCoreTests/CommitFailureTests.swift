import Testing
import UsherTestKit

@testable import UsherCore

/// What becomes of the broker when a commit fails (contract, section 10).
@Suite struct CommitFailureTests {
    var desk = CommitDesk()

    @Test mutating func `those who asked to take are told, and nobody holds what was not recorded`() {
        desk.acquire(.ken())
        let call = desk.lastCall
        desk.send()
        #expect(desk.failed() == [.answer(call, .refused(.stateUnavailable("disk full")))])
        #expect(desk.sessions == [])
        #expect(desk.acquire(.ken()).refusal == .stateUnavailable("disk full"))
    }

    @Test mutating func `the next commit comes a second later and begins with all that is held`() {
        let id = desk.open(.ken())
        desk.acquire(.priya())
        desk.send()
        _ = desk.failed()
        #expect(desk.commit.nextDeadline == desk.now + GroupCommit.retryDelay)
        #expect(desk.send() == [])
        desk.clock.advance(by: GroupCommit.retryDelay)
        let batch = desk.send()
        #expect(batch.held == [id])
        #expect(batch.count == 1)
        #expect(desk.committed() == [])
        #expect(desk.acquire(.priya()) == [])
        #expect(desk.send().takenSeats.count == 1, "all is well again")
    }

    @Test mutating func `ids of grants that failed are not given out again`() {
        desk.acquire(.ken())
        desk.send()
        _ = desk.failed()
        desk.clock.advance(by: GroupCommit.retryDelay)
        desk.write()
        desk.acquire(.ken())
        #expect(desk.send().takenSeats == [SessionID.first.next])
    }

    @Test mutating func `what is held comes with the next id, also that of grants made while the disk was out`() {
        desk.acquire(.ken())
        desk.send()
        desk.acquire(.priya())
        _ = desk.failed()
        desk.clock.advance(by: GroupCommit.retryDelay)
        #expect(desk.send() == [.held([], nextSession: SessionID.first.next.next)])
        _ = desk.failed()
        desk.clock.advance(by: GroupCommit.retryDelay)
        #expect(desk.send() == [.held([], nextSession: SessionID.first.next.next)])
    }

    @Test mutating func `facts that came meanwhile hold, and what they did is not done twice`() {
        let id = desk.open(.ken())
        desk.acquire(.priya())
        desk.send()
        #expect(desk.close(.ken(11), id).closedSessions == [id])
        let closer = desk.lastCall
        #expect(desk.failed().closedSessions == [])
        #expect(desk.sessions.map(\.state) == [.closing])
        #expect(desk.handle(.sessionClosed(id)).answer(to: closer) == .closed(id, .closed, isConfirmed: true))
        desk.clock.advance(by: GroupCommit.retryDelay)
        let batch = desk.send()
        #expect(batch.held == [id])
        let ends = batch.dropFirst().map { if case .ended(id, .closed, _) = $0 { true } else { false } }
        #expect(ends == [false, true], "its closing, and its end")
    }

    @Test mutating func `a grant of the batch before is among what is held`() {
        desk.acquire(.ken())
        desk.send()
        desk.acquire(.priya())
        #expect(desk.committed().openedSessions == [.first])
        #expect(desk.send().takenSeats == [SessionID.first.next])
        #expect(desk.failed().openedSessions == [], "it is being opened already")
        desk.clock.advance(by: GroupCommit.retryDelay)
        #expect(desk.send().held == [.first])
        #expect(desk.handle(.sessionOpened(.first, .sample)).isEmpty)
    }

    @Test mutating func `who asked while the batch was out is told, too`() {
        desk.acquire(.ken())
        desk.send()
        desk.acquire(.priya())
        let second = desk.lastCall
        #expect(desk.failed().answer(to: second) == .refused(.stateUnavailable("disk full")))
        #expect(desk.sessions == [])
    }

    @Test mutating func `nobody is answered twice`() {
        // One whose client died, one who repeated its request, one whom the disk kept waiting too long.
        desk.acquire(.ken(1))
        let dead = desk.lastCall
        desk.acquire(.dana(3), request: "r1")
        let replaced = desk.lastCall
        desk.acquire(.priya())
        let late = desk.lastCall
        desk.send()
        var answers = desk.handle(.clientLeft(ConnectionID(1)))
        answers += desk.acquire(.dana(31), request: "r1")
        let again = desk.lastCall
        desk.clock.advance(by: .seconds(5))
        answers += desk.handle(.timePassed)
        answers += desk.failed()
        answers += desk.handle(.timePassed)
        for call in [dead, replaced, late, again] {
            let count = answers.count { if case .answer(call, _) = $0 { true } else { false } }
            #expect(count == 1, "\(call)")
        }
    }

    @Test mutating func `who was told that the disk is silent does not stand in line again`() {
        for _ in 1...3 { _ = desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(5))
        let call = desk.lastCall
        desk.write()
        desk.acquire(.priya())
        desk.send()
        desk.handle(.sessionClosed(.first))
        #expect(desk.sessions.count == 4, "build's grant gathers")
        desk.clock.advance(by: .seconds(5))
        #expect(desk.handle(.timePassed).answer(to: call) != nil)
        #expect(desk.failed().answer(to: call) == nil)
        #expect(desk.commit.broker.status.waiting == 0)
    }

    @Test mutating func `who stood in line before stands in line again`() {
        for _ in 1...3 { _ = desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(5))
        let call = desk.lastCall
        desk.write()
        desk.acquire(.priya())
        desk.send()
        desk.handle(.sessionClosed(.first))
        #expect(desk.failed().answer(to: call) == nil)
        #expect(desk.commit.broker.status.waiting == 1)
        desk.clock.advance(by: GroupCommit.retryDelay)
        desk.send()
        #expect(desk.committed() == [])
        #expect(desk.send().takenSeats.count == 1)
    }

    @Test mutating func `a warm seat that was given up for a grant that failed has ended, and is told so once`() throws
    {
        var rules = Rules.sample
        (rules.tenants[1].keepWarm, rules.tenants[1].sessionsPerAdmin) = (.minutes(5), 1)
        desk = CommitDesk(rules)
        desk.ask(.ken(), .acquire(Acquisition(tenant: "console")))
        desk.write()
        let id = try #require(desk.sessions.first).identity.id
        desk.ask(.ken(), .attach(SessionReference(id), .none))
        desk.write()
        desk.ask(.ken(11), .watch(SessionReference(id)))
        let watch = desk.lastCall
        let asked = desk.ask(.build(), .acquire(Acquisition(tenant: "console")))
        guard case .session(let told, _)? = asked.answer(to: watch) else { throw Desk.NotGranted(effects: asked) }
        #expect(told.state == .closed && told.reason == .evicted)
        desk.send()
        #expect(desk.failed().answer(to: watch) == nil)
        #expect(desk.sessions == [])
        desk.clock.advance(by: GroupCommit.retryDelay)
        #expect(desk.send().contains(.ended(id, .evicted, at: desk.now - GroupCommit.retryDelay)))
    }

    @Test mutating func `a warm session that was given up for a grant that failed is given up`() {
        desk = CommitDesk(.litware { $0.keepWarm = .minutes(5) })
        let ids = (1...3).map { _ in desk.open(.ken()) }
        desk.ask(.ken(), .attach(SessionReference(ids[0]), .none))
        desk.write()
        desk.acquire(.priya())
        desk.send()
        #expect(desk.acquire(.build()).closedSessions == [ids[0]])
        #expect(desk.failed().closedSessions == [])
        #expect(desk.sessions.first?.reason == .evicted)
        desk.handle(.sessionClosed(ids[0]))
        #expect(desk.sessions.count == 2)
    }

    @Test mutating func `what the tenant said of a session given up so is heard in its order`() {
        desk = CommitDesk(.litware { $0.keepWarm = .minutes(5) })
        let ids = (1...3).map { _ in desk.open(.ken()) }
        desk.ask(.ken(), .attach(SessionReference(ids[0]), .none))
        desk.write()
        desk.acquire(.priya())
        desk.send()
        desk.acquire(.build())
        desk.ask(.ken(11), .watch(SessionReference(ids[0])))
        let watcher = desk.lastCall
        #expect(desk.handle(.closeFailed(ids[0])).answer(to: watcher) != nil)
        #expect(desk.failed().answer(to: watcher) == nil)
        #expect(desk.sessions.first?.state == .unconfirmed)
        #expect(desk.handle(.sessionClosed(ids[0])).answer(to: watcher) == nil)
    }

    @Test mutating func `who waits hears something every fifteen seconds also across a failure`() {
        for _ in 1...3 { _ = desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(5))
        let waiter = desk.lastCall
        let joined = desk.now
        desk.write()
        desk.clock.advance(by: .seconds(14))
        desk.acquire(.priya())
        desk.send()
        desk.clock.advance(to: joined + .seconds(15))
        #expect(desk.handle(.timePassed).places == [waiter: 1])
        desk.clock.advance(by: .seconds(4))
        _ = desk.failed()
        desk.clock.advance(to: joined + .seconds(30))
        #expect(desk.handle(.timePassed).places == [waiter: 1])
    }

    @Test mutating func `trouble that was over before the failure is not taken for its end`() {
        desk.acquire(.ken())
        desk.send()
        _ = desk.failed()
        desk.clock.advance(by: GroupCommit.retryDelay)
        desk.send()
        let waiting = desk.acquire(.priya())
        #expect(waiting.refusal == .stateUnavailable("disk full"))
        _ = desk.committed()
        desk.acquire(.priya())
        desk.send()
        _ = desk.failed("read-only")
        #expect(desk.commit.broker.status.trouble == "read-only")
    }

    @Test mutating func `ends go on while every commit fails, and are all written in the end`() {
        let ids = (1...3).map { _ in desk.open(.ken()) }
        desk.write()
        for id in ids {
            #expect(desk.close(.ken(11), id).closedSessions == [id])
            #expect(desk.handle(.sessionClosed(id)).answers.count == 1)
            desk.clock.advance(by: GroupCommit.retryDelay)
            desk.send()
            #expect(desk.failed() == [])
        }
        desk.clock.advance(by: GroupCommit.retryDelay)
        let batch = desk.send()
        #expect(batch.held == ids)
        for id in ids {
            let ends = batch.count { if case .ended(id, .closed, _) = $0 { true } else { false } }
            #expect(ends == 1)
        }
        #expect(desk.committed() == [])
        #expect(desk.commit.isClean)
        #expect(desk.commit.broker.status.trouble == nil)
    }

    @Test mutating func `a lease that failed to be recorded is the old one, and its asker is told`() {
        let id = desk.open(.ken())
        desk.write()
        desk.ask(.ken(), .attach(SessionReference(id), .detached))
        let call = desk.lastCall
        desk.send()
        #expect(desk.failed() == [.answer(call, .refused(.stateUnavailable("disk full")))])
        #expect(desk.sessions.map(\.lease) == [.connection])
        #expect(desk.handle(.clientLeft(ConnectionID(1))).closedSessions == [id])
    }

    @Test mutating func `a flood of questions and refusals does not gather while the disk hangs`() {
        let id = desk.open(.ken())
        let past = desk.open(.ken())
        desk.close(.ken(11), past)
        desk.handle(.sessionClosed(past))
        for _ in 1...2 { _ = desk.open(.ken()) }
        desk.acquire(.priya())
        desk.send()
        let before = desk.commit.eventsKept
        for round in 1...1000 {
            desk.ask(.ken(11), .listSessions(tenant: nil, ended: true))
            desk.ask(.ken(11), .listTenants)
            desk.ask(.ken(11), .status)
            desk.ask(.olga(), .mayReload)
            desk.acquire(.build())
            desk.acquire(.stranger())
            desk.ask(.build(), .close(SessionReference(id)))
            desk.close(.ken(11), past)
            desk.ask(.ken(1), .attach(SessionReference(id), .connection))
            desk.handle(.clientLeft(ConnectionID(UInt64(1000 + round))))
            desk.handle(.timePassed)
        }
        #expect(desk.commit.eventsKept == before)
    }
}
