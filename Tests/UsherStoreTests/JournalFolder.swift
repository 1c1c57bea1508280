import GRDB
import Glibc
import Synchronization
import UsherCore
import UsherStore

/// A directory of its own for one test, with a journal in it and the clocks it goes by.
final class JournalFolder {
    let path: String
    let clock = HandClock()

    init() {
        let template = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/usher-store-XXXXXX"
        var bytes = Array(template.utf8CString)
        let made = mkdtemp(&bytes)
        precondition(made != nil, "no folder could be made for the test")
        path = String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path)
    }

    var file: String { path + "/state.sqlite" }

    /// What lies in the folder.
    var names: Set<String> {
        guard let directory = opendir(path) else { return [] }
        defer { closedir(directory) }
        var names: Set<String> = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.insert(name) }
        }
        return names
    }

    /// A life of the journal. It ends when nobody refers to it any more.
    func life() -> Journal { Journal(path: file, clock: clock) }

    /// Reads in a life of its own.
    func read() throws(JournalTrouble) -> JournalContents { try life().read() }

    /// Writes in a life of its own, which reads first, as each does.
    func write(_ records: [UsherCore.Record]) throws(JournalTrouble) {
        let journal = life()
        _ = try journal.read()
        try journal.write(records)
    }

    /// What an operator does with the sqlite3 shell.
    func query<Value: DatabaseValueConvertible>(_ sql: String, at path: String? = nil) throws -> [Value] {
        try DatabaseQueue(path: path ?? file).read { try Value.fetchAll($0, sql: sql) }
    }

    /// What no operator should do.
    func execute(_ sql: String) throws { try DatabaseQueue(path: file).write { try $0.execute(sql: sql) } }

    func mode(of name: String) -> UInt32? {
        var status = stat()
        return stat(path + "/" + name, &status) == 0 ? status.st_mode & 0o777 : nil
    }
}

/// Clocks that stand still until they are set.
final class HandClock: JournalClock {
    private struct Hands {
        var boot = "first"
        var now = Moment.start + .hours(100)
        var wall: Int64 = 1_790_000_000_000
    }

    private let hands = Mutex(Hands())

    var bootID: String { hands.withLock(\.boot) }
    var now: Moment { hands.withLock(\.now) }
    var wallMilliseconds: Int64 { hands.withLock(\.wall) }

    /// Time goes by, on both clocks.
    func pass(_ span: Duration) {
        hands.withLock {
            $0.now = $0.now + span
            $0.wall += span.nanoseconds / 1_000_000
        }
    }

    /// Somebody sets the wall clock.
    func setWall(by span: Duration) { hands.withLock { $0.wall += span.nanoseconds / 1_000_000 } }

    /// The machine starts again: its boot clock begins anew, the wall clock shows how long it was off.
    func reboot(as boot: String, off: Duration, up: Duration = .seconds(30)) {
        hands.withLock {
            $0.boot = boot
            $0.now = .start + up
            $0.wall += (off + up).nanoseconds / 1_000_000
        }
    }
}

extension SessionIdentity {
    /// The first, second, ... session, begun when the clock showed `since`.
    static func sample(_ place: UInt64, since: Moment, bare: Bool = false) -> SessionIdentity {
        SessionIdentity(
            id: .nth(place), tenant: TenantName("litware")!, admin: AdminName("kenmyer")!,
            kind: bare ? .seats : .shells, owner: UserID(1001), user: "ken", pid: 4001,
            terminal: bare ? nil : "pts/3", purpose: bare ? nil : "mailbox move\n\u{1b}[31m — “ü”",
            request: bare ? nil : RequestID("request-\(place)"), since: since)
    }
}

extension SessionRecord {
    static func sample(
        _ place: UInt64, since: Moment, lease: LeaseRecord = .connection, lastUsed: Moment? = nil,
        invocations: Int = 0, end: End? = nil, bare: Bool = false
    ) -> SessionRecord {
        SessionRecord(
            identity: .sample(place, since: since, bare: bare), lease: lease, lastUsed: lastUsed ?? since,
            invocations: invocations, end: end)
    }
}

extension SessionID {
    /// The first, second, ... id.
    static func nth(_ place: UInt64) -> SessionID { SessionID(number: SessionID.first.number + place - 1) }
}

extension JournalContents {
    /// The same, whichever life of the daemon read it.
    var inAnyLife: JournalContents {
        var contents = self
        contents.life = 1
        return contents
    }
}
