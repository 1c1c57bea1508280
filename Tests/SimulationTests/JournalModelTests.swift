import Testing
import UsherTestKit

@testable import UsherCore

/// The journal of the simulation, handed what no journal should be.
@Suite struct JournalModelTests {
    var journal = JournalModel()

    func session(_ id: SessionID, _ lease: LeaseRecord = .connection) -> SessionRecord {
        let identity = SessionIdentity(
            id: id, tenant: .litware, admin: .kenmyer, kind: .shells, owner: UserID(1001), user: "ken", pid: 1,
            terminal: nil, purpose: nil, request: nil, since: .start)
        return SessionRecord(identity: identity, lease: lease, lastUsed: .start, invocations: 0, end: nil)
    }

    @Test mutating func `a life is read back as it was written`() {
        journal.apply([
            .taken(session(.first)), .leaseChanged(.first, .detached, lastUsed: .start + .seconds(1)),
            .used(.first, invocations: 3, at: .start + .seconds(2)), .taken(session(.first.next)),
            .closing(.first.next, .closed, at: .start),
            .unconfirmed(.first.next, .closed, freesAt: .start + .minutes(16), at: .start),
        ])
        let contents = journal.read()
        #expect(contents.sessions.map(\.lease) == [.detached, .connection])
        #expect(contents.sessions.map(\.invocations) == [3, 0])
        #expect(contents.sessions.map(\.end?.freesAt) == [nil, .start + .minutes(16)])
        #expect(contents.nextSession == SessionID.first.next.next)
        journal.apply([.ended(.first, .closed, at: .start)])
        #expect(journal.read().ended.map(\.invocations) == [3])
        #expect(journal.faults == [])
    }

    @Test mutating func `a second beginning, a second end and a change of nothing are found`() {
        journal.apply([.taken(session(.first)), .taken(session(.first))])
        #expect(journal.faults == ["s100 begins a second time"])
        journal.apply([.ended(.first, .closed, at: .start), .ended(.first, .closed, at: .start)])
        #expect(journal.faults.last == "s100 ends (closed) and is not there")
        for record: Record in [
            .leaseChanged(.first, .detached, lastUsed: .start), .used(.first, invocations: 1, at: .start),
            .closing(.first, .closed, at: .start), .unconfirmed(.first, .closed, freesAt: nil, at: .start),
        ] {
            let before = journal.faults.count
            journal.apply([record])
            #expect(journal.faults.count == before + 1)
        }
    }

    @Test mutating func `a seat that is left out of what is held is found, unless its commit was disowned`() {
        journal.apply([.taken(session(.first))])
        journal.apply([.taken(session(.first.next))], isReported: false)
        journal.apply([.held([session(.first)], nextSession: .first)])
        #expect(journal.faults == [])
        #expect(journal.withdrawn == [.first.next])
        journal.apply([.held([], nextSession: .first)])
        #expect(journal.faults == ["s100 is in the journal and not among what is held"])
    }

    @Test mutating func `an end that was disowned is written again`() {
        journal.apply([.taken(session(.first))])
        journal.apply([.ended(.first, .closed, at: .start)], isReported: false)
        journal.apply([.held([session(.first)], nextSession: .first), .ended(.first, .closed, at: .start)])
        #expect(journal.faults == [])
        #expect(journal.ends == [.first: .closed])
        #expect(journal.read().ended.count == 1)
    }

    @Test mutating func `what differs from the books is found`() {
        journal.apply([.taken(session(.first)), .taken(session(.first.next))])
        let books = [session(.first, .detached), session(.first.next.next)]
        #expect(
            journal.differences(from: books) == [
                "s100 has lease detached, in the journal connection", "s101 is in the journal and not on the books",
                "s102 is on the books and not in the journal",
            ])
    }
}
