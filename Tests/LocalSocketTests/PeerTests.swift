import Glibc
import LocalSocket
import Testing

/// Who is at the other end, as the kernel has it.
@Suite struct PeerTests {
    @Test func `a client is the process that connected, with its user and groups`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.call("a.Echo", 1)
        #expect(visitor.receive(1) == [1])
        let peer = try #require(office.diary.entries.peers.first)
        #expect(peer.uid == geteuid() && peer.pid == getpid())
        #expect(peer.groups.first == getegid() && Set(peer.groups) == Set(ownGroups() + [getegid()]))
    }

    /// In a process of its own, because it becomes somebody else.
    @Test func `supplementary groups are known, however many`() async {
        guard geteuid() == 0 else { return print("NOT RUN: only root can become somebody else") }
        await #expect(processExitsWith: .success) {
            for count in [0, 1, 64, 65, 500] {
                let groups = (0..<count).map { gid_t(70_000 + $0) }
                try #require(setgroups(groups.count, groups) == 0)
                try #require(setegid(1234) == 0 && seteuid(4321) == 0)
                var ends: [Int32] = [-1, -1]
                try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
                let peer = try Peer(of: ends[0])
                #expect(peer.uid == 4321 && peer.pid == getpid())
                #expect(peer.groups == [1234] + groups)
                for end in ends { close(end) }
                try #require(seteuid(0) == 0 && setegid(0) == 0)
            }
        }
    }

    @Test func `a descriptor that is no local socket has no peer`() {
        let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        let trouble = #expect(throws: SocketTrouble.self) { _ = try Peer(of: file) }
        #expect(trouble?.description == "SO_PEERCRED: Socket operation on non-socket")
    }

    private func ownGroups() -> [gid_t] {
        var groups = [gid_t](repeating: 0, count: 65536)
        let count = getgroups(Int32(groups.count), &groups)
        return Array(groups.prefix(Int(max(0, count))))
    }
}
