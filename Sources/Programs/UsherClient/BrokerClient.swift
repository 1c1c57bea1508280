import Glibc
public import UsherAPI
public import Varlink

/// One connection to the broker.
///
/// It carries one call at a time, because a lease may hang on it and the broker works that way; whoever needs to ask
/// something while a call streams connects a second time. Every step is bounded by a deadline. The connection, and
/// with it a lease, ends when this object does.
public final class BrokerClient {
    private let stream: LocalStream
    private var machine: ClientConnection
    private var ended = false

    /// A reply is about 1 MiB, one object alone up to 16 (contract, section 7), and some room for what surrounds it.
    private static let replyBytesMax = 17 << 20

    /// How long a call may take that only asks the broker for what it knows.
    public static let answerWithin: Duration = .seconds(10)

    /// How long a call may take that has to wait for a tenant. The broker has its own, shorter deadline for that; this
    /// one is for a broker that hangs.
    public static let tenantAnswersWithin: Duration = .seconds(180)

    /// What came first.
    public enum Arrival: Sendable {
        /// A reply, good or bad.
        case reply(Reply)
        /// A reply that was taken as it came.
        case taken
        /// The deadline passed.
        case nothing
        /// The wake descriptor is readable.
        case wake
    }

    private init(_ stream: LocalStream) {
        self.stream = stream
        machine = ClientConnection(frameBytesMax: Self.replyBytesMax)
    }

    /// Connects. Where the socket is there and nobody answers yet it tries for a second.
    public static func connect(to address: BrokerAddress, wake: Int32 = -1) throws(ClientError) -> BrokerClient {
        BrokerClient(try LocalStream.connect(to: address.path, persistence: .ordinary, wake: wake))
    }

    /// Connects if the broker is there at this moment.
    public static func connectAtOnce(to address: BrokerAddress) throws(ClientError) -> BrokerClient {
        BrokerClient(try LocalStream.connect(to: address.path, persistence: .once))
    }

    /// Connects to a broker that went away, as soon as it is back. A readable `wake` ends the attempts.
    public static func reconnect(to address: BrokerAddress, by deadline: Deadline, wake: Int32)
        throws(ClientError) -> BrokerClient
    {
        // A breath first: one that takes connections and drops them, or says no, must not be asked in a tight loop.
        var waiting = [pollfd(fd: wake, events: Int16(POLLIN), revents: 0)]
        poll(&waiting, until: .within(.milliseconds(100)).orEarlier(deadline))
        guard waiting[0].revents == 0 else { throw .interrupted }
        return BrokerClient(try LocalStream.connect(to: address.path, persistence: .until(deadline), wake: wake))
    }

    /// Throws unless the broker answers a question on a connection of its own: whoever hears nothing of something long wants
    /// to know whether anybody is there.
    public static func requireAnswer(at address: BrokerAddress) throws {
        // Whatever it answers, it answers: also that this connection is one too many.
        do { _ = try connect(to: address).call(Method.getStatus.call()) } catch is ErrorReply {}
    }

    /// The uid of the process that serves the socket. Whoever sends a secret compares it first.
    public var serverUID: UInt32? { stream.peer?.uid }

    /// Calls and returns what the only reply says. Throws `ErrorReply` or `ClientError`.
    ///
    /// A readable `wake` ends the wait as interrupted; the connection then still owes the reply.
    public func call(
        _ call: Call, within bound: Duration = answerWithin, wake: Int32 = -1
    ) throws -> JSONObject {
        try send(call)
        switch try next(by: .within(bound), wake: wake) {
        case .reply(let reply): return try reply.result()
        case .wake: throw ClientError.interrupted
        case .nothing, .taken: throw silent(after: bound)
        }
    }

    /// Calls with `more` and hands each reply over, the last one included, as it comes.
    ///
    /// `silence` bounds the time between two replies.
    public func stream(
        _ call: Call, silence: Duration = answerWithin, each: (JSONObject, _ isLast: Bool) throws -> Void
    )
        throws
    {
        try send(call)
        while true {
            guard case .reply(let reply) = try next(by: .within(silence)) else {
                throw self.silent(after: silence)
            }
            try each(try reply.result(), !reply.continues)
            guard reply.continues else { return }
        }
    }

    /// Sends a call; its replies come from `next`.
    public func send(_ call: Call) throws(ClientError) {
        try stream.write(machine.call(call), by: .within(Self.answerWithin), bound: Self.answerWithin)
    }

    /// The next reply to what was sent. The deadline and `wake` leave the call as it is: ask again.
    ///
    /// `take` may take a reply that continues as the bytes it came in, which then are not decoded.
    public func next(
        by deadline: Deadline, wake: Int32 = -1, take: (UnsafeBufferPointer<UInt8>) -> Bool = { _ in false }
    ) throws(ClientError) -> Arrival {
        while true {
            switch try offered(to: take) {
            case .reply(let reply)?: return .reply(reply)
            case .taken?: return .taken
            case nil: break
            }
            guard !ended else { throw .connectionLost(socket: stream.path) }
            if let bytes = try stream.read() {
                ended = bytes.isEmpty
                machine.receive(bytes)
                continue
            }
            var waiting = [
                pollfd(fd: stream.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waiting, until: deadline)
            if waiting[0].revents != 0 { continue }
            return waiting[1].revents != 0 ? .wake : .nothing
        }
    }

    /// The error for a broker that said nothing for so long.
    public func silent(after bound: Duration) -> ClientError { .timedOut(socket: stream.path, after: bound) }

    /// The error for a broker that said something it must not.
    public func broken(_ detail: String) -> ClientError { .protocolBroken(socket: stream.path, detail: detail) }

    /// The socket, for whoever waits for other things as well; only `next` reads from it.
    public var descriptor: Int32 { stream.descriptor }

    private func offered(
        to take: (UnsafeBufferPointer<UInt8>) -> Bool
    ) throws(ClientError) -> ClientConnection.Offered? {
        do throws(ProtocolViolation) {
            return try machine.next(offeredTo: take)
        } catch {
            throw .protocolBroken(socket: stream.path, detail: "\(error)")
        }
    }
}

/// An error that the broker answered.
public struct ErrorReply: Error, Hashable, Sendable {
    /// The full name on the wire.
    public let name: String
    /// Its facts.
    public var facts: JSONObject

    /// The error, with its facts.
    public init(name: String, facts: JSONObject) {
        self.name = name
        self.facts = facts
    }

    /// The error as one of ours, nil when it is none.
    public var known: APIError? { APIError(qualifiedName: name) }
}

extension Reply {
    /// What it says, or the error thrown.
    func result() throws(ErrorReply) -> JSONObject {
        if let error { throw ErrorReply(name: error, facts: parameters) }
        return parameters
    }
}
