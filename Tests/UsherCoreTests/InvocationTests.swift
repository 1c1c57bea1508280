import Testing
import UsherCore
import UsherTestKit

@Suite struct InvocationTests {
    var desk = Desk()

    @Test mutating func `a session to run pipelines in is not sought where a session is only a seat`() {
        var wish = Acquisition(tenant: "console", wait: .minutes(5))
        wish.runsPipelines = true
        guard case .notAuthorized? = desk.ask(.ken(), .acquire(wish)).refusal else { return #expect(Bool(false)) }
        wish.tenant = "litware"
        #expect(desk.ask(.ken(), .acquire(wish)).takenSeats.count == 1)
    }

    @Test mutating func `one pipeline at a time, each with a number of its own`() throws {
        let id = try desk.open(.ken())
        #expect(try desk.invoke(.ken(), id) == InvocationID(1))
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == .sessionBusy(id, .busy))
        let report = InvocationReport(.failed, errors: 2)
        #expect(
            desk.ended(id, InvocationID(1), .done(report)) == [
                .answer(CallID(2), .invoked(report, lasted: .zero))
            ])
        #expect(try desk.invoke(.ken(11), id) == InvocationID(2))
    }

    @Test mutating func `nothing is sent before the disk knows, and nobody is told an end before it does`() throws {
        let id = try desk.open(.ken())
        let identity = try #require(desk[id]).identity
        let asked = desk.ask(.ken(), .invoke(SessionReference(id)))
        let call = desk.lastCall
        #expect(asked == [.takeInvocation(id, InvocationID(1), for: call, at: desk.now)])
        let taken = desk.handle(.invocationTaken(id, InvocationID(1)))
        #expect(taken.last == .startInvocation(identity, InvocationID(1), call))
        #expect(
            desk.handle(.invocationEnded(id, InvocationID(1))) == [.takeIdle(id, InvocationID(1), at: desk.now)])
        #expect(desk[id]?.state == .busy)
        #expect(desk.handle(.idleTaken(id, InvocationID(1))).answer(to: call) != nil)
        #expect(desk[id]?.state == .ready)
    }

    @Test mutating func `a disk that hangs keeps nobody waiting, and what was not sent is not sent later`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .invoke(SessionReference(id)))
        let late = desk.pass(.seconds(5))
        #expect(late.refusal == .stateUnavailable("the disk has not answered for 5s"))
        #expect(desk[id]?.state == .busy)
        let taken = desk.handle(.invocationTaken(id, InvocationID(1)))
        #expect(taken == [.takeIdle(id, InvocationID(1), at: desk.now)])
        #expect(desk.handle(.idleTaken(id, InvocationID(1))).answers == [])
        #expect(desk[id]?.state == .ready)
    }

    @Test mutating func `an end that the disk does not take is told after a second`() throws {
        let id = try desk.open(.ken())
        let invocation = try desk.invoke(.ken(), id)
        let call = desk.lastCall
        desk.handle(.invocationEnded(id, invocation))
        #expect(desk.pass(.milliseconds(999)).answers == [])
        #expect(desk.pass(.milliseconds(1)).answer(to: call) != nil)
        #expect(desk[id]?.state == .ready)
    }

    @Test mutating func `one that is to stop before it was sent is not sent`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .invoke(SessionReference(id)))
        let call = desk.lastCall
        #expect(desk.ask(.ken(11), .stopInvocation(SessionReference(id), nil)).answers == [.stopping(InvocationID(1))])
        desk.handle(.invocationTaken(id, InvocationID(1)))
        let ended = desk.handle(.idleTaken(id, InvocationID(1)))
        #expect(ended.answer(to: call) == .invoked(InvocationReport(.stopped), lasted: .zero))
    }

    @Test mutating func `only the end of the one that runs counts`() throws {
        let id = try desk.open(.ken())
        try desk.run(.ken(), id)
        try desk.invoke(.ken(), id)
        #expect(desk.ended(id, InvocationID(1)) == [])
        #expect(desk.ended(id, InvocationID(3)) == [])
        #expect(desk[id]?.state == .busy)
    }

    @Test mutating func `stop is asked of the tenant once and names what it stops`() throws {
        let id = try desk.open(.ken())
        #expect(desk.ask(.ken(11), .stopInvocation(SessionReference(id), nil)).answers == [.stopping(nil)])
        try desk.invoke(.ken(), id)
        let first = desk.ask(.ken(11), .stopInvocation(SessionReference(id), nil))
        let identity = try #require(desk[id]).identity
        #expect(
            first == [.stopInvocation(identity, InvocationID(1)), .answer(desk.lastCall, .stopping(InvocationID(1)))])
        let second = desk.ask(.ken(12), .stopInvocation(SessionReference(id), nil))
        #expect(second == [.answer(desk.lastCall, .stopping(InvocationID(1)))])
    }

    @Test mutating func `what is sent to one that is over does not reach the next`() throws {
        let id = try desk.open(.ken())
        let session = SessionReference(id)
        #expect(desk.ask(.ken(11), .reachInvocation(session, nil)).refusal == .nothingRuns(id))
        try desk.run(.ken(), id)
        try desk.invoke(.ken(), id)
        let identity = try #require(desk[id]).identity
        #expect(desk.ask(.ken(11), .reachInvocation(session, InvocationID(1))).refusal == .nothingRuns(id))
        for invocation in [nil, InvocationID(2)] {
            #expect(
                desk.ask(.ken(11), .reachInvocation(session, invocation)).answers
                    == [.running(identity, InvocationID(2))])
        }
        #expect(
            desk.ask(.ken(11), .stopInvocation(session, InvocationID(1))) == [.answer(desk.lastCall, .stopping(nil))])
        #expect(
            desk.ask(.ken(11), .stopInvocation(session, InvocationID(2)))
                == [.stopInvocation(identity, InvocationID(2)), .answer(desk.lastCall, .stopping(InvocationID(2)))])
        #expect(desk.ask(.ken(11), .reachInvocation(session, nil)).refusal == .nothingRuns(id))
    }

    @Test mutating func `a session in any other state says which`() throws {
        desk.acquire(.ken())
        let id = SessionID.first
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == .sessionBusy(id, .opening))
        desk.handle(.seatTaken(id))
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == .sessionBusy(id, .opening))
        desk.opened(id)
        desk.ask(.ken(), .close(SessionReference(id)))
        let expired = Refusal.sessionExpired(id, .closed, at: desk.now)
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == expired)
        desk.handle(.closeFailed(id))
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == expired)
        desk.handle(.sessionClosed(id))
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == expired)
    }

    @Test mutating func `none starts on a session whose lease is on its way to the disk`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .attach(SessionReference(id), .detached))
        #expect(desk.ask(.ken(11), .invoke(SessionReference(id))).refusal == .sessionBusy(id, .ready))
    }

    @Test mutating func `two who ask at once do not both get the session`() throws {
        let id = try desk.open(.ken())
        let first = desk.ask(.ken(11), .invoke(SessionReference(id)))
        let second = desk.ask(.ken(12), .invoke(SessionReference(id)))
        #expect(first.answers == [])
        #expect(second.refusal == .sessionBusy(id, .busy))
    }
}
