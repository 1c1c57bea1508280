import GRDB
import Glibc
import Testing
import UsherCore
import UsherStore

/// What goes wrong with the file is told with its name and the way out, and is over once the way out is taken.
@Suite struct TroubleTests {
    let folder = JournalFolder()
    var now: Moment { folder.clock.now }

    private var seat: SessionRecord { .sample(1, since: now) }
    private var held: UsherCore.Record { .held([seat], nextSession: .nth(2)) }

    private func expectTrouble(
        _ what: String, wayOut: String, at location: SourceLocation = #_sourceLocation, _ body: () throws -> Void
    ) {
        let trouble = #expect(throws: JournalTrouble.self, sourceLocation: location) { try body() }
        let words = trouble?.description ?? ""
        #expect(words.hasPrefix("The journal \(folder.file) \(what)"), sourceLocation: location)
        #expect(words.hasSuffix(wayOut), sourceLocation: location)
    }

    /// Everything works again, and what is held is in the file.
    private func expectWell(_ journal: Journal, at location: SourceLocation = #_sourceLocation) throws {
        try journal.write([held])
        #expect(
            try journal.read().inAnyLife == JournalContents(sessions: [seat], nextSession: .nth(2)),
            sourceLocation: location)
        #expect(try folder.query("SELECT session FROM sessions") == ["s100"], sourceLocation: location)
    }

    @Test func `a file that was removed is missed, and made anew`() throws {
        let journal = folder.life()
        try journal.write([held])
        unlink(folder.file)
        expectTrouble("was removed or replaced while it was in use", wayOut: "at the next try.") {
            try journal.write([.used(.nth(1), invocations: 1, at: now)])
        }
        try expectWell(journal)
    }

    @Test func `a file that was removed with its companions is made anew`() throws {
        let journal = folder.life()
        try journal.write([held])
        for name in folder.names where !name.hasSuffix(".lock") { unlink(folder.path + "/" + name) }
        expectTrouble("was removed or replaced", wayOut: "at the next try.") { try journal.write([]) }
        try expectWell(journal)
    }

    @Test func `a file that was replaced by an older copy is written whole, without the other one's log`() throws {
        try folder.write([.taken(.sample(7, since: now))])
        try copy(folder.file, to: folder.path + "/copy")
        let journal = folder.life()
        for place in UInt64(8)...200 { try journal.write([.taken(.sample(place, since: now))]) }
        rename(folder.path + "/copy", folder.file)
        expectTrouble("was removed or replaced", wayOut: "at the next try.") { try journal.write([]) }
        #expect(folder.names == ["state.sqlite", "state.sqlite.lock"])
        #expect(try journal.read().sessions.map(\.identity.id) == [.nth(7)])
        try journal.write([.held([seat], nextSession: .nth(201))])
        #expect(try journal.read().inAnyLife == JournalContents(sessions: [seat], nextSession: .nth(201)))
        #expect(try folder.query("PRAGMA integrity_check") == ["ok"])
    }

    @Test func `a file that was replaced together with its log is read with that`() throws {
        let other = JournalFolder()
        let past = other.life()
        try past.write([.held([], nextSession: .first), .taken(.sample(7, since: now))])
        let journal = folder.life()
        try journal.write([.taken(.sample(1, since: now))])
        for end in ["", "-wal"] {
            try copy(other.file + end, to: folder.path + "/copy")
            rename(folder.path + "/copy", folder.file + end)
        }
        expectTrouble("was removed or replaced", wayOut: "at the next try.") { try journal.write([]) }
        #expect(try journal.read().sessions.map(\.identity.id) == [.nth(7)])
    }

    @Test func `a file that is no database is said to be none`() throws {
        try write("this is no database, and long enough to be looked at\n", times: 100)
        let journal = folder.life()
        expectTrouble("cannot be used: file is not a database.", wayOut: "until these forget them, too.") {
            _ = try journal.read()
        }
        unlink(folder.file)
        try expectWell(journal)
    }

    @Test func `a file that was damaged is said to be`() throws {
        try folder.write([.taken(.sample(1, since: now))])
        try copy(folder.file, to: folder.path + "/good")
        let file = open(folder.file, O_WRONLY | O_CLOEXEC)
        let noise = [UInt8](repeating: 0x55, count: 4096)
        for page in 1..<12 { pwrite(file, noise, noise.count, page * noise.count) }
        close(file)
        let journal = folder.life()
        expectTrouble("cannot be used: database disk image is malformed.", wayOut: "until these forget them, too.") {
            _ = try journal.read()
        }
        rename(folder.path + "/good", folder.file)
        #expect(try journal.read().sessions == [seat])
    }

    @Test func `a file of a newer Usher is left as it is`() throws {
        try folder.write([.taken(.sample(1, since: now))])
        try folder.execute("INSERT INTO grdb_migrations VALUES ('99 something new')")
        let journal = folder.life()
        expectTrouble("was written by a newer Usher.", wayOut: "or move the file away.") { _ = try journal.read() }
        expectTrouble("was written by a newer Usher.", wayOut: "or move the file away.") { try journal.write([held]) }
        #expect(try folder.query("SELECT session FROM sessions") == ["s100"])
        try folder.execute("DELETE FROM grdb_migrations WHERE identifier LIKE '99%'")
        try expectWell(journal)
    }

    @Test func `a directory that is not there is said to be missing`() throws {
        let journal = Journal(path: folder.path + "/sub/state.sqlite", clock: folder.clock)
        let trouble = #expect(throws: JournalTrouble.self) { try journal.read() }
        #expect(trouble?.description.contains("\(folder.path)/sub/state.sqlite.lock: No such file") == true)
        #expect(trouble?.description.hasSuffix("writable for the user of usherd.") == true)
        mkdir(folder.path + "/sub", 0o750)
        #expect(try journal.read().inAnyLife == JournalContents())
        for name in ["", "-wal", "-shm", ".lock"] { unlink(folder.path + "/sub/state.sqlite" + name) }
        rmdir(folder.path + "/sub")
    }

    @Test(arguments: [
        "tenant = 'Not A Name'", "admin = ''", "kind = 'boats'", "lease = 'rented'", "lease = 'console'",
    ])
    func `a row that makes no sense is named`(_ edit: String) throws {
        try folder.write([.taken(.sample(1, since: now)), .taken(.sample(2, since: now))])
        try folder.execute("UPDATE sessions SET \(edit) WHERE session = 's101'")
        let journal = folder.life()
        expectTrouble("cannot be used: row 1025 of its table sessions makes no sense.", wayOut: "every second.") {
            _ = try journal.read()
        }
        try folder.execute("DELETE FROM sessions WHERE session = 's101'")
        #expect(try journal.read().sessions.map(\.identity.id) == [.nth(1)])
    }

    @Test func `a past that makes no sense is left out, because it holds no seat`() throws {
        try folder.write([.taken(.sample(1, since: now)), .ended(.nth(1), .closed, at: now)])
        try folder.execute("UPDATE events SET reason = 'boredom'")
        #expect(try folder.read().inAnyLife == JournalContents(nextSession: .nth(2)))
    }

    @Test func `somebody who writes to it for long is told of`() async throws {
        let journal = folder.life()
        try journal.write([held])
        let other = try DatabaseQueue(path: folder.file)
        try other.inDatabase { database in
            try database.execute(sql: "BEGIN IMMEDIATE")
            // Takes as long as the journal is patient.
            expectTrouble("cannot be used: database is locked.", wayOut: "close that program.") {
                try journal.write([held])
            }
            try database.execute(sql: "ROLLBACK")
        }
        try expectWell(journal)
    }

    private func write(_ line: String, times: Int) throws {
        let file = open(folder.file, O_WRONLY | O_CREAT | O_CLOEXEC, 0o640)
        try #require(file >= 0)
        defer { close(file) }
        let bytes = Array(line.utf8)
        for _ in 0..<times { try #require(Glibc.write(file, bytes, bytes.count) == bytes.count) }
    }
}
