import Testing
import UsherCore
import UsherStore

/// The file has each time twice, because the boot clock means nothing after a reboot and the wall clock may be set.
@Suite struct TimesTests {
    let folder = JournalFolder()
    var clock: HandClock { folder.clock }

    private func unconfirmed(freesIn span: Duration) -> SessionRecord {
        .sample(
            1, since: clock.now, lastUsed: clock.now,
            end: .init(reason: .closed, freesAt: clock.now + span, isUnconfirmed: true))
    }

    private func writeOne(freesIn span: Duration = .hours(1)) throws -> SessionRecord {
        let session = unconfirmed(freesIn: span)
        // Without a reading, as after the file was removed.
        try folder.life().write([.held([session], nextSession: .nth(2))])
        return session
    }

    /// How old the one session is, how long it was not used, and how long until it frees, in seconds.
    private func ages() throws -> [Int] {
        let session = try #require(try folder.read().sessions.first)
        let frees = try #require(session.end?.freesAt)
        return [clock.now - session.identity.since, clock.now - session.lastUsed, frees - clock.now].map(\.wholeSeconds)
    }

    @Test(arguments: [Duration.zero, .hours(-5), .hours(5), .hours(24 * 365 * -30)])
    func `a restart moves no time, whatever the wall clock was set to`(_ setting: Duration) throws {
        let session = try writeOne()
        clock.pass(.seconds(90))
        clock.setWall(by: setting)
        #expect(try folder.read().sessions == [session])
    }

    @Test func `after a reboot times are what the wall clock says`() throws {
        _ = try writeOne(freesIn: .minutes(60))
        clock.pass(.minutes(1))
        clock.reboot(as: "second", off: .minutes(9))
        #expect(try ages() == [630, 630, 3600 - 630])
    }

    @Test func `what freed while the machine was off has freed`() throws {
        _ = try writeOne(freesIn: .minutes(5))
        clock.reboot(as: "second", off: .minutes(9))
        #expect(try ages() == [570, 570, 300 - 570])
    }

    @Test func `a wall clock that was set back makes nothing younger than new, and frees nothing early`() throws {
        _ = try writeOne(freesIn: .minutes(60))
        clock.reboot(as: "second", off: .minutes(9))
        clock.setWall(by: .hours(-2))
        #expect(try ages() == [0, 0, 7200 + 3600 - 570])
    }

    @Test func `times hold through a restart that follows a reboot`() throws {
        _ = try writeOne(freesIn: .minutes(60))
        clock.reboot(as: "second", off: .minutes(9))
        #expect(try ages() == [570, 570, 3600 - 570])
        clock.pass(.minutes(1))
        #expect(try ages() == [630, 630, 3600 - 630])
        clock.setWall(by: .hours(3))
        #expect(try ages() == [630, 630, 3600 - 630])
        clock.reboot(as: "third", off: .zero, up: .minutes(1))
        #expect(try ages() == [690 + 3 * 3600, 690 + 3 * 3600, 3600 - 690 - 3 * 3600])
    }

    @Test func `where starts of the machine have no names, each restart may follow a reboot`() throws {
        clock.reboot(as: "", off: .zero)
        _ = try writeOne(freesIn: .minutes(60))
        clock.reboot(as: "", off: .minutes(9))
        #expect(try ages() == [570, 570, 3600 - 570])
    }

    @Test func `ended sessions keep their times within a millisecond, and end in no future`() throws {
        let since = clock.now
        try folder.write([.taken(.sample(1, since: since))])
        clock.pass(.seconds(60))
        try folder.write([.ended(.nth(1), .closed, at: clock.now)])
        clock.pass(.seconds(30))
        let ended = try #require(try folder.read().ended.first)
        #expect(ended.identity.since == since && ended.at == since + .seconds(60))
        clock.setWall(by: .hours(-1))
        #expect(try folder.read().ended.first?.at == clock.now)
    }

    @Test func `times that no clock ever shows do no harm`() throws {
        _ = try writeOne()
        clock.reboot(as: "second", off: .zero)
        for time in [Int64.min, .max, 0] {
            try folder.execute("UPDATE sessions SET since = \(time), used = \(time), frees = \(time)")
            try folder.execute("UPDATE daemon SET boot = 'first'")
            #expect(try folder.read().sessions.count == 1)
        }
    }
}
