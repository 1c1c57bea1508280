import Testing
import UsherTestKit

@testable import UsherCore

/// Sessions by the beginning of their names, among those the caller may see.
@Suite struct FindingTests {
    var desk = Desk(.sample.with { $0.revealHolders = .operators })

    func close(_ text: String, _ caller: Caller, _ desk: inout Desk) -> Answer? {
        desk.ask(caller, .close(SessionReference(text)!)).answer(to: desk.lastCall)
    }

    @Test mutating func `the beginning of exactly one will do`() throws {
        let id = try desk.open(.ken())
        #expect(desk.ask(.ken(), .close(SessionReference("s1")!)).closedSessions == [id])
    }

    @Test mutating func `of several, all are named`() throws {
        let ids = try (1...2).map { _ in try desk.open(.ken()) }
        let reference = SessionReference("s10")!
        #expect(close("s10", .ken(), &desk) == .refused(.sessionAmbiguous(reference, ids)))
        #expect(desk.ask(.ken(), .close(SessionReference("s101")!)).closedSessions == [ids[1]], "in full it is one")
    }

    @Test mutating func `what the caller may not see does not make it ambiguous and is not there`() throws {
        let kens = try desk.open(.ken())
        let priyas = try desk.open(.priya())
        #expect(desk.ask(.ken(), .close(SessionReference("s1")!)).closedSessions == [kens])
        let unknown = Refusal.sessionUnknown(SessionReference(priyas), suggestion: kens)
        #expect(desk.ask(.ken(), .close(SessionReference(priyas))).refusal == unknown)
        #expect(desk.ask(.stranger(), .close(SessionReference(priyas))).refusal?.suggestion == .some(nil))
    }

    @Test mutating func `an operator sees all`() throws {
        try desk.open(.ken())
        let priyas = try desk.open(.priya())
        let effects = desk.ask(.olga(), .close(SessionReference(priyas)))
        #expect(effects.closedSessions == [priyas])
        let olga = Principal(uid: UserID(1006), user: "olga")
        #expect(effects.records.first == .ordered(priyas, .closed, by: olga, at: desk.now), "the journal says who")
    }

    @Test mutating func `nobody is named for ending what is his`() throws {
        let kens = try desk.open(.ken())
        #expect(desk.ask(.ken(), .close(SessionReference(kens))).records == [.closing(kens, .closed, at: desk.now)])
    }

    @Test mutating func `a full name is never the beginning of another one`() {
        let old = SessionID("s100")!
        let long = SessionID("s1000")!
        var sessions: [SessionRecord] = []
        for id in [old, long] {
            let identity = SessionIdentity(
                id: id, tenant: .litware, admin: .kenmyer, kind: .shells, owner: UserID(1001), user: "ken", pid: 1,
                terminal: nil, purpose: nil, request: nil, since: desk.now)
            sessions.append(
                SessionRecord(
                    identity: identity, lease: .detached, lastUsed: desk.now, invocations: 0, shell: .sample, end: nil))
        }
        var desk = Desk(.sample, journal: JournalContents(sessions: sessions), clock: desk.clock)
        #expect(desk.ask(.ken(), .close(SessionReference("s100")!)).closedSessions == [old])
        desk.handle(.sessionClosed(old))
        #expect(desk.ask(.ken(), .close(SessionReference("s100")!)).closedSessions == [], "a repeated end")
    }

    @Test mutating func `of those that ended at least the last 512 are remembered, and not all`() throws {
        for _ in 1...600 { desk.close(.ken(), try desk.open(.ken())) }
        let views = desk.ask(.ken(), .listSessions(tenant: nil, ended: true)).answers
        guard case .sessions(let past)? = views.first else {
            Issue.record("\(views)")
            return
        }
        #expect((512..<600).contains(past.count))
        #expect(past.last?.identity.id == SessionID(number: SessionID.first.number + 599))
        #expect(past.allSatisfy { $0.state == .closed && $0.endedAt != nil && $0.reason == .closed })
    }
}

extension Refusal {
    fileprivate var suggestion: SessionID?? {
        if case .sessionUnknown(_, let suggestion) = self { .some(suggestion) } else { nil }
    }
}
