internal import Glibc
public import NIOCore
internal import NIOPosix

/// A listening Unix socket and the connections that come in by it.
public struct Listener: Sendable {
    private let channel: any Channel
    /// What we made and shall remove; nil for a socket that was handed to us.
    private let path: String?

    /// Accepts on a bound and listening socket, which it owns from now on.
    ///
    /// To be called on the event loop.
    public static func accept(
        on socket: BoundSocket, eventLoop: any EventLoop, limits: SocketLimits, delegate: any ConnectionDelegate
    ) -> EventLoopFuture<Listener> {
        let numbers = NIOLoopBoundBox(UInt64(0), eventLoop: eventLoop)
        let delegate = NIOLoopBound(delegate, eventLoop: eventLoop)
        let outbox = NIOLoopBound(Outbox(eventLoop: eventLoop), eventLoop: eventLoop)
        return ServerBootstrap(group: eventLoop)
            // By default few connections are accepted for each turn of the loop; of a thousand that come at once the
            // last would wait a second.
            .serverChannelOption(.maxMessagesPerRead, value: 256)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .recvAllocator, value: AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 1024, maximum: 65536)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    let peer = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                        try Peer(of: $0)
                    }
                    guard let peer else { throw SocketTrouble("the channel has no socket") }
                    numbers.value += 1
                    try pipeline.addHandler(
                        Connection(
                            number: numbers.value, peer: peer, limits: limits, outbox: outbox.value,
                            delegate: delegate.value))
                }
            }
            .withBoundSocket(socket.descriptor)
            .map { channel in
                // The channel has just listened with a queue of 128, its option comes too late for a bound socket, and
                // what the socket came with is lost.
                listen(socket.descriptor, BoundSocket.backlog)
                return Listener(channel: channel, path: socket.path)
            }
    }

    /// Stops accepting. Connections go on.
    public func close() -> EventLoopFuture<Void> {
        if let path { unlink(path) }
        return channel.close()
    }
}

/// A Unix stream socket that listens.
public struct BoundSocket: Sendable {
    let descriptor: Int32
    let path: String?

    /// How many may wait to be accepted: as many as the kernel lets, because a full queue makes clients try again.
    static let backlog: Int32 = 4096

    /// One that systemd made and handed to us.
    public init(inherited descriptor: Int32) {
        self.descriptor = descriptor
        path = nil
    }

    /// Makes one at `path` with these permissions. A socket file that nobody listens at any more is replaced;
    /// anything else is left alone.
    public init(path: String, mode: UInt32) throws(SocketTrouble) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let capacity = MemoryLayout.size(ofValue: address.sun_path)
        guard path.utf8.count < capacity else {
            throw SocketTrouble("The socket path \(path) is longer than the \(capacity - 1) bytes a socket can have")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        func with(_ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32, _ socket: Int32) -> Int32 {
            withUnsafePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    call(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
        }
        func newSocket() -> Int32 {
            socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        }

        let probe = newSocket()
        if with(connect, probe) == 0 || errno == EAGAIN {
            Glibc.close(probe)
            throw SocketTrouble("Another program listens at \(path) already")
        }
        // The kernel says the same of a file that is no socket, and that one is somebody's.
        if errno == ECONNREFUSED, Self.isSocket(path) { unlink(path) }
        Glibc.close(probe)

        let descriptor = newSocket()
        // The file gets the mode of the socket that it is made for, less the mask: nobody else may connect between
        // bind and chmod.
        fchmod(descriptor, 0o600)
        guard with(bind, descriptor) == 0, chmod(path, mode) == 0, listen(descriptor, Self.backlog) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw SocketTrouble("Could not listen at \(path)", code)
        }
        self.descriptor = descriptor
        self.path = path
    }

    private static func isSocket(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
