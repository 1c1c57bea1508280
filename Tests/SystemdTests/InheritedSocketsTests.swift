import Glibc
import Testing

@testable import Systemd

@Suite struct InheritedSocketsTests {
    @Test func `one alone is taken whatever its name`() throws {
        let pair = Descriptors.pair()
        let sockets = try InheritedSockets.sort([.init(name: "unknown", descriptor: pair[0])])
        #expect(sockets.varlink == .init(descriptor: pair[0], isListening: false) && sockets.others.isEmpty)
    }

    @Test func `of several the one named varlink is taken, and the others are kept by name`() throws {
        let pair = Descriptors.pair()
        let login = InheritedSockets.Named(name: "login", descriptor: pair[0])
        let sockets = try InheritedSockets.sort([login, .init(name: "varlink", descriptor: pair[1])])
        #expect(sockets.varlink?.descriptor == pair[1] && sockets.others == [login])
    }

    @Test func `a listening socket is known as one`() throws {
        let listener = Descriptors.listener()
        let sockets = try InheritedSockets.sort([.init(name: "varlink", descriptor: listener)])
        #expect(sockets.varlink == .init(descriptor: listener, isListening: true))
    }

    @Test func `several of which none is named are refused`() {
        let pair = Descriptors.pair()
        let fault = InheritedSocketFault.noneNamed("varlink", among: ["a", "b\n"])
        #expect(throws: fault) {
            try InheritedSockets.sort([
                .init(name: "a", descriptor: pair[0]), .init(name: "b\n", descriptor: pair[1]),
            ])
        }
        #expect(fault.description.contains(#"a, b\n none is named varlink"#))
    }

    @Test func `two of the name are refused`() {
        let pair = Descriptors.pair()
        #expect(throws: InheritedSocketFault.severalNamed("varlink", count: 2)) {
            try InheritedSockets.sort([
                .init(name: "varlink", descriptor: pair[0]), .init(name: "varlink", descriptor: pair[1]),
            ])
        }
    }

    @Test func `what cannot tell who is at the other end is refused`() {
        for other in [Descriptors.datagram(), Descriptors.internet(), Descriptors.file()] {
            #expect(throws: InheritedSocketFault.notServable(name: "varlink", descriptor: other)) {
                try InheritedSockets.sort([.init(name: "varlink", descriptor: other)])
            }
        }
    }

    @Test func `none is none`() throws {
        let sockets = try InheritedSockets.sort([])
        #expect(sockets.varlink == nil && sockets.others.isEmpty)
    }

    // The environment is a process's, and descriptor 3 may be in use in this one: so these have their own. They tell
    // by their exit, because descriptor 3 may also be how a test reports.

    @Test func `what the environment says is meant for one process, once, and not for its children`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let pair = Descriptors.pair()
            dup2(pair[0], 3)
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "1", 1)
            setenv("LISTEN_FDNAMES", "varlink", 1)
            let first = try InheritedSockets.take()
            let second = try InheritedSockets.take()
            let isCleared = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"].allSatisfy { (name: String) in
                getenv(name) == nil
            }
            let closesOnExec = fcntl(3, F_GETFD) & FD_CLOEXEC != 0
            let isRight = first.varlink == .init(descriptor: 3, isListening: false) && second.varlink == nil
            exit(isRight && isCleared && closesOnExec ? 7 : 8)
        }
    }

    @Test func `several come by their names`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let pair = Descriptors.pair()
            dup2(pair[0], 13)
            for descriptor in 3...5 as ClosedRange<Int32> { dup2(13, descriptor) }
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "3", 1)
            setenv("LISTEN_FDNAMES", "login:varlink:login", 1)
            let sockets = try InheritedSockets.take()
            let others = [3, 5].map { InheritedSockets.Named(name: "login", descriptor: $0) }
            exit(sockets.varlink?.descriptor == 4 && sockets.others == others ? 7 : 8)
        }
    }

    @Test func `what is meant for another process is none of ours`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            setenv("LISTEN_PID", "1", 1)
            setenv("LISTEN_FDS", "1", 1)
            exit(try InheritedSockets.take().varlink == nil && getenv("LISTEN_FDS") == nil ? 7 : 8)
        }
    }

    @Test func `a number that is none is told`() async {
        await #expect(processExitsWith: .exitCode(7)) {
            setenv("LISTEN_PID", "\(getpid())", 1)
            setenv("LISTEN_FDS", "many", 1)
            do throws(InheritedSocketFault) {
                _ = try InheritedSockets.take()
            } catch {
                exit(error == .environment(error: EINVAL) ? 7 : 9)
            }
            exit(8)
        }
    }
}

/// Descriptors to hand over. They stay open: the tests' process does not last.
enum Descriptors {
    static func pair() -> [Int32] {
        var pair: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair)
        return pair
    }

    /// A socket of AF_UNIX that listens: bound to no more than its family, it gets a name from the kernel.
    static func listener() -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: sockaddr().sa_data)
        bind(descriptor, &address, socklen_t(MemoryLayout<sa_family_t>.size))
        listen(descriptor, 1)
        return descriptor
    }

    static func datagram() -> Int32 { socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0) }

    static func internet() -> Int32 { socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0) }

    static func file() -> Int32 { open("/dev/null", O_RDONLY) }
}
