import Testing
import UsherTestKit

@testable import UsherCore
@testable import UsherDaemon

/// What `systemctl status` shows.
@Suite struct StatusLineTests {
    var desk = Desk()

    private var text: String { StatusLine.text(desk.broker) }

    @Test func `nobody there`() { #expect(text == "no session") }

    @Test mutating func `use and limit of each tenant in use`() throws {
        for caller in [Caller.ken(), .dana(), .priya()] { try desk.open(caller) }
        #expect(text == "litware 3/9")
        try desk.open(.ken(), "console")
        #expect(text == "litware 3/9 · console 1/9")
    }

    @Test mutating func `a tenant that counts accounts only has no limit to show`() throws {
        desk = Desk(.console { $0.sessionsPerOrganization = nil })
        try desk.open(.ken(), "console")
        #expect(text == "console 1")
    }

    @Test mutating func `who waits, and what is not confirmed`() throws {
        let ids = try (1...3).map { _ in try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        #expect(text == "litware 3/9 · 1 waiting")
        desk.ask(.ken(), .close(SessionReference(ids[0])))
        desk.handle(.closeFailed(ids[0]))
        #expect(text == "litware 3/9 · 1 unconfirmed · 1 waiting")
    }

    @Test mutating func `more tenants than fit are summed up`() throws {
        let names = (1...10).map { TenantName("tenant\($0)")! }
        desk = Desk(Rules(tenants: names.map { .sample($0, .seats) }))
        for name in names { try desk.open(.ken(), name.description) }
        #expect(text.hasPrefix("tenant1 1/9 · tenant2 1/9 · "))
        #expect(text.hasSuffix(" · tenant8 1/9 · 2 more tenants"))
    }

    @Test mutating func `a drain, a stop and trouble`() throws {
        desk.ask(.olga(), .drain(timeout: nil, force: false, follow: false))
        #expect(text == "no session · draining")
        desk.handle(.journalTroubled("disk full"))
        #expect(text == "no session · draining · disk full")
        desk = Desk()
        try desk.invoke(.ken(), try desk.open(.ken()))
        desk.handle(.stopAsked(endSessions: false))
        #expect(text == "litware 1/9 · stopping")
    }

    @Test func `before the journal was read`() {
        #expect(
            StatusLine.text(Desk(unread: .sample).broker) == "no session · the journal has not been read yet")
    }
}
