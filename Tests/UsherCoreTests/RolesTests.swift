import Testing
import UsherCore
import UsherTestKit

/// The table of contract, section 5, verb by verb. Each verb is asked for by each kind of caller, in a world where ken
/// has one session at litware.
@Suite struct RolesTests {
    enum Outcome: String {
        case granted
        /// 77.
        case notAuthorized
        /// As if it was not there.
        case unknown
    }

    enum Verb: String, CaseIterable {
        case acquire, attach, watch, invoke, stop, send, close, closeEnded, drain, resume, reload
    }

    static let callers: [Caller] = [
        .ken(11), .build(12), .priya(13), .olga(14), .root(15), .stranger(16), .nobody(17),
    ]

    /// owner, same account, other user of the tenant, operator, root, anyone, nobody.
    static func outcomes(of verb: Verb, _ reveal: RevealHolders) -> [Outcome] {
        switch verb {
        case .acquire: [.granted, .granted, .granted, .notAuthorized, .notAuthorized, .notAuthorized, .notAuthorized]
        case .attach, .watch, .invoke, .stop, .send: use(reveal)
        case .close, .closeEnded: end(reveal)
        case .drain, .resume, .reload:
            [.notAuthorized, .notAuthorized, .notAuthorized, .granted, .granted, .notAuthorized, .notAuthorized]
        }
    }

    private static func use(_ reveal: RevealHolders) -> [Outcome] {
        let other: Outcome = reveal == .all ? .notAuthorized : .unknown
        return [.granted, other, other, .notAuthorized, .notAuthorized, .unknown, .unknown]
    }

    private static func end(_ reveal: RevealHolders) -> [Outcome] {
        let other: Outcome = reveal == .all ? .notAuthorized : .unknown
        return [.granted, other, other, .granted, .granted, .unknown, .unknown]
    }

    @Test(arguments: Verb.allCases, [RevealHolders.all, .operators])
    func `each may do what the table says`(verb: Verb, reveal: RevealHolders) throws {
        for (caller, outcome) in zip(Self.callers, Self.outcomes(of: verb, reveal)) {
            var desk = Desk(.sample.with { $0.revealHolders = reveal })
            let id = try desk.open(.ken())
            if verb == .closeEnded { desk.close(.ken(), id) }
            let effects = desk.ask(caller, request(verb, SessionReference(id)))
            #expect(Self.outcome(of: effects) == outcome, "\(caller.user)")
            if outcome != .granted { #expect(effects.count == 1, "a refusal does nothing else") }
        }
    }

    private func request(_ verb: Verb, _ session: SessionReference) -> Request {
        switch verb {
        case .acquire: .acquire(Acquisition(tenant: "litware"))
        case .attach: .attach(session, .detached)
        case .watch: .watch(session)
        case .invoke: .invoke(session)
        case .stop: .stopInvocation(session, nil)
        case .send: .reachInvocation(session, nil)
        case .close, .closeEnded: .close(session)
        case .drain: .drain(timeout: nil, force: false, follow: false)
        case .resume: .resume
        case .reload: .mayReload
        }
    }

    private static func outcome(of effects: [Effect]) -> Outcome {
        switch effects.refusal {
        case .notAuthorized: .notAuthorized
        case .sessionUnknown: .unknown
        default: .granted
        }
    }

    @Test(arguments: [RevealHolders.all, .operators])
    func `each lists what he may see`(reveal: RevealHolders) throws {
        var desk = Desk(.sample.with { $0.revealHolders = reveal })
        let kens = try desk.open(.ken())
        let priyas = try desk.open(.priya(), "console")
        let all = [kens, priyas]
        let shared = reveal == .all ? all : []
        let expected = [reveal == .all ? all : [kens], shared, reveal == .all ? all : [priyas], all, all, [], []]
        for (caller, ids) in zip(Self.callers, expected) {
            for case .answer(_, .sessions(let views)) in desk.ask(caller, .listSessions(tenant: nil, ended: false)) {
                #expect(views.map(\.identity.id) == ids, "\(caller.user)")
            }
            for case .answer(_, .sessions(let views)) in desk.ask(caller, .listSessions(tenant: .console, ended: false))
            {
                #expect(views.map(\.identity.id) == ids.filter { $0 == priyas }, "\(caller.user)")
            }
        }
    }

    @Test func `tenants are for those who may use them, with the accounts they may use`() throws {
        var desk = Desk(.litware { $0.admins.removeAll { $0.name == .priya } })
        try desk.open(.ken())
        let expected: [[TenantName: [AdminName]]] = [
            [.litware: [.kenmyer], .console: [.kenmyer]], [.litware: [.kenmyer], .console: [.kenmyer]],
            [.console: [.priya]],
            [.litware: [.kenmyer, .dana, .pilar], .console: [.kenmyer, .dana, .priya, .pilar]],
            [.litware: [.kenmyer, .dana, .pilar], .console: [.kenmyer, .dana, .priya, .pilar]], [:], [:],
        ]
        for (caller, accounts) in zip(Self.callers, expected) {
            for case .answer(_, .tenants(let views)) in desk.ask(caller, .listTenants) {
                let shown = Dictionary(uniqueKeysWithValues: views.map { ($0.rules.name, $0.admins.map(\.name)) })
                #expect(shown == accounts, "\(caller.user)")
            }
        }
    }

    @Test func `the status is for everyone who may connect`() {
        var desk = Desk()
        for caller in Self.callers {
            #expect(desk.ask(caller, .status).answers == [.status(desk.broker.status)])
        }
    }

    @Test func `the overflow uid is never anybody, also where the configuration names it`() {
        var desk = Desk(.litware { $0.admins[0].users = [.nobody] })
        guard case .notAuthorized? = desk.acquire(.nobody()).refusal else {
            Issue.record("nobody got a session")
            return
        }
    }
}
