import Testing
import UsherTestKit

@testable import UsherCore

/// The questions the simulation asks, asked of books that are wrong.
@Suite struct BooksTests {
    var desk = Desk()

    func books() -> Books { Books(of: desk.broker, at: desk.now) }

    @Test mutating func `books that are right have no faults`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        let books = books()
        let ids = books.sessions.map(\.identity.id)
        #expect(books.seatsBeyondLimits(among: Set(ids)) == [])
        #expect(books.unseated(ids) == [])
        #expect(books.miscounts == [])
        #expect(books.beyondTheirRule == [])
        #expect(books.lateDeadlines == [])
        #expect(books.standing([.init(tenant: .litware, admin: .kenmyer, lastTold: desk.now)]) == [])
    }

    @Test mutating func `a seat beyond a limit is found`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        var books = books()
        let all = Set(books.sessions.map(\.identity.id))
        books.rules.tenants[0].sessionsPerAdmin = 2
        #expect(books.seatsBeyondLimits(among: all).count == 3)
        #expect(books.seatsBeyondLimits(among: []) == [], "held before the limit was lowered")
        books.rules.tenants[0].sessionsPerAdmin = 3
        books.rules.tenants[0].sessionsPerOrganization = 2
        #expect(books.seatsBeyondLimits(among: all).first?.contains("number 3 of 2") == true)
        books.rules.tenants.removeFirst()
        #expect(books.seatsBeyondLimits(among: all).first?.contains("nobody configured") == true)
    }

    @Test mutating func `a session the tenant counts without a seat is found`() throws {
        let id = try desk.open(.ken())
        #expect(books().unseated([id, id.next]) == ["the tenant counts \(id.next), which has no seat"])
    }

    @Test mutating func `a ledger that says something else than the sessions is found`() throws {
        try desk.open(.ken())
        var books = books()
        books.sessions = []
        #expect(books.miscounts == ["kenmyer holds 0, the ledger says 1", "litware has 0, the ledger says 1"])
    }

    @Test mutating func `what idles or lives beyond its rule is found, once time was told to pass`() throws {
        try desk.open(.ken())
        var books = books()
        books.rules.tenants[0].maximumAge = .zero
        #expect(books.beyondTheirRule.count == 1)
        books = Books(of: desk.broker, at: desk.now + .minutes(14))
        #expect(!books.isUpToDate)
        #expect(books.beyondTheirRule == [])
        books.nextDeadline = nil
        #expect(books.beyondTheirRule.count == 1)
    }

    @Test mutating func `a deadline that is too late is found`() throws {
        try desk.open(.ken())
        var books = books()
        for late in [nil, desk.now + .minutes(14) + .seconds(1)] {
            books.nextDeadline = late
            #expect(books.lateDeadlines.count == 1)
        }
    }

    @Test mutating func `whoever stands in line for nothing, or hears nothing, is found`() throws {
        let books = books()
        let waiter = Books.Waiter(tenant: .litware, admin: .kenmyer, lastTold: desk.now)
        #expect(books.standing([waiter]) == ["kenmyer stands in line at litware with room for him"])
        let forgotten = Books.Waiter(tenant: .litware, admin: .kenmyer, lastTold: desk.now - .seconds(16))
        #expect(books.standing([forgotten]).count == 2)
    }

    @Test func `whoever stands in line beside a warm session of his own is found`() throws {
        var desk = Desk(.litware { $0.keepWarm = .minutes(5) })
        let ids = try (1...3).map { _ in try desk.open(.ken()) }
        desk.attach(.ken(), ids[0], .none)
        let books = Books(of: desk.broker, at: desk.now)
        let waiter = Books.Waiter(tenant: .litware, admin: .kenmyer, lastTold: desk.now)
        #expect(books.standing([waiter]) == ["kenmyer stands in line at litware beside a warm session of his own"])
        #expect(books.standing([waiter], wanted: [ids[0]]) == [])
    }

    @Test mutating func `a session that outlives who holds it is found`() throws {
        let held = try desk.open(.ken())
        let console = try desk.open(.ken(), lease: .console(.terminal(1)))
        let books = books()
        func faults(isThere: Bool, isOpen: Bool) -> [String] {
            books.heldByNobody(
                connections: [held: ConnectionID(1)], consoles: [console: .terminal(1)], isThere: { _ in isThere },
                isOpen: { _ in isOpen })
        }
        #expect(faults(isThere: true, isOpen: true) == [])
        #expect(faults(isThere: false, isOpen: true) == ["\(held) outlives its client"])
        #expect(faults(isThere: true, isOpen: false) == ["\(console) outlives its console"])
    }
}
