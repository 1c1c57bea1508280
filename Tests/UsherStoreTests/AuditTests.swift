import Testing
import UsherCore

@testable import UsherStore

/// What people read of the journal, and what a restart reads back beside the sessions.
@Suite struct AuditTests {
    let folder = JournalFolder()
    let litware = TenantName("litware")!

    func events(_ scope: AuditScope, tenant: TenantName? = nil, since: Int64 = .min) throws -> [AuditEvent] {
        try AuditReader(path: folder.file, scope: scope, tenant: tenant, since: since).page(after: 0)
    }

    func scope(all: Bool = false, uid: UInt32 = 1001, _ tenants: [TenantName] = []) -> AuditScope {
        AuditScope(all: all, uid: UserID(uid), tenants: tenants)
    }

    @Test func `everyone reads what he may see, and the shell is its owner's and the operators'`() throws {
        let now = folder.clock.now
        let shell = ShellRecord(
            shellID: "76056A84", endpoint: "https://a", resourceURI: "b", clientID: ShellID(.zero),
            poolID: ShellID(.zero),
            protocolVersion: "2.3")
        try folder.write([
            .taken(.sample(1, since: now)), .opened(.nth(1), shell), .ended(.nth(1), .closed, at: now),
        ])
        let own = try events(scope())
        #expect(own.map(\.event) == ["began", "opened", "ended"])
        #expect(own.map(\.shell) == [nil, "76056A84", "76056A84"])
        #expect(own.last?.reason == "closed")
        #expect(try events(scope(all: true, uid: 0)).last?.shell == "76056A84")
        let colleague = try events(scope(uid: 1002, [litware]))
        #expect(colleague.map(\.event) == ["began", "opened", "ended"])
        #expect(colleague.allSatisfy { $0.shell == nil })
        #expect(try events(scope(uid: 1002)) == [])
    }

    @Test func `a tenant, a time and a page bound it`() throws {
        let now = folder.clock.now
        let count = UInt64(AuditReader.pageSize / 2 + 1)
        try folder.write(
            (1...count).flatMap { place -> [Record] in
                [.taken(.sample(place, since: now)), .ended(.nth(place), .closed, at: now)]
            })
        let reader = AuditReader(path: folder.file, scope: scope(all: true), tenant: nil, since: .min)
        let first = try reader.page(after: 0)
        #expect(first.count == AuditReader.pageSize)
        #expect(try reader.page(after: try #require(first.last).number).count == 2)
        #expect(try events(scope(all: true), tenant: TenantName("console")) == [])
        #expect(try events(scope(all: true), since: .max) == [])
    }

    @Test func `who had something done is in it`() throws {
        let now = folder.clock.now
        let olga = Principal(uid: UserID(1006), user: "olga")
        let lock = TenantLock(message: "moved", until: nil, by: olga, since: now)
        try folder.write([
            .taken(.sample(1, since: now)), .ordered(.nth(1), .forgotten, by: olga, at: now), .locked(litware, lock),
        ])
        let ordered = try events(scope(all: true)).dropFirst()
        #expect(ordered.map(\.event) == ["ordered", "locked"])
        #expect(ordered.allSatisfy { $0.actor == "olga" && $0.actorUID == 1006 })
        #expect(ordered.last?.note == "moved" && ordered.last?.session == nil)
    }

    @Test func `locks, and what may run, are read back`() throws {
        let now = folder.clock.now
        let lock = TenantLock(
            message: "moved", until: now + .minutes(5), by: Principal(uid: UserID(1006), user: "olga"), since: now)
        try folder.write([
            .taken(.sample(1, since: now)), .taken(.sample(2, since: now)), .invoking(.nth(1), invocations: 1, at: now),
            .invoking(.nth(2), invocations: 1, at: now), .used(.nth(2), invocations: 1, at: now),
            .locked(litware, lock),
        ])
        let contents = try folder.read()
        #expect(contents.sessions.map(\.mayRun) == [true, false])
        #expect(contents.locks == [litware: lock])
        try folder.write([.unlocked(litware, by: nil, at: now)])
        #expect(try folder.read().locks == [:])
    }
}
