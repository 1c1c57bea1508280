import Testing
import UsherCore
import UsherTestKit

/// What a refusal for want of a seat says: who, when, and what else would do.
@Suite struct RefusalTests {
    var desk = Desk()

    @Test mutating func `holders lead with the one that frees first, then the one idle for longest`() throws {
        let busy = try desk.open(.ken(), terminal: "pts/5")
        try desk.invoke(.ken(11), busy)
        let idle = try desk.open(.ken(), terminal: "pts/3")
        desk.pass(.minutes(3))
        let young = try desk.open(.build(), purpose: "nightly sync")
        desk.pass(.minutes(2))
        let shortfall = try #require(desk.acquire(.ken()).shortfall)
        #expect(shortfall.holders.map { $0.identity?.id } == [idle, young, busy])
        #expect(shortfall.holders.map(\.idle) == [.minutes(5), .minutes(2), nil])
        #expect(shortfall.holders.map(\.freesIn) == [.minutes(9), .minutes(12), nil])
        #expect(shortfall.holders.map(\.state) == [.ready, .ready, .busy])
        #expect(shortfall.holders.map { $0.identity?.terminal } == ["pts/3", nil, "pts/5"])
        #expect(shortfall.holders.map { $0.running?.name } == [nil, nil, "Get-CsTenant"])
        #expect(shortfall.holders[2].running?.lasts == .minutes(5))
        #expect(shortfall.retryAfter == .minutes(9))
        #expect(shortfall.waiting == 0)
    }

    @Test func `the age rule counts where it is the earlier one`() throws {
        var desk = Desk(.litware { $0.maximumAge = .minutes(10) })
        for _ in 1...3 { try desk.open(.ken()) }
        desk.pass(.minutes(4))
        #expect(desk.acquire(.ken()).shortfall?.retryAfter == .minutes(6))
    }

    @Test mutating func `where no rule frees a seat nothing is promised`() throws {
        for _ in 1...3 { try desk.open(.ken(), "console") }
        let shortfall = try #require(desk.acquire(.ken(), "console").shortfall)
        #expect(shortfall.retryAfter == nil)
        #expect(shortfall.holders.map(\.idle) == [nil, nil, nil], "a held console is in use")
    }

    @Test mutating func `an account's limit shows its own holders, the organization's shows all`() throws {
        for caller in [Caller.ken(), .dana(), .priya()] { for _ in 1...3 { try desk.open(caller) } }
        #expect(desk.acquire(.ken()).shortfall?.holders.map(\.admin) == [.kenmyer, .kenmyer, .kenmyer])
        #expect(desk.acquire(.sam()).shortfall?.holders.count == 9)
    }

    @Test func `under reveal_holders operators the others see counts and times`() throws {
        var desk = Desk(.sample.with { $0.revealHolders = .operators })
        let own = try desk.open(.ken())
        let others = try (1...2).map { _ in try desk.open(.build(), purpose: "secret plan") }
        desk.pass(.minutes(1))
        try desk.invoke(.build(), others[0])
        let holders = try #require(desk.acquire(.ken()).shortfall).holders
        #expect(holders.compactMap { $0.identity?.id } == [own])
        #expect(holders.map(\.admin) == [.kenmyer, .kenmyer, .kenmyer])
        #expect(holders.map(\.freesIn) == [.minutes(13), .minutes(13), nil])
        #expect(holders.allSatisfy { $0.running == nil }, "what runs is part of whose it is")
    }

    @Test func `under reveal_holders operators nobody learns which foreign account holds a seat`() throws {
        var desk = Desk(.sample.with { $0.revealHolders = .operators })
        for caller in [Caller.ken(), .priya(), .priya()] { try desk.open(caller) }
        for _ in 1...2 { try desk.open(.ken()) }
        for _ in 1...3 { try desk.open(.dana()) }
        try desk.open(.priya())
        let holders = try #require(desk.acquire(.sam()).shortfall).holders
        #expect(holders.count == 9 && Set(holders.map(\.admin)).isSubset(of: [nil, .pilar]))
    }

    @Test func `an operator sees the holders whatever reveal_holders says`() throws {
        var desk = Desk(
            .litware { $0.admins[0].groups = [.operators] }.with { $0.revealHolders = .operators })
        for _ in 1...3 { try desk.open(.ken()) }
        #expect(desk.acquire(.olga()).shortfall?.holders.allSatisfy { $0.identity != nil } == true)
    }

    @Test mutating func `the caller's other accounts with room are named`() throws {
        for _ in 1...3 { try desk.open(.dana()) }
        #expect(desk.acquire(.dana()).shortfall?.otherAdmins == [.pilar])
        for _ in 1...3 { try desk.open(.sam()) }
        #expect(desk.acquire(.dana()).shortfall?.otherAdmins == [])
    }

    @Test mutating func `no other account is named where the organization is full`() throws {
        for caller in [Caller.ken(), .dana(), .priya()] { for _ in 1...3 { try desk.open(caller) } }
        #expect(desk.acquire(.dana()).shortfall?.otherAdmins == [])
    }

    @Test mutating func `those in line are counted`() throws {
        for _ in 1...3 { try desk.open(.ken()) }
        desk.acquire(.build(), wait: .minutes(1))
        #expect(desk.acquire(.ken()).shortfall?.waiting == 1)
    }

    @Test mutating func `the account is the one asked for, else the first in file order that maps the caller`() throws {
        #expect(try desk.open(.dana()).admin(in: desk) == .dana)
        #expect(try desk.open(.dana(), as: .pilar).admin(in: desk) == .pilar)
        for _ in 1...2 { try desk.open(.dana()) }
        #expect(desk.acquire(.dana()).shortfall?.admin == .dana, "never chosen by free seats")
    }

    @Test(arguments: [
        (Caller.ken(), "litwear", AdminName?.none, Refusal.tenantUnknown("litwear", suggestion: .litware)),
        (.ken(), "Litware\u{1b}[2J", nil, .tenantUnknown("Litware\u{1b}[2J", suggestion: nil)),
        (.stranger(), "litwear", nil, .tenantUnknown("litwear", suggestion: nil)),
        (
            .ken(), "litware", AdminName("kenmyr"),
            .adminUnknown(.litware, AdminName("kenmyr")!, suggestion: .kenmyer)
        ),
        (.ken(), "litware", AdminName("prya"), .adminUnknown(.litware, AdminName("prya")!, suggestion: nil)),
        (
            .ken(), "litware", .priya,
            .notAuthorized(action: "act as priya on litware", reason: "this account is not mapped to you")
        ),
        (
            .stranger(), "litware", nil,
            .notAuthorized(action: "open a session on litware", reason: "no account of litware is mapped to you")
        ),
    ])
    func `a name that does not fit is refused with the nearest one the caller may use`(
        caller: Caller, tenant: String, admin: AdminName?, refusal: Refusal
    ) {
        var desk = Desk()
        #expect(desk.acquire(caller, tenant, as: admin) == [.answer(desk.lastCall, .refused(refusal))])
    }
}

extension SessionID {
    fileprivate func admin(in desk: Desk) -> AdminName? { desk[self]?.identity.admin }
}
