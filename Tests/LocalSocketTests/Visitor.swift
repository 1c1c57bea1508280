import Glibc
import Varlink

/// A client that says what it likes, byte by byte. It waits half a minute for anything, then gives up.
final class Visitor {
    private var descriptor: Int32
    private var received: [UInt8] = []
    /// Where the next reply begins.
    private var start = 0

    /// Connects, or returns nil.
    init?(_ path: String) {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        var address = sockaddr_un(path: path)
        let connected = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if connected != 0 {
            close()
            return nil
        }
    }

    deinit { close() }

    /// Goes away as a killed process does: at once, with whatever is unread.
    func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
    }

    /// Says that nothing more comes, and goes on listening.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends all of it; false when the other side does not take it.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// Sends as much of it as is taken at once; returns how much that was.
    func sendSome(_ bytes: ArraySlice<UInt8>) -> Int {
        let count = bytes.withUnsafeBytes {
            Glibc.send(descriptor, $0.baseAddress, $0.count, flags | Int32(MSG_DONTWAIT))
        }
        return max(0, count)
    }

    @discardableResult
    func call(_ method: String, _ number: Int64? = nil, more: Bool = false, oneway: Bool = false) -> Bool {
        send(Visitor.call(method, number, more: more, oneway: oneway))
    }

    /// The bytes of a call.
    static func call(_ method: String, _ number: Int64? = nil, more: Bool = false, oneway: Bool = false) -> [UInt8] {
        let parameters: JSONObject = number.map { ["n": .int($0)] } ?? [:]
        return Call(method: method, parameters: parameters, oneway: oneway, more: more).encoded()
    }

    /// The bytes of calls that are answered at once, with these numbers.
    static func echoes(_ numbers: ClosedRange<Int64>) -> [UInt8] {
        numbers.flatMap { (number: Int64) -> [UInt8] in call("a.Echo", number) }
    }

    /// The next reply's parameters, or nil when the connection ended first.
    func receive() -> JSONObject? {
        var searched = start
        while true {
            if let end = received[searched...].firstIndex(of: 0) {
                defer { start = end + 1 }
                return (try? JSON(parsing: received[start..<end]))?.object?["parameters"]?.object ?? [:]
            }
            received.removeFirst(start)
            start = 0
            searched = received.count
            guard receiveSome() else { return nil }
        }
    }

    /// The numbers of so many replies.
    func receive(_ count: Int) -> [Int64] {
        var numbers: [Int64] = []
        while numbers.count < count, let reply = receive() { numbers.append(reply["n"]?.int ?? -1) }
        return numbers
    }

    /// Waits for the end. True when nothing came before it.
    func isTurnedAway() -> Bool { start == received.count && !receiveSome() && start == received.count && hasEnded }

    /// Whether the other side closed, rather than said nothing for half a minute.
    private(set) var hasEnded = false

    private func receiveSome() -> Bool {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        hasEnded = count == 0 || (count < 0 && errno == ECONNRESET)
        received += bytes.prefix(max(0, count))
        return count > 0
    }

    private var flags: Int32 { Int32(MSG_NOSIGNAL) }
}

extension sockaddr_un {
    init(path: String) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    }
}
