import Glibc
import Processes
import Synchronization
import Testing

/// Login sessions as sshd and login make them: a leader, and what is started under it.
@Suite struct LoginSessionsTests {
    private let ends = Ends()
    private let sessions: LoginSessions

    init() {
        let ends = ends
        sessions = LoginSessions { ends.note($0) }
    }

    @Test func `the leader of what was started in a session is found, and its end is told once`() throws {
        let login = try Login()
        let session = try #require(sessions.session(of: login.member))
        #expect(session.leader == login.leader)
        #expect(session.startTicks == ProcessStatus(of: login.leader)?.startTicks)

        login.end()
        let token = try #require(ends.wait())
        #expect(sessions.end(token) == session)
        #expect(sessions.end(token) == nil)
        // Another one's end comes next, so that the first one's did not come twice.
        let other = try Login()
        let further = try #require(sessions.session(of: other.member))
        other.end()
        let last = try #require(ends.wait())
        #expect(sessions.end(last) == further && further.number != session.number)
        #expect(ends.count == 2)
    }

    @Test func `a leader has no session to watch but its own life, which is none`() throws {
        let login = try Login()
        #expect(sessions.session(of: login.leader) == nil)
    }

    @Test func `a process that is not there has none`() throws {
        let login = try Login()
        login.end()
        #expect(sessions.session(of: login.leader) == nil && sessions.session(of: .max) == nil)
        #expect(sessions.session(of: 0) == nil && sessions.session(of: -1) == nil)
    }

    @Test func `what outlives its leader has none`() throws {
        let login = try Login()
        login.endLeader()
        #expect(sessions.session(of: login.member) == nil)
    }

    @Test func `two of one session share it`() throws {
        let login = try Login(members: 2)
        let first = try #require(sessions.session(of: login.members[0]))
        #expect(sessions.session(of: login.members[1]) == first)
        login.end()
        let token = try #require(ends.wait())
        #expect(sessions.end(token) == first)
    }

    @Test func `two sessions are two, and each ends by itself`() throws {
        let logins = [try Login(), try Login()]
        let found = try logins.map { try #require(sessions.session(of: $0.member)) }
        #expect(found[0].number != found[1].number)
        for place in [1, 0] {
            logins[place].end()
            let token = try #require(ends.wait())
            #expect(sessions.end(token) == found[place])
        }
    }

    @Test func `a session of an earlier life is found by its leader and when that began`() throws {
        let login = try Login()
        let ticks = try #require(ProcessStatus(of: login.leader)).startTicks
        let session = try #require(sessions.session(leader: login.leader, startTicks: ticks))
        #expect(session.leader == login.leader && session.startTicks == ticks)
        // Who comes from it later is in the same one.
        #expect(sessions.session(of: login.member) == session)
        login.end()
        let token = try #require(ends.wait())
        #expect(sessions.end(token) == session)
    }

    @Test func `a number that is somebody else's by now is nobody's session`() throws {
        let login = try Login()
        let ticks = try #require(ProcessStatus(of: login.leader)).startTicks
        #expect(sessions.session(leader: login.leader, startTicks: ticks + 1) == nil)
        #expect(sessions.session(leader: login.leader, startTicks: ticks - 1) == nil)
        let member = try #require(ProcessStatus(of: login.member)).startTicks
        #expect(sessions.session(leader: login.member, startTicks: member) == nil, "it leads nothing")
        login.end()
        #expect(sessions.session(leader: login.leader, startTicks: ticks) == nil)
    }
}

/// What the watching thread reports.
private final class Ends: Sendable {
    private let tokens = Mutex<[Int32]>([])
    private let (reader, writer): (Int32, Int32)

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0)
        (reader, writer) = (ends[0], ends[1])
    }

    // The watching thread lives as long as the program and may still write, so the pipe stays.

    var count: Int { tokens.withLock(\.count) }

    func note(_ token: Int32) {
        tokens.withLock { $0.append(token) }
        var byte: UInt8 = 0
        write(writer, &byte, 1)
    }

    /// The next token, or nil when there is none within half a minute.
    func wait() -> Int32? {
        var wanted = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        guard poll(&wanted, 1, 30_000) == 1 else { return nil }
        var byte: UInt8 = 0
        read(reader, &byte, 1)
        return tokens.withLock { $0.last }
    }
}

/// A session leader of ours and processes that it started.
private final class Login {
    let leader: Int32
    let members: [Int32]
    private var lives = true

    var member: Int32 { members[0] }

    init(members count: Int = 1) throws {
        // The leader starts the others, says who they are, and waits for its end.
        let script = "for i in $(seq \(count)); do sleep 600 & echo $!; done; exec 1>&-; wait"
        var output: [Int32] = [-1, -1]
        try #require(pipe(&output) == 0)
        for end in output { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawn_file_actions_adddup2(&actions, output[1], 1)
        let words = ["setsid", "sh", "-c", script]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { word in strdup(word) } + [nil]
        defer {
            for argument in arguments { free(argument) }
            posix_spawn_file_actions_destroy(&actions)
            close(output[0])
        }
        var pid: Int32 = 0
        let failure = posix_spawnp(&pid, "setsid", &actions, nil, &arguments, environ)
        close(output[1])
        try #require(failure == 0)
        leader = pid
        var text: [UInt8] = []
        var byte: UInt8 = 0
        while text.count(where: { $0 == 10 }) < count, read(output[0], &byte, 1) == 1 { text.append(byte) }
        members = String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int32($0) }
        try #require(members.count == count)
    }

    deinit { end() }

    /// Ends the leader, and those it started.
    func end() {
        endLeader()
        for member in members { kill(member, SIGKILL) }
    }

    func endLeader() {
        guard lives else { return }
        lives = false
        kill(leader, SIGKILL)
        var status: Int32 = 0
        waitpid(leader, &status, 0)
    }
}
