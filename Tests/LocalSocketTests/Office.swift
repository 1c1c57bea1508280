import Glibc
import LocalSocket
import NIOCore
import NIOPosix
import Varlink

/// A service for one test: a socket in a directory of its own, an event loop, and a delegate that does what a call's
/// method says and writes down what it is told.
///
/// `a.Echo` is answered at once with its parameters, `a.Hold` when the test says so, `a.Large` with that many bytes,
/// `a.Stream` with that many replies, `a.Last` at once, and then the connection is closed.
final class Office: Sendable {
    let directory: String
    let path: String
    let diary: Diary
    let eventLoop: any EventLoop
    private let group: MultiThreadedEventLoopGroup
    private let listener: Listener
    private let clerk: NIOLoopBound<Clerk>

    init(limits: SocketLimits = SocketLimits(), socket: ((String) throws -> BoundSocket)? = nil) throws {
        directory = makeDirectory()
        path = directory + "/socket"
        let bound = try socket?(path) ?? BoundSocket(path: path, mode: 0o666)
        group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let eventLoop = group.next()
        let diary = Diary()
        self.eventLoop = eventLoop
        self.diary = diary
        (listener, clerk) = try eventLoop.flatSubmit {
            let clerk = Clerk(diary: diary)
            let bound = NIOLoopBound(clerk, eventLoop: eventLoop)
            return Listener.accept(on: socketToAccept, eventLoop: eventLoop, limits: limits, delegate: clerk)
                .map { ($0, bound) }
        }.wait()
        // A local name, because the closure above may not capture self.
        var socketToAccept: BoundSocket { bound }
    }

    deinit {
        try? group.syncShutdownGracefully()
        unlink(path)
        rmdir(directory)
    }

    /// Answers the calls that are held, on all connections.
    func release() { onLoop { $0.release() } }

    /// Lets everything happen that the loop already knows of.
    func turn() { onLoop { _ in } }

    func stopListening() throws { try listener.close().wait() }

    private func onLoop(_ body: @escaping @Sendable (Clerk) -> Void) {
        try? eventLoop.submit { [clerk] in body(clerk.value) }.wait()
    }
}

/// Does the work of an office, on its event loop.
private final class Clerk: ConnectionDelegate {
    private let diary: Diary
    private var held: [Connection] = []

    init(diary: Diary) { self.diary = diary }

    func connected(_ connection: Connection) { diary.note(.connected(connection.number, connection.peer)) }

    func called(_ connection: Connection, _ call: Call) {
        diary.note(.called(connection.number, call.method))
        let number = Int(call.parameters["n"]?.int ?? 0)
        switch call.method {
        case "a.Hold": held.append(connection)
        case "a.Large": connection.reply(Reply(parameters: ["text": .string(String(repeating: "x", count: number))]))
        case "a.Stream":
            for place in 1..<number {
                connection.reply(Reply(parameters: ["n": .int(Int64(place))], continues: true))
            }
            connection.reply(Reply(parameters: ["n": .int(Int64(number))]))
        case "a.Last":
            connection.reply(Reply(parameters: call.parameters))
            connection.closeAfterReplies()
        default: connection.reply(Reply(parameters: call.parameters))
        }
        if !connection.isReadingReplies { diary.note(.full(connection.number)) }
    }

    func ended(_ connection: Connection) { diary.note(.ended(connection.number)) }

    func violated(_ connection: Connection, _ violation: ProtocolViolation) {
        diary.note(.violated(connection.number, violation))
    }

    func release() {
        let held = held
        self.held = []
        for connection in held { connection.reply(Reply(parameters: ["held": true])) }
    }
}

/// A directory of its own for one test.
func makeDirectory() -> String {
    let template = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/usher-socket-XXXXXX"
    var bytes = Array(template.utf8CString)
    let made = mkdtemp(&bytes)
    precondition(made != nil, "no directory could be made for the test")
    return String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}
