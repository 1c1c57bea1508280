import Testing
import UsherCore
import UsherTestKit

/// Ending in bulk: what fits, whose it is, and what is said of what does not end.
@Suite struct ReclaimTests {
    var desk = Desk()

    mutating func reclaim(_ caller: Caller, _ bend: (inout ReclaimWish) -> Void) -> [Effect] {
        var wish = ReclaimWish()
        bend(&wish)
        return desk.ask(caller, .reclaim(wish))
    }

    func report(_ effects: [Effect]) throws -> ReclaimReport {
        for case .answer(_, .reclaimed(let report)) in effects { return report }
        throw Desk.NotGranted(effects: effects)
    }

    @Test mutating func `an admin that there is nowhere is a slip`() throws {
        try desk.open(.ken())
        var wish = ReclaimWish()
        wish.admin = AdminName("kenmyr")
        #expect(
            desk.ask(.olga(), .reclaim(wish)).refusal
                == .adminUnknown(.litware, try #require(wish.admin), suggestion: .kenmyer))
        #expect(
            desk.ask(.priya(), .reclaim(wish)).refusal
                == .adminUnknown(.litware, try #require(wish.admin), suggestion: nil), "kenmyer is none of hers")
        wish.admin = .kenmyer
        #expect(desk.ask(.olga(), .reclaim(wish)).refusal == nil)
    }

    @Test mutating func `nothing said fits nothing`() throws {
        try desk.open(.ken(), lease: .detached)
        #expect(reclaim(.root()) { _ in }.refusal == .invalidParameter("filter"))
        #expect(reclaim(.root()) { $0.dryRun = true }.refusal == .invalidParameter("filter"))
        #expect(
            reclaim(.root()) {
                $0.tenant = .litware; $0.forget = true
            }.refusal == .invalidParameter("filter.forget"))
    }

    @Test mutating func `all that is said must fit, and only one's own ends`() throws {
        let kens = try desk.open(.ken(), lease: .detached)
        let danas = try desk.open(.dana(), lease: .detached)
        let seats = try desk.open(.ken(), "console", lease: .detached)
        desk.pass(.minutes(5))
        let young = try desk.open(.ken(), lease: .detached)
        func would(_ caller: Caller, _ bend: (inout ReclaimWish) -> Void) throws -> [SessionID] {
            var copy = self
            let effects = copy.reclaim(caller) { wish in
                wish.dryRun = true
                bend(&wish)
            }
            #expect(effects.closedSessions == [])
            return try report(effects).reclaimed.map(\.identity.id)
        }
        #expect(try would(.olga()) { $0.tenant = .litware } == [kens, danas, young])
        #expect(try would(.ken()) { $0.tenant = .litware } == [kens, young])
        #expect(try would(.olga()) { $0.admin = .dana } == [danas])
        #expect(try would(.olga()) { $0.user = "ken" } == [kens, seats, young])
        #expect(try would(.olga()) { $0.user = "1003" } == [danas])
        #expect(try would(.olga()) { $0.idle = .minutes(5) } == [kens, danas, seats])
        #expect(
            try would(.olga()) {
                $0.idle = .minutes(5); $0.user = "ken"; $0.tenant = .console
            } == [seats])
        #expect(try would(.olga()) { $0.unconfirmed = true } == [])
    }

    @Test mutating func `orphaned is what nobody holds`() throws {
        let detached = try desk.open(.ken(), lease: .detached)
        try desk.open(.ken(), lease: .console(.terminal(1)))
        try desk.open(.ken())
        let watched = try desk.open(.dana(), lease: .detached)
        desk.ask(.dana(33), .watch(SessionReference(watched)))
        let effects = reclaim(.olga()) { $0.orphaned = true }
        #expect(effects.closedSessions == [detached])
        let ended = desk.handle(.sessionClosed(detached))
        #expect(try report(ended).reclaimed.map(\.reason) == [.reclaimed])
    }

    @Test mutating func `the answer tells of all, also of those that end at once`() throws {
        let shell = try desk.open(.ken(), lease: .detached)
        let seats = try (1...3).map { _ in try desk.open(.ken(), "console", lease: .detached) }
        let asked = reclaim(.olga()) { $0.user = "ken" }
        #expect(asked.answers == [])
        let answered = desk.handle(.sessionClosed(shell))
        #expect(try report(answered).reclaimed.map(\.identity.id) == [shell] + seats)
        let more = try (1...2).map { _ in try desk.open(.ken(), "console", lease: .detached) }
        #expect(try report(reclaim(.olga()) { $0.user = "ken" }).reclaimed.map(\.identity.id) == more)
    }

    @Test mutating func `the answer waits for the tenant, and not for ever`() throws {
        let quick = try desk.open(.ken(), lease: .detached)
        let slow = try desk.open(.ken(), lease: .detached)
        #expect(reclaim(.ken()) { $0.tenant = .litware }.answers == [])
        #expect(desk.handle(.sessionClosed(quick)).answers == [])
        let effects = desk.pass(.seconds(30))
        let report = try report(effects)
        #expect(report.reclaimed.map(\.identity.id) == [quick])
        guard case .session(let view)? = report.kept.first?.what else {
            Issue.record("nothing is kept")
            return
        }
        #expect(view.identity.id == slow && report.kept.first?.freesIn != nil)
    }

    @Test mutating func `an unconfirmed one is asked for again, and forgotten only by name and by an operator`() throws
    {
        let id = try desk.open(.ken(), lease: .detached)
        desk.ask(.ken(), .close(SessionReference(id)))
        desk.handle(.closeFailed(id, .refused))
        #expect(try report(reclaim(.ken()) { $0.tenant = .litware }).kept.count == 1)
        #expect(reclaim(.ken()) { $0.unconfirmed = true }.closedSessions == [id])
        desk.handle(.closeFailed(id, .refused))
        #expect(try report(desk.handle(.closeFailed(id, .refused))).kept.count == 1, "twice it failed")
        let his = reclaim(.ken()) { wish in
            wish.unconfirmed = true
            wish.forget = true
        }
        guard case .notAuthorized? = his.refusal else {
            Issue.record("anybody may forget")
            return
        }
        let forgotten = reclaim(.olga()) {
            $0.unconfirmed = true; $0.forget = true
        }
        #expect(
            forgotten.records == [
                .ordered(id, .forgotten, by: Principal(uid: UserID(1006), user: "olga"), at: desk.now),
                .ended(id, .forgotten, at: desk.now),
            ])
        #expect(desk.sessions.isEmpty)
    }

    @Test mutating func `what others opened is listed first, and that of another host is left alone`() throws {
        let asked = reclaim(.olga()) {
            $0.foreign = true; $0.tenant = .litware; $0.admin = .kenmyer
        }
        #expect(asked == [.listShells(Account(.litware, .kenmyer), UserID(1006))])
        let shells = [
            SeenShell(shellID: "A", owner: "kenmyer@litwareinc.com"),
            SeenShell(shellID: "B", name: "usher/jump2/s100", owner: "kenmyer@litwareinc.com"),
        ]
        let list = ShellList(askedAt: desk.now, shells: shells, isComplete: true)
        let effects = desk.handle(.shellsListed(Account(.litware, .kenmyer), .listed(list)))
        #expect(effects == [.endForeign(Account(.litware, .kenmyer), shells[0], UserID(1006))])
        let ended = desk.handle(.foreignEnded(Account(.litware, .kenmyer), shellID: "a", nil))
        let report = try report(ended)
        #expect(report.foreign.map(\.shell.shellID) == ["A"] && report.kept.count == 1)
        #expect(desk.broker.foreignShells(at: .litware).map(\.shell.shellID) == ["B"])
    }

    @Test mutating func `a tenant that does not answer is a trouble and keeps nobody waiting`() throws {
        desk.ask(.olga(), .listForeign(tenant: .litware))
        let effects = desk.pass(.seconds(5))
        guard case .foreign(let report)? = effects.answers.first else {
            Issue.record("no answer")
            return
        }
        #expect(report.troubles.map(\.account.admin) == [.dana, .kenmyer, .pilar, .priya])
    }

    @Test mutating func `whoever leaves waits for nothing`() throws {
        let id = try desk.open(.ken(), lease: .detached)
        _ = reclaim(.ken(77)) { $0.tenant = .litware }
        desk.handle(.clientLeft(ConnectionID(77)))
        #expect(desk.handle(.sessionClosed(id)).answers == [])
    }
}

/// Tenants that are closed for a while.
@Suite struct LockTests {
    var desk = Desk()

    @Test mutating func `a lock refuses new sessions, sends home who waits, and leaves what is there`() throws {
        let ids = try (1...3).map { _ in try desk.open(.ken(), lease: .detached) }
        desk.acquire(.ken(11), wait: .minutes(1))
        let locked = desk.ask(.olga(), .lock(.litware, message: "moved", span: .seconds(10), cut: false))
        #expect(locked.refusal == .tenantLocked(.litware, "moved", retryAfter: .seconds(10)))
        #expect(locked.closedSessions == [])
        #expect(desk.acquire(.dana()).refusal == .tenantLocked(.litware, "moved", retryAfter: .seconds(10)))
        try desk.run(.ken(), ids[0])
        try desk.open(.ken(12), "console")
        desk.pass(.seconds(10))
        #expect(desk.acquire(.dana()).takenSeats.count == 1)
    }

    @Test mutating func `with cut the present ones end, by name of who said so`() throws {
        let id = try desk.open(.ken(), lease: .detached)
        let effects = desk.ask(.olga(), .lock(.litware, message: "moved", span: nil, cut: true))
        #expect(effects.closedSessions == [id])
        #expect(
            effects.records.contains(
                .ordered(id, .locked, by: Principal(uid: UserID(1006), user: "olga"), at: desk.now)))
        #expect(desk.handle(.sessionClosed(id)).records.last == .ended(id, .locked, at: desk.now))
    }

    @Test mutating func `a lock comes back with the journal`() {
        let lock = TenantLock(
            message: "moved", until: nil, by: Principal(uid: UserID(1006), user: "olga"), since: desk.now)
        var later = Desk(journal: JournalContents(locks: [.litware: lock]))
        #expect(later.acquire(.ken()).refusal == .tenantLocked(.litware, "moved", retryAfter: nil))
        later.ask(.root(), .unlock(.litware))
        #expect(later.acquire(.ken()).takenSeats.count == 1)
    }

    @Test func `nothing is locked before it is known what is`() {
        var unread = Desk(unread: .sample)
        guard case .stateUnavailable? = unread.ask(.root(), .unlock(.litware)).refusal else {
            Issue.record("the journal was not read")
            return
        }
    }
}
