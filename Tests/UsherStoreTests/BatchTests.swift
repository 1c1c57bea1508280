import Glibc
import Testing
import UsherCore

@testable import UsherStore

@Suite struct BatchTests {
    let folder = JournalFolder()
    var now: Moment { folder.clock.now }

    @Test func `a batch is all or nothing`() throws {
        let journal = folder.life()
        try journal.write([.taken(.sample(1, since: now))])
        // The same seat twice is something no broker asks for.
        let trouble = #expect(throws: JournalTrouble.self) {
            try journal.write([
                .ended(.nth(1), .closed, at: now), .taken(.sample(2, since: now)), .taken(.sample(2, since: now)),
            ])
        }
        #expect(trouble?.path == folder.file)
        #expect(try journal.read().sessions.map(\.identity.id) == [.nth(1)])
        #expect(try folder.query("SELECT event FROM events") == ["began"])
    }

    @Test func `after a failure the next batch is written`() throws {
        let journal = folder.life()
        try journal.write([.taken(.sample(1, since: now))])
        #expect(throws: JournalTrouble.self) { try journal.write([.taken(.sample(1, since: now))]) }
        try journal.write([.held([.sample(1, since: now)], nextSession: .nth(2)), .taken(.sample(2, since: now))])
        #expect(try journal.read().sessions.map(\.identity.id) == [.nth(1), .nth(2)])
    }

    @Test func `each commit syncs the log, whatever GRDB thinks is good for most`() throws {
        let journal = folder.life()
        _ = try journal.read()
        #expect(try journal.synchronous == 2)
        // Also after trouble, when the file was opened anew.
        #expect(throws: JournalTrouble.self) {
            try journal.write([.taken(.sample(1, since: now)), .taken(.sample(1, since: now))])
        }
        try journal.write([.taken(.sample(1, since: now))])
        #expect(try journal.synchronous == 2)
    }

    @Test func `an empty batch is no trouble`() throws {
        try folder.life().write([])
        #expect(try folder.read().inAnyLife == JournalContents())
    }

    @Test func `what was written is there after a kill, before anybody heard so`() throws {
        let journal = folder.life()
        let seat = SessionRecord.sample(1, since: now)
        try journal.write([.held([], nextSession: .first), .taken(seat)])
        // What a kill at this moment leaves is what lies on the disk: nothing was closed, nothing moved from the log
        // into the file. No copy of the shared memory, which does not outlive a machine.
        let left = JournalFolder()
        try copy(folder.file, to: left.file)
        try copy(folder.file + "-wal", to: left.file + "-wal")
        #expect(try left.read() == JournalContents(sessions: [seat], nextSession: .nth(2)))
        try journal.write([.ended(.nth(1), .closed, at: now)])
    }

    @Test func `what a kill cut off in the middle of a commit was never there`() throws {
        let journal = folder.life()
        let seat = SessionRecord.sample(1, since: now)
        try journal.write([.held([], nextSession: .first), .taken(seat)])
        let whole = try #require(size(folder.file + "-wal"))
        try journal.write([.taken(.sample(2, since: now)), .ended(.nth(1), .closed, at: now)])
        let further = try #require(size(folder.file + "-wal"))
        #expect(further > whole)
        for length in stride(from: whole, to: further, by: 997) {
            let left = JournalFolder()
            try copy(folder.file, to: left.file)
            try copy(folder.file + "-wal", to: left.file + "-wal", bytesMax: length)
            #expect(try left.read().sessions == [seat], "\(length) of \(further) bytes")
        }
    }

    @Test func `the log is synced with each commit`() throws {
        // The connection itself is not to be seen from here; its file is, while it writes.
        let journal = folder.life()
        try journal.write([.taken(.sample(1, since: now))])
        #expect(folder.names.isSuperset(of: ["state.sqlite", "state.sqlite-wal"]))
        #expect(try folder.query("PRAGMA journal_mode") == ["wal"])
    }

    private func size(_ path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }
}

/// Copies a file as it lies on the disk.
func copy(_ source: String, to target: String, bytesMax: Int = .max) throws {
    let from = open(source, O_RDONLY | O_CLOEXEC)
    let to = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o640)
    defer {
        close(from)
        close(to)
    }
    try #require(from >= 0 && to >= 0)
    var bytes = [UInt8](repeating: 0, count: 1 << 22)
    let count = read(from, &bytes, bytes.count)
    try #require(count >= 0 && count < bytes.count)
    let kept = min(count, bytesMax)
    try #require(write(to, bytes, kept) == kept)
}
