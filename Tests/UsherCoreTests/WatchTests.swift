import Testing
import UsherCore
import UsherTestKit

/// Following a session to its end.
@Suite struct WatchTests {
    var desk = Desk()

    @Test mutating func `a watcher hears of each change, and last of the end`() throws {
        let id = try desk.open(.ken())
        #expect(desk.ask(.ken(11), .watch(SessionReference(id))).states == [.ready])
        let call = desk.lastCall
        let invocation = InvocationID(1)
        #expect(desk.ask(.ken(), .invoke(SessionReference(id))).states == [.busy])
        desk.handle(.invocationTaken(id, invocation))
        #expect(desk.ended(id, invocation).states == [.ready])
        #expect(desk.ask(.ken(), .attach(SessionReference(id), .detached)).states == [])
        #expect(desk.handle(.leaseTaken(id, for: desk.lastCall)).states == [.ready])
        #expect(desk.ask(.ken(), .close(SessionReference(id))).states == [.closing])
        guard case .session(let last, reused: false)? = desk.handle(.sessionClosed(id)).answer(to: call) else {
            Issue.record("\(call) was not answered")
            return
        }
        #expect(last.state == .closed)
        #expect(last.reason == .closed)
        #expect(last.endedAt == desk.now)
    }

    @Test mutating func `an unconfirmed end is the last word, too, and nothing is to be followed after it`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(11), .watch(SessionReference(id)))
        let call = desk.lastCall
        desk.ask(.ken(), .close(SessionReference(id)))
        #expect(desk.handle(.closeFailed(id)).answer(to: call)?.state == .unconfirmed)
        #expect(desk.ask(.ken(11), .watch(SessionReference(id))).answer(to: desk.lastCall)?.state == .unconfirmed)
        #expect(desk.handle(.sessionClosed(id)).answers == [])
    }

    @Test mutating func `a watcher of a seat that could not be recorded is told`() throws {
        desk.acquire(.ken())
        desk.ask(.ken(11), .watch(SessionReference(.first)))
        let watcher = desk.lastCall
        let effects = desk.handle(.seatRefused(.first, "disk full"))
        #expect(effects.answer(to: watcher) == .refused(.stateUnavailable("disk full")))
    }

    @Test mutating func `a watcher that left hears nothing`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(11), .watch(SessionReference(id)))
        desk.handle(.clientLeft(ConnectionID(11)))
        #expect(desk.close(.ken(), id).answers.count == 1)
    }

    @Test mutating func `only the owner follows`() throws {
        let id = try desk.open(.ken())
        for caller in [Caller.build(), .olga(), .root()] {
            guard case .notAuthorized? = desk.ask(caller, .watch(SessionReference(id))).refusal else {
                Issue.record("\(caller.user) may follow it")
                return
            }
        }
    }
}

extension [Effect] {
    /// The states a watcher is told.
    fileprivate var states: [SessionState] {
        compactMap { if case .tell(_, .session(let view)) = $0 { view.state } else { nil } }
    }
}

extension Answer {
    fileprivate var state: SessionState? { if case .session(let view, _) = self { view.state } else { nil } }
}
