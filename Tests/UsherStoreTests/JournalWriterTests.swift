import Glibc
import Synchronization
import Testing
import UsherCore
import UsherStore

@Suite struct JournalWriterTests {
    let folder = JournalFolder()
    var now: Moment { folder.clock.now }

    @Test func `jobs are done in order, each answered once`() async throws {
        let writer = JournalWriter(path: folder.file, clock: folder.clock)
        defer { writer.close() }
        let answers = Answers()
        for place in UInt64(1)...100 {
            let seat = Record.taken(.sample(place, since: now))
            // Every tenth seat is asked for twice, which fails without harm to those before and after it.
            writer.write(place % 10 == 0 ? [seat, seat] : [seat]) { answers.add(place, $0) }
        }
        let contents = try await writer.read().get()
        let granted = (UInt64(1)...100).filter { $0 % 10 != 0 }
        #expect(answers.all.map(\.place) == Array(1...100))
        #expect(answers.all.filter(\.isDone).map(\.place) == granted)
        #expect(contents.sessions.map(\.identity.id) == granted.map(SessionID.nth))
    }

    @Test func `jobs from many threads are all answered`() async throws {
        let writer = JournalWriter(path: folder.file, clock: folder.clock)
        defer { writer.close() }
        let since = now
        await withTaskGroup { group in
            for place in UInt64(1)...50 {
                group.addTask { _ = await writer.write([.taken(.sample(place, since: since))]) }
            }
        }
        #expect(try await writer.read().get().sessions.count == 50)
    }

    @Test func `trouble is an answer, and the next job tries again`() async throws {
        mkdir(folder.file, 0o700)
        let writer = JournalWriter(path: folder.file, clock: folder.clock)
        defer { writer.close() }
        let read = await writer.read()
        let trouble = #expect(throws: JournalTrouble.self) { try read.get() }
        #expect(trouble?.description.contains("\(folder.file) cannot be opened: Is a directory.") == true)
        rmdir(folder.file)
        try await writer.write([.held([.sample(1, since: now)], nextSession: .nth(2))]).get()
        #expect(try await writer.read().get().sessions.map(\.identity.id) == [.nth(1)])
    }

    @Test func `closing lets the jobs be done that are there, and the file go`() async throws {
        let writer = JournalWriter(path: folder.file, clock: folder.clock)
        let answers = Answers()
        await withCheckedContinuation { continuation in
            for place in UInt64(1)...20 {
                writer.write([.taken(.sample(place, since: now))]) { result in
                    answers.add(place, result)
                    if place == 20 { continuation.resume() }
                }
            }
            writer.close()
        }
        #expect(answers.all.map(\.place) == Array(1...20))
    }
}

extension JournalWriter {
    fileprivate func read() async -> Result<JournalContents, JournalTrouble> {
        await withCheckedContinuation { continuation in read { continuation.resume(returning: $0) } }
    }

    fileprivate func write(_ records: [Record]) async -> Result<Void, JournalTrouble> {
        await withCheckedContinuation { continuation in write(records) { continuation.resume(returning: $0) } }
    }
}

/// Answers as they came.
private final class Answers: Sendable {
    struct Answer: Sendable {
        let place: UInt64
        let isDone: Bool
    }

    private let answers = Mutex<[Answer]>([])

    var all: [Answer] { answers.withLock { $0 } }

    func add(_ place: UInt64, _ result: Result<Void, JournalTrouble>) {
        let isDone = if case .success = result { true } else { false }
        answers.withLock { $0.append(Answer(place: place, isDone: isDone)) }
    }
}
