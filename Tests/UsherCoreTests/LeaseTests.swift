import Testing
import UsherCore
import UsherTestKit

@Suite struct LeaseTests {
    var desk = Desk()

    @Test mutating func `a lasting lease is answered only once it is durable`() throws {
        let id = try desk.open(.ken())
        let effects = desk.ask(.ken(), .attach(SessionReference(id), .detached))
        #expect(effects == [.takeLease(id, .detached, for: desk.lastCall, lastUsed: desk.now)])
        #expect(desk[id]?.lease == .connection)
        let answers = desk.handle(.leaseTaken(id, for: desk.lastCall)).answers
        #expect(answers == [.session(try #require(desk[id]), reused: false)])
        #expect(desk[id]?.lease == .detached)
    }

    @Test mutating func `moving a lease to another connection of its owner needs no disk`() throws {
        let id = try desk.open(.ken(1))
        let effects = desk.ask(.ken(11), .attach(SessionReference(id), .connection))
        #expect(effects == [.answer(desk.lastCall, .session(try #require(desk[id]), reused: false))])
        #expect(desk.handle(.clientLeft(ConnectionID(1))) == [])
        #expect(desk.handle(.clientLeft(ConnectionID(11))).closedSessions == [id])
    }

    @Test(arguments: [LeaseWish.connection, .console(.terminal(1)), .detached])
    func `the death of the client ends what lives by its connection and nothing else`(wish: LeaseWish) throws {
        for tenant in ["litware", "console"] {
            var desk = Desk()
            let id = try desk.open(.ken(), tenant, lease: wish)
            let effects = desk.handle(.clientLeft(ConnectionID(1)))
            #expect(effects.ends == (wish == .connection ? [id: .clientLeft] : [:]))
        }
    }

    @Test mutating func `a console lease ends with its login session only`() throws {
        let id = try desk.open(.ken(), lease: .console(.terminal(1)))
        #expect(desk.handle(.consoleClosed(.terminal(2))) == [])
        #expect(desk.handle(.consoleClosed(.terminal(1))).closedSessions == [id])
        #expect(desk[id]?.reason == .consoleClosed)
        #expect(desk.handle(.consoleClosed(.terminal(1))) == [], "a second time changes nothing")
    }

    @Test mutating func `where no console can be watched the lease is detached and the view says so`() throws {
        let id = try desk.open(.ken(), lease: .console(nil))
        #expect(desk[id]?.lease == .detached)
    }

    @Test mutating func `a client that dies before its lease is durable keeps nothing alive`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .attach(SessionReference(id), .detached))
        let effects = desk.handle(.clientLeft(ConnectionID(1)))
        #expect(effects.first == .record(.leaseChanged(id, .connection, lastUsed: desk.now)))
        #expect(effects.closedSessions == [id])
        #expect(desk.handle(.leaseTaken(id, for: desk.lastCall)) == [])
    }

    @Test mutating func `a lease nobody waits for any more is taken back on disk`() throws {
        let id = try desk.open(.ken(1))
        desk.ask(.ken(11), .attach(SessionReference(id), .detached))
        let call = desk.lastCall
        let effects = desk.handle(.clientLeft(ConnectionID(11)))
        #expect(effects == [.record(.leaseChanged(id, .connection, lastUsed: desk.now))])
        desk.handle(.leaseTaken(id, for: call))
        #expect(desk[id]?.lease == .connection)
    }

    @Test mutating func `a lease that became durable late is not taken for the one that came after it`() throws {
        let id = try desk.open(.ken(1))
        desk.ask(.ken(11), .attach(SessionReference(id), .detached))
        let givenUp = desk.lastCall
        desk.handle(.clientLeft(ConnectionID(11)))
        desk.ask(.ken(12), .attach(SessionReference(id), .console(.terminal(1))))
        #expect(desk.handle(.leaseTaken(id, for: givenUp)) == [])
        #expect(desk[id]?.lease == .connection)
        desk.handle(.leaseTaken(id, for: desk.lastCall))
        #expect(desk[id]?.lease == .console)
    }

    @Test mutating func `a disk that is silent leaves the old lease and says so`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .attach(SessionReference(id), .detached))
        let call = desk.lastCall
        #expect(desk.pass(.milliseconds(4999)) == [])
        let effects = desk.pass(.milliseconds(1))
        #expect(effects.answer(to: call) == .refused(.stateUnavailable("the disk has not answered for 5s")))
        #expect(desk[id]?.lease == .connection)
    }

    @Test mutating func `one lease at a time is on its way`() throws {
        let id = try desk.open(.ken())
        desk.ask(.ken(), .attach(SessionReference(id), .detached))
        for wish in [LeaseWish.connection, .detached, .none] {
            let effects = desk.ask(.ken(11), .attach(SessionReference(id), wish))
            #expect(effects == [.answer(desk.lastCall, .refused(.sessionBusy(id, .ready)))])
        }
    }

    @Test(arguments: [Event.sessionClosed(.first), .consoleClosed(.terminal(1)), .clientLeft(ConnectionID(1))])
    func `a session that ends while its lease changes tells who asked for the change`(event: Event) throws {
        var desk = Desk()
        let id = try desk.open(.ken(1))
        desk.ask(.ken(11), .attach(SessionReference(id), .console(.terminal(1))))
        guard case .refused(.sessionExpired(id, _, at: desk.now)) = desk.handle(event).answer(to: desk.lastCall) else {
            Issue.record("\(desk.lastCall) was not answered")
            return
        }
    }

    @Test mutating func `giving back closes where nothing is kept warm`() throws {
        let id = try desk.open(.ken())
        let effects = desk.ask(.ken(), .attach(SessionReference(id), .none))
        #expect(effects.closedSessions == [id])
        let closing = try #require(desk[id])
        #expect(closing.state == .closing && closing.reason == .closed)
        #expect(effects.answer(to: desk.lastCall) == .session(closing, reused: false))
        #expect(desk.handle(.sessionClosed(id)).answers == [])
    }

    @Test mutating func `a seat that is given back where nothing is kept warm has ended`() throws {
        let id = try desk.open(.ken(), "console")
        guard
            case .session(let view, _)? = desk.ask(.ken(), .attach(SessionReference(id), .none))
                .answer(to: desk.lastCall)
        else { return #expect(Bool(false)) }
        #expect(view.identity.id == id && view.state == .closed && view.reason == .closed)
    }

    @Test mutating func `a running pipeline keeps its session from a new lease no more than an idle one`() throws {
        let id = try desk.open(.ken())
        try desk.invoke(.ken(11), id)
        desk.attach(.ken(), id, .detached)
        #expect(desk[id]?.lease == .detached)
        #expect(desk[id]?.state == .busy)
    }
}
