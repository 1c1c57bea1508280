import Logging
import Synchronization
import Testing
import UsherCore
import UsherTestKit

@testable import UsherDaemon

/// What the system's log says of sessions.
@Suite struct SessionLogTests {
    private let written = LogDiary()
    private let time = Time()
    private let log: SessionLog

    init() {
        let written = written
        log = SessionLog(log: Logger(label: "test") { _ in written.handler }) { [time] in time.now.withLock { $0 } }
    }

    private func record(bare: Bool) -> SessionRecord {
        SessionRecord(
            identity: .sample(bare: bare), lease: .connection, lastUsed: .start, invocations: 0, end: nil)
    }

    @Test func `a beginning is told with what it can be searched by`() {
        log.note([.taken(record(bare: true))])
        #expect(
            written.lines == [
                "info: a session began admin=kenmyer session=s100 tenant=litware uid=1001 user=ken"
            ])
    }

    @Test func `terminal and purpose are told where there are such`() {
        log.note([.taken(record(bare: false))])
        let line = written.lines.first ?? ""
        #expect(line.contains(" purpose=nasty ") && line.contains(" terminal=pts/3 "))
    }

    @Test func `an end is told with its reason, and one that is not confirmed is a warning`() {
        log.note([
            .ended(.first, .idleTimeout, at: .start), .unconfirmed(.first.next, .closed, freesAt: nil, at: .start),
        ])
        #expect(
            written.lines == [
                "info: a session ended reason=idleTimeout session=s100",
                "warning: the tenant has not confirmed the end of a session; its seat stays taken reason=closed "
                    + "session=s101",
            ])
    }

    @Test func `an end is found by whatever its beginning is found by`() {
        let identity = SessionIdentity.sample(bare: true)
        let olga = Principal(uid: UserID(1006), user: "olga")
        log.note(
            [.ordered(identity.id, .closed, by: olga, at: .start), .ended(identity.id, .closed, at: .start)],
            [identity.id: identity])
        #expect(
            written.lines == [
                "notice: somebody has a session ended admin=kenmyer by=olga reason=closed session=s100 tenant=litware "
                    + "uid=1001 user=ken",
                "info: a session ended admin=kenmyer reason=closed session=s100 tenant=litware uid=1001 user=ken",
            ])
    }

    @Test func `what nobody searches for is not told`() {
        log.note([
            .leaseChanged(.first, .detached, lastUsed: .start), .used(.first, invocations: 1, at: .start),
            .closing(.first, .closed, at: .start), .held([], nextSession: .first), .pruned(before: .start),
        ])
        #expect(written.lines == [])
    }

    private final class Time: Sendable {
        let now = Mutex(Moment.start + .hours(1))
    }

    @Test func `many at once are told as one line, once a second`() {
        let ends = (0..<6).map { Record.ended(SessionID(number: 2000 + $0), .closed, at: .start) }
        log.note(Array(repeating: .taken(record(bare: true)), count: 3) + ends)
        #expect(written.lines == ["info: many sessions at once began=3 ended=6"])
        for _ in 1...3 { log.note(ends + ends) }
        #expect(written.lines.count == 1)
        time.now.withLock { $0 = $0 + .seconds(1) }
        log.note(ends + ends)
        #expect(written.lines.last == "info: many sessions at once began=0 ended=48")
        log.note(Array(ends.prefix(5)))
        #expect(written.lines.count == 7)
    }
}
