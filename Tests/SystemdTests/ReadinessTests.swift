import Glibc
import Testing

@testable import Systemd

/// Each test runs in a process of its own, because the environment is a process's.
@Suite struct ReadinessTests {
    @Test func `the manager is told each step`() async {
        await #expect(processExitsWith: .success) {
            let manager = ManagerSocket()
            setenv("NOTIFY_SOCKET", manager.path, 1)
            let readiness = Readiness()
            #expect(readiness.ready() && manager.receive() == "READY=1")
            #expect(readiness.ready(status: "up") && manager.receive() == "READY=1\nSTATUS=up")
            #expect(readiness.stopping(status: "2 left") && manager.receive() == "STOPPING=1\nSTATUS=2 left")
            #expect(readiness.feedWatchdog() && manager.receive() == "WATCHDOG=1")
            #expect(readiness.status("litware 7/9 · 1 unconfirmed"))
            #expect(manager.receive() == "STATUS=litware 7/9 · 1 unconfirmed")
        }
    }

    @Test func `a reload is told with the time on the monotonic clock`() async throws {
        try await #require(processExitsWith: .success) {
            let manager = ManagerSocket()
            setenv("NOTIFY_SOCKET", manager.path, 1)
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            Readiness().reloading()
            let lines = manager.receive().split(separator: "\n")
            #expect(lines.first == "RELOADING=1" && lines.count == 2)
            let microseconds = Int(lines[1].dropFirst("MONOTONIC_USEC=".count)) ?? 0
            #expect((now.tv_sec * 1_000_000..<now.tv_sec * 1_000_000 + 60_000_000).contains(microseconds))
        }
    }

    @Test func `nobody's words make a second line of a status`() async {
        await #expect(processExitsWith: .success) {
            let manager = ManagerSocket()
            setenv("NOTIFY_SOCKET", manager.path, 1)
            Readiness().status("x\nSTOPPING=1\u{1b}\u{202e}")
            #expect(manager.receive() == #"STATUS=x\nSTOPPING=1\u{1b}\u{202e}"#)
        }
    }

    @Test func `a long status is cut so that the manager takes it`() async {
        await #expect(processExitsWith: .success) {
            let manager = ManagerSocket()
            setenv("NOTIFY_SOCKET", manager.path, 1)
            Readiness().status(String(repeating: "ü", count: 5000))
            let text = manager.receive()
            #expect(text.utf8.count <= 1024 + "STATUS=".utf8.count && text.hasSuffix("ü..."))
            Readiness().status("a" + String(repeating: "\u{301}", count: 5000))
            #expect(manager.receive() == "STATUS=...")
        }
    }

    @Test func `without a manager nothing is told`() async {
        await #expect(processExitsWith: .success) {
            unsetenv("NOTIFY_SOCKET")
            unsetenv("WATCHDOG_USEC")
            #expect(!Readiness().ready() && Readiness().watchdogInterval == nil)
        }
    }

    @Test func `the watchdog is fed twice in its time, and only by the process it watches`() async {
        await #expect(processExitsWith: .success) {
            setenv("WATCHDOG_USEC", "30000000", 1)
            setenv("WATCHDOG_PID", "\(getpid())", 1)
            #expect(Readiness().watchdogInterval == .seconds(15))
            setenv("WATCHDOG_PID", "1", 1)
            #expect(Readiness().watchdogInterval == nil)
            setenv("WATCHDOG_PID", "\(getpid())", 1)
            setenv("WATCHDOG_USEC", "soon", 1)
            #expect(Readiness().watchdogInterval == nil)
        }
    }

    @Test func `the system is stopping when the unit left its marker`() {
        #expect(!SystemState(marker: "/nonexistent/system-stopping").isStopping)
        #expect(SystemState(marker: "/").isStopping)
    }
}

/// The manager's end of the notifications.
final class ManagerSocket {
    /// In the abstract name space, so that no file is left.
    let path = "@usher-test-\(getpid())-\(UInt64.random(in: 0 ... .max))"
    private let descriptor: Int32

    init() {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = [0] + path.utf8.dropFirst()
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        precondition(bound == 0, "the test's socket could not be bound")
    }

    deinit { close(descriptor) }

    /// The next notification. They are sent in one piece and are there when the call returns.
    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
