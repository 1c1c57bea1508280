import GRDB
import Glibc
import Testing
import UsherCore
import UsherStore

/// The file as an operator finds it.
@Suite struct FileTests {
    let folder = JournalFolder()
    var now: Moment { folder.clock.now }

    @Test func `nobody but owner and group may look into any of its files`() async {
        // In a process of its own, because the mask is a process's.
        await #expect(processExitsWith: .success) {
            umask(0)
            let folder = JournalFolder()
            let journal = folder.life()
            try journal.write([.taken(.sample(1, since: folder.clock.now))])
            #expect(
                folder.names == ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "state.sqlite.lock"])
            for name in folder.names { #expect(folder.mode(of: name) == 0o640, "\(name)") }
        }
    }

    @Test func `it can be read while it is written`() throws {
        let journal = folder.life()
        try journal.write([.taken(.sample(1, since: now, bare: true))])
        let reader = try DatabaseQueue(path: folder.file)
        try reader.inDatabase { database in
            // Somebody goes to lunch in the middle of looking.
            try database.execute(sql: "BEGIN")
            #expect(try String.fetchAll(database, sql: "SELECT session FROM holders") == ["s100"])
            try journal.write([.taken(.sample(2, since: now, bare: true))])
            #expect(try String.fetchAll(database, sql: "SELECT session FROM holders") == ["s100"])
            try database.execute(sql: "COMMIT")
            #expect(try String.fetchAll(database, sql: "SELECT session FROM holders") == ["s100", "s101"])
        }
    }

    @Test func `the sqlite3 shell reads it`() throws {
        let journal = folder.life()
        try journal.write([.taken(.sample(1, since: now, bare: true))])
        let output = folder.path + "/output"
        let statement = "SELECT session, tenant, admin, user, lease, state, since FROM holders"
        guard try run(["sqlite3", "-readonly", folder.file, statement], output: output) else {
            print("NOT RUN: there is no sqlite3 shell here")
            return
        }
        #expect(try text(output).hasPrefix("s100|litware|kenmyer|ken|connection|held|2026-09-2"))
    }

    @Test func `its times are dates for people`() throws {
        try folder.write([.taken(.sample(1, since: now))])
        #expect(try folder.query("SELECT since = last_used FROM holders") == [true])
        #expect(try folder.query("SELECT since FROM sessions") == [folder.clock.wallMilliseconds])
        #expect(try folder.query("SELECT at FROM events") == [folder.clock.wallMilliseconds])
    }

    @Test func `a second usherd is refused, and takes over when the first is gone`() throws {
        var first: Journal? = folder.life()
        _ = try first?.read()
        let second = folder.life()
        let trouble = #expect(throws: JournalTrouble.self) { try second.read() }
        #expect(
            trouble?.description
                == "The journal \(folder.file) is in use by another usherd. Stop that one first.")
        #expect(throws: JournalTrouble.self) { try second.write([]) }
        first = nil
        #expect(try second.read().inAnyLife == JournalContents())
    }

    @Test func `a failure does not let a second usherd in`() throws {
        let first = folder.life()
        try first.write([.taken(.sample(1, since: now))])
        #expect(throws: JournalTrouble.self) { try first.write([.taken(.sample(1, since: now))]) }
        #expect(throws: JournalTrouble.self) { try folder.life().read() }
    }

    /// Whether the program was there and said nothing of a failure.
    private func run(_ arguments: [String], output: String) throws -> Bool {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
        var words = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid = pid_t()
        guard posix_spawnp(&pid, arguments[0], &actions, nil, &words, environ) == 0 else { return false }
        var status: Int32 = 0
        try #require(waitpid(pid, &status, 0) == pid)
        if status >> 8 & 0xff == 127 { return false }
        try #require(status == 0)
        return true
    }

    private func text(_ path: String) throws -> String {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        try #require(file >= 0)
        defer { close(file) }
        return String(unsafeUninitializedCapacity: 4096) { max(0, read(file, $0.baseAddress, $0.count)) }
    }
}
