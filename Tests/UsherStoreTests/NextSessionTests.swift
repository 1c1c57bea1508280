import Testing
import UsherCore
import UsherStore

/// An id is somebody's word for his session: it is never another's.
@Suite struct NextSessionTests {
    let folder = JournalFolder()
    var now: Moment { folder.clock.now }

    private func next() throws -> SessionID { try folder.read().nextSession }

    @Test func `a new file begins with the first id`() throws { #expect(try next() == .first) }

    @Test func `the id after the last is next, also when that has ended`() throws {
        try folder.write([.taken(.sample(1, since: now)), .taken(.sample(2, since: now))])
        #expect(try next() == .nth(3))
        try folder.write([.ended(.nth(2), .closed, at: now), .ended(.nth(1), .closed, at: now)])
        #expect(try next() == .nth(3))
    }

    @Test func `a pruned file remembers which id is next`() throws {
        try folder.write([.taken(.sample(1, since: now)), .ended(.nth(1), .closed, at: now)])
        folder.clock.pass(.hours(1))
        try folder.write([.pruned(before: folder.clock.now)])
        #expect(try folder.query("SELECT count(*) FROM events") == [0])
        #expect(try folder.read().inAnyLife == JournalContents(nextSession: .nth(2)))
    }

    @Test func `only events that are older go`() throws {
        try folder.write([.taken(.sample(1, since: now)), .ended(.nth(1), .closed, at: now)])
        folder.clock.pass(.hours(1))
        let border = folder.clock.now
        try folder.write([.taken(.sample(2, since: border)), .ended(.nth(2), .closed, at: border)])
        try folder.write([.pruned(before: border)])
        #expect(try folder.query("SELECT session FROM events") == ["s101", "s101"])
        #expect(try next() == .nth(3))
    }

    @Test func `a session that is held outlives the events of its beginning`() throws {
        try folder.write([.taken(.sample(7, since: now))])
        folder.clock.pass(.hours(1))
        try folder.write([.pruned(before: folder.clock.now)])
        #expect(try folder.read().sessions.map(\.identity.id) == [.nth(7)])
        #expect(try next() == .nth(8))
    }

    @Test func `a file that lies there anew is told which id is next`() throws {
        try folder.write([.held([.sample(3, since: now)], nextSession: .nth(40))])
        #expect(try next() == .nth(40))
        try folder.write([.ended(.nth(3), .closed, at: now)])
        #expect(try next() == .nth(40))
    }

    @Test func `what is held sets no id back`() throws {
        try folder.write([.held([], nextSession: .nth(40))])
        try folder.write([.held([], nextSession: .nth(4))])
        #expect(try next() == .nth(40))
    }

    @Test func `an id is next after those that only the file's number knows`() throws {
        try folder.write([])
        try folder.execute("UPDATE daemon SET next_session = 5000")
        #expect(try next() == SessionID(number: 5000))
        try folder.execute("UPDATE daemon SET next_session = -3")
        #expect(try next() == .first)
    }
}
