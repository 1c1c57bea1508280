import Glibc

/// A connected Unix socket on which nothing blocks for longer than it was told.
final class LocalStream {
    let descriptor: Int32
    let path: String

    /// How long to go on trying to connect.
    struct Persistence {
        /// While the socket is there and nobody listens yet: scripts start the daemon and ask it in one breath.
        var whileRefused: Duration
        /// While there is no socket at all.
        var whileMissing: Duration
        /// While the daemon's backlog is full.
        var whileCrowded: Duration

        static var once: Persistence {
            Persistence(whileRefused: .zero, whileMissing: .zero, whileCrowded: .milliseconds(200))
        }
        static var ordinary: Persistence {
            Persistence(whileRefused: .seconds(1), whileMissing: .zero, whileCrowded: .seconds(10))
        }
        static func until(_ deadline: Deadline) -> Persistence {
            let left = deadline.remaining
            return Persistence(whileRefused: left, whileMissing: left, whileCrowded: left)
        }
    }

    private init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// Connects, or says why not. A readable `wake` ends the attempts.
    static func connect(to path: String, persistence: Persistence, wake: Int32 = -1) throws(ClientError) -> LocalStream
    {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytesMax = MemoryLayout.size(ofValue: address.sun_path) - 1
        guard path.utf8.count <= bytesMax else {
            throw .pathTooLong(socket: path, bytesMax: bytesMax)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }

        let refused = Deadline.within(persistence.whileRefused)
        let missing = Deadline.within(persistence.whileMissing)
        let crowded = Deadline.within(persistence.whileCrowded)
        while true {
            let code: Int32
            switch attempt(address) {
            case .success(let descriptor): return LocalStream(descriptor: descriptor, path: path)
            case .failure(let failure): code = failure.code
            }
            switch code {
            case EINTR: continue
            case EACCES, EPERM: throw .notPermitted(socket: path)
            case ECONNREFUSED where !refused.isOver: break
            case ENOENT where !missing.isOver: break
            // A full backlog: connect(2) would wait, a non-blocking one says so.
            case EAGAIN where !crowded.isOver: break
            case EAGAIN: throw .timedOut(socket: path, after: persistence.whileCrowded)
            default: throw .noDaemon(socket: path, code: code)
            }
            var waiting = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
            poll(&waiting, until: .within(.milliseconds(code == EAGAIN ? 5 : 20)))
            if waiting[0].revents != 0 { throw .interrupted }
        }
    }

    private struct Failure: Error { let code: Int32 }

    private static func attempt(_ address: sockaddr_un) -> Result<Int32, Failure> {
        // Close-on-exec matters: a command under `hold` that inherited the socket would keep the lease after us.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_UNIX, type, 0)
        guard descriptor >= 0 else { return .failure(Failure(code: errno)) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if result == 0 { return .success(descriptor) }
        let code = errno
        close(descriptor)
        return .failure(Failure(code: code))
    }

    /// Who is at the other end, as of its listen(2). Before a secret is sent the uid is compared.
    var peer: (pid: Int32, uid: UInt32, gid: UInt32)? {
        // struct ucred of unix(7); the C library shows it to GNU sources only.
        var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
        var size = socklen_t(MemoryLayout.size(ofValue: credentials))
        return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0 ? credentials : nil
    }

    /// Sends all of `bytes`.
    func write(_ bytes: [UInt8], by deadline: Deadline, bound: Duration) throws(ClientError) {
        var sent = 0
        while sent < bytes.count {
            // No SIGPIPE: a broker that went away is an answer like others, not the end of us.
            let count = bytes[sent...].withUnsafeBytes {
                send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count > 0 {
                sent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                guard !deadline.isOver else { throw .timedOut(socket: path, after: bound) }
                var ready = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
                poll(&ready, until: deadline)
            default: throw .connectionLost(socket: path)
            }
        }
    }

    /// What has arrived: bytes, none at the end of the stream, nil when there is nothing yet.
    func read() throws(ClientError) -> [UInt8]? {
        while true {
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: 65536) { buffer, initialized in
                count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                initialized = max(0, count)
            }
            if count >= 0 { return bytes }
            switch errno {
            case EINTR: continue
            case EAGAIN: return nil
            default: throw .connectionLost(socket: path)
            }
        }
    }
}

/// Waits until one of `descriptors` is ready or the deadline has passed, whatever signals come.
func poll(_ descriptors: inout [pollfd], until deadline: Deadline) {
    repeat {
        let count = Glibc.poll(&descriptors, nfds_t(descriptors.count), deadline.pollMilliseconds)
        // Interrupted or one bounded step of a long wait: go on.
        if count > 0 { return }
    } while !deadline.isOver
}
