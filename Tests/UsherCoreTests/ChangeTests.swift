import Testing
import UsherTestKit

@testable import UsherCore

/// An event that changed nothing is not fed again after a failed commit, so what counts as a change must be all of it.
@Suite struct ChangeTests {
    @Test(arguments: 1...UInt64(4))
    func `an event that is said to have changed nothing changed nothing`(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var desk = Desk(.litware { $0.keepWarm = .minutes(5) })
        var unchanged = 0
        for _ in 1...2000 {
            if random.chance(20) { desk.clock.advance(by: random.span(.milliseconds(1), .minutes(2))) }
            let before = desk.broker
            desk.handle(event(&random))
            guard !desk.broker.hasChanged else { continue }
            unchanged += 1
            let after = desk.broker
            #expect(after.sessions == before.sessions)
            #expect(after.lines == before.lines)
            #expect(after.ended == before.ended)
            #expect(after.drain == before.drain)
            #expect(after.stopping == before.stopping)
            #expect(after.ledger == before.ledger)
            #expect(after.creates == before.creates)
            #expect(after.rules == before.rules)
            #expect(after.nextSession == before.nextSession)
            #expect(after.nextArrival == before.nextArrival)
            #expect(after.journalTrouble == before.journalTrouble)
        }
        #expect(unchanged > 300)
    }

    private func event(_ random: inout SeededRandom) -> Event {
        let people: [(UInt64) -> Caller] = [Caller.ken, Caller.build, Caller.dana, Caller.sam, Caller.stranger]
        let caller = people[Int(random.next() % 5)](random.next() % 12)
        let id = SessionID(number: 1024 + random.next() % 30)
        let call = CallID(random.next() % 4000)
        let reference = SessionReference(id)
        let failure = OpenFailure(message: "no", leftNothing: random.chance(50))
        let wishes: [LeaseWish] = [.connection, .detached, .none, .console(.terminal(random.next() % 3))]
        let wish = wishes[Int(random.next() % 4)]
        switch random.next() % 24 {
        case 0...5:
            let wait: Duration? = random.chance(50) ? .minutes(3) : nil
            let request = random.chance(30) ? RequestID("r\(random.next() % 9)") : nil
            return .request(
                call, caller,
                .acquire(Acquisition(tenant: "litware", lease: wish, wait: wait, reuse: true, request: request)))
        case 6: return .request(call, caller, .attach(reference, wish))
        case 7: return .request(call, caller, .close(reference))
        case 8: return .request(call, caller, .invoke(reference))
        case 9: return .request(call, caller, .watch(reference))
        case 10: return .request(call, caller, .status)
        case 11: return .clientLeft(ConnectionID(random.next() % 12))
        case 12...14: return .seatTaken(id)
        case 15...17: return .sessionOpened(id, .sample)
        case 18: return .openFailed(id, failure)
        case 19: return .sessionClosed(id)
        case 20: return .closeFailed(id)
        case 21: return .leaseTaken(id, for: call)
        case 22: return .invocationEnded(id, InvocationID(1))
        default: return .timePassed
        }
    }
}
