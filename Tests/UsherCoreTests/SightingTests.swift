import Testing
import UsherCore
import UsherTestKit

/// What the tenant says it has, and what follows from it for who asks for more.
@Suite struct SightingTests {
    var desk = Desk(Rules.sample.with { $0.host = "jump1" })

    /// Has somebody ask, up to where the tenant says what it has. The session that is being opened.
    mutating func approach(_ caller: Caller, wait: Duration? = nil) throws -> SessionIdentity {
        let effects = desk.acquire(caller, wait: wait)
        let id = try #require(effects.takenSeats.first)
        for case .openSession(let identity) in desk.handle(.seatTaken(id)) { return identity }
        throw Desk.NotGranted(effects: effects)
    }

    func list(_ shells: [SeenShell]) -> ShellList {
        ShellList(askedAt: desk.now, shells: shells, isComplete: true)
    }

    func foreign(_ count: Int, owner: String? = "kenmyer@litwareinc.com", name: String? = "WinRM1") -> [SeenShell] {
        (0..<count).map { number in
            SeenShell(
                shellID: "foreign-\(number)-\(owner ?? "")", name: name, owner: owner, address: "192.0.2.7",
                idle: .minutes(5), tenantIdle: .minutes(15))
        }
    }

    @Test mutating func `shells of others refuse with their names, and nothing is asked for`() throws {
        let session = try approach(.ken())
        let effects = desk.handle(.entranceFound(session.id, list(foreign(3))))
        let facts = try #require(effects.shortfall)
        #expect(facts.shortage.inUse == 3 && facts.shortage.foreign == 3 && facts.shortage.limit == 3)
        #expect(facts.holders.map(\.state) == [.foreign, .foreign, .foreign], "and not his own attempt")
        #expect(facts.holders.map(\.freesIn) == Array(repeating: .minutes(10), count: 3))
        #expect(facts.holders.first?.foreign?.address == "192.0.2.7")
        #expect(effects.closedSessions == [session.id])
        #expect(!effects.contains(.createShell(session)))
        desk.handle(.openFailed(session.id, OpenFailure(message: "called off", leftNothing: true)))
        #expect(desk.sessions.isEmpty)
    }

    @Test mutating func `with room a shell is asked for, whatever others hold`() throws {
        let session = try approach(.ken())
        #expect(desk.handle(.entranceFound(session.id, list(foreign(2)))) == [.createShell(session)])
        #expect(desk.handle(.entranceFound(session.id, list(foreign(3)))) == [], "said once")
    }

    @Test mutating func `a tenant that does not say is asked for the shell`() throws {
        let session = try approach(.ken())
        #expect(desk.handle(.entranceFound(session.id, nil)) == [.createShell(session)])
    }

    @Test mutating func `a list counts for five seconds`() throws {
        let session = try approach(.ken())
        desk.handle(.entranceFound(session.id, list(foreign(3))))
        desk.handle(.openFailed(session.id, OpenFailure(message: "called off", leftNothing: true)))
        #expect(desk.acquire(.ken()).shortfall?.shortage.foreign == 3)
        try desk.open(.priya())
        desk.pass(.seconds(5))
        #expect(desk.acquire(.ken()).takenSeats.count == 1, "looked at again")
    }

    @Test mutating func `whose shells they are counts for an account, all of them for the organization`() throws {
        let session = try approach(.ken())
        let others = foreign(3, owner: "LITWARE\\dana") + foreign(5, owner: "somebody@litwareinc.com")
        #expect(desk.handle(.entranceFound(session.id, list(others))) == [.createShell(session)])
        desk.handle(.sessionOpened(session.id, .sample))
        desk.handle(.shellTaken(session.id))
        #expect(desk.acquire(.dana()).shortfall?.shortage.scope == .admin)
        #expect(desk.acquire(.priya()).shortfall?.shortage.scope == .organization)
    }

    @Test mutating func `our own are no strangers, and those of another host are told apart`() throws {
        let mine = try desk.open(.ken())
        let session = try approach(.ken())
        let shell = try #require(desk[mine]?.shell)
        let seen = [
            SeenShell(shellID: shell.lowercased(), name: "usher/jump1/\(mine)"),
            SeenShell(shellID: "a", name: "usher/jump2/s100"), SeenShell(shellID: "b", name: "usher/jump1/s999"),
            SeenShell(shellID: "c", name: "usher/jump1"),
        ]
        desk.handle(.entranceFound(session.id, list(seen)))
        let origins = desk.broker.foreignShells(at: .litware).map(\.origin)
        #expect(origins == [.otherHost("jump2"), .lost(try #require(SessionID("s999"))), .outside])
    }

    @Test mutating func `whoever waits stays in line and is tried again`() throws {
        let session = try approach(.ken(), wait: .seconds(20))
        let call = desk.lastCall
        let away = desk.handle(.entranceFound(session.id, list(foreign(3))))
        #expect(away.answer(to: call) == nil && away.places[call] == 1)
        desk.handle(.openFailed(session.id, OpenFailure(message: "called off", leftNothing: true)))
        #expect(desk.pass(.milliseconds(4999)).takenSeats == [])
        let again = try #require(desk.pass(.milliseconds(1)).takenSeats.first)
        guard case .openSession(let second)? = desk.handle(.seatTaken(again)).first else {
            Issue.record("nothing was opened")
            return
        }
        desk.handle(.entranceFound(second.id, list(foreign(3))))
        desk.handle(.openFailed(second.id, OpenFailure(message: "called off", leftNothing: true)))
        // Twenty seconds from when he asked first.
        let end = desk.pass(.seconds(15))
        #expect(end.takenSeats.count <= 3)
        guard case .refused? = end.answer(to: call) else {
            Issue.record("he waits for ever")
            return
        }
    }

    @Test mutating func `one of ours that is not in the list is asked for by name`() throws {
        let gone = try desk.open(.ken())
        desk.pass(.seconds(1))
        let session = try approach(.ken())
        let effects = desk.handle(.entranceFound(session.id, list([])))
        #expect(effects.contains { if case .probeSession(let id) = $0 { id.id == gone } else { false } })
        #expect(desk[gone]?.state == .ready, "a list may be wrong")
        let incomplete = ShellList(askedAt: desk.now, shells: [], isComplete: false)
        let other = try approach(.ken())
        #expect(desk.handle(.entranceFound(other.id, incomplete)) == [.createShell(other)])
    }

    @Test mutating func `a lower limit of the tenant is honoured for two minutes`() throws {
        try desk.open(.ken())
        let session = try approach(.ken())
        desk.handle(.entranceFound(session.id, list([])))
        let full = OpenFailure(.full(.admin, limit: nil), message: "too many", leftNothing: true)
        guard case .tenantFull? = desk.handle(.openFailed(session.id, full)).refusal else {
            Issue.record("the tenant's words are lost")
            return
        }
        let shortage = try #require(desk.acquire(.ken()).shortfall?.shortage)
        #expect(shortage.isLearned && shortage.limit == 1 && shortage.setting == "the tenant's own limit")
        desk.pass(.minutes(2))
        #expect(desk.acquire(.ken()).takenSeats.count == 1)
    }

    @Test mutating func `who does not say what others hold teaches nothing`() throws {
        let session = try approach(.ken())
        desk.handle(.entranceFound(session.id, nil))
        desk.handle(.openFailed(session.id, OpenFailure(.full(.admin, limit: nil), message: "no", leftNothing: true)))
        #expect(desk.acquire(.ken()).takenSeats.count == 1)
    }
}

/// The names by which the ushers of several hosts tell their shells apart.
@Suite struct ShellNameTests {
    @Test(arguments: ["usher/jump1/s100", "usher/a.b-c/s1zz"])
    func `a name is read as it was written`(text: String) throws {
        #expect(try #require(ShellName(text)).description == text)
    }

    @Test(arguments: ["", "usher", "usher/jump1", "usher//s100", "usher/jump1/x", "Usher/jump1/s100", "usher/a/s100/b"])
    func `what no usher wrote is none`(text: String) {
        #expect(ShellName(text) == nil)
    }
}
