internal import GRDB
internal import Glibc
public import UsherCore

// The journal: one SQLite file, one connection, one user. It does what it is told in the order in which it is told,
// and knows no rule; what goes into one commit and what follows from a failure is in UsherCore's GroupCommit.
//
// A batch is durable when `write` returns: WAL with synchronous FULL syncs the log with each commit. After any failure
// the connection is dropped and the next call opens the file anew, because the file may have been repaired, replaced
// or moved to a new disk meanwhile; the broker then sends everything that it holds.

/// The state database. Not for use from several threads: `JournalWriter` owns it.
public final class Journal {
    private let path: String
    private let clock: any JournalClock
    private var connection: Connection?
    private var lock: Int32 = -1

    /// Names the file; nothing is opened yet.
    public init(path: String, clock: any JournalClock) {
        self.path = path
        self.clock = clock
    }

    deinit {
        disconnect()
        if lock >= 0 { Glibc.close(lock) }
    }

    /// Reads what an earlier life left, creating or upgrading the file where needed.
    public func read() throws(JournalTrouble) -> JournalContents {
        try use { database, _ in
            var contents = JournalContents()
            try database.inTransaction(.immediate) {
                contents = try Self.contents(database, self.clock)
                return .commit
            }
            return contents
        }
    }

    /// Makes the records durable, all or none.
    public func write(_ records: [UsherCore.Record]) throws(JournalTrouble) {
        guard connection == nil || connection?.file == FileID(of: path) else {
            disconnect()
            throw JournalTrouble(
                path, "was removed or replaced while it was in use",
                wayOut: "It is opened anew and written whole at the next try.")
        }
        try use { database, statements in
            let instant = Instant(self.clock)
            try database.inTransaction(.immediate) {
                for record in records { try statements.write(record, database, instant) }
                return .commit
            }
        }
    }

    /// Lets go of the file, which then has everything in it: SQLite writes its log back with the last connection.
    public func close() { disconnect() }

    /// How much the open file syncs, 2 being FULL. For a test: nothing else but a power cut tells whether a commit lasts.
    var synchronous: Int? {
        get throws { try connection?.queue.inDatabase { try Int.fetchOne($0, sql: "PRAGMA synchronous") } }
    }

    private struct Connection {
        let queue: DatabaseQueue
        var statements: JournalStatements?
        /// What the path led to. When it leads elsewhere, writing on would reach nobody.
        let file: FileID?
        /// The write-ahead log that belongs to that file and to no other.
        let log: FileID?
    }

    private func use<Value>(_ body: (Database, JournalStatements) throws -> Value) throws(JournalTrouble) -> Value {
        do {
            let connection = try self.connection ?? open()
            self.connection = connection
            return try connection.queue.inDatabase { database in
                guard let statements = connection.statements else { preconditionFailure("Closed while in use") }
                return try body(database, statements)
            }
        } catch let trouble as JournalTrouble {
            throw trouble
        } catch {
            disconnect()
            throw JournalTrouble(path, error)
        }
    }

    /// The next use opens the file anew. Statements go before the connection that they were prepared for.
    private func disconnect() {
        let file = connection?.file
        let log = connection?.log
        connection?.statements = nil
        connection = nil
        // SQLite leaves the log where it is when the file under it was moved, and would then take it for that of
        // whatever lies there now, which damages it.
        if let log, FileID(of: path) != file, FileID(of: path + "-wal") == log {
            unlink(path + "-wal")
            unlink(path + "-shm")
        }
    }

    private func open() throws -> Connection {
        try lockOut()
        // Created here so that it never has any other mode; SQLite gives its companions the same.
        let file = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else {
            throw JournalTrouble(
                path, "cannot be opened: \(String(cString: strerror(errno)))",
                wayOut: "Its directory must exist and be writable for the user of usherd.")
        }
        Glibc.close(file)
        var configuration = GRDB.Configuration()
        configuration.journalMode = .wal
        configuration.busyMode = .timeout(5)
        configuration.label = "journal"
        let database = try DatabaseQueue(path: path, configuration: configuration)
        // Only now: to set up WAL mode GRDB sets NORMAL, whatever was set before, and with that no commit is durable.
        try database.inDatabase { try $0.execute(sql: "PRAGMA synchronous = FULL") }
        let migrator = Schema.migrator
        if try database.read(migrator.hasBeenSuperseded) {
            throw JournalTrouble(
                path, "was written by a newer Usher", wayOut: "Install that version again, or move the file away.")
        }
        try migrator.migrate(database)
        let statements = try database.inDatabase { try JournalStatements($0) }
        return Connection(
            queue: database, statements: statements, file: FileID(of: path), log: FileID(of: path + "-wal"))
    }

    /// Two daemons on one journal would both give out the same seats.
    private func lockOut() throws(JournalTrouble) {
        guard lock < 0 else { return }
        let file = Glibc.open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        guard file >= 0 else {
            throw JournalTrouble(
                path, "cannot be locked: \(path).lock: \(String(cString: strerror(errno)))",
                wayOut: "Its directory must exist and be writable for the user of usherd.")
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            Glibc.close(file)
            throw JournalTrouble(path, "is in use by another usherd", wayOut: "Stop that one first.")
        }
        lock = file
    }
}

/// Which file a path leads to.
private struct FileID: Equatable {
    let device: dev_t
    let inode: ino_t

    /// Nil when there is none.
    init?(of path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        device = status.st_dev
        inode = status.st_ino
    }
}
