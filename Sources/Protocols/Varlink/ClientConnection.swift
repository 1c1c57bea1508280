// The client's half of a connection: calls in, bytes to send; bytes in, replies out.
//
// Replies carry no ids: they come in the order of the calls, so the machine keeps the calls that still wait for their
// last reply in a queue and counts each reply for the first of them. A oneway call never enters the queue.
//
// It holds the server to the rules, since a client that has lost count would hand one call's reply to another: a reply
// nobody waits for, or one that continues unasked, throws and ends the connection.

/// A connection to a service, as the client sees it.
public struct ClientConnection: Sendable {
    /// Whether each call that waits for its last reply takes several, oldest first.
    private var waiting: [Bool] = []
    private var frames: FrameReader
    private let depthMax: Int

    /// A connection just made. Replies larger or deeper than this end it.
    public init(frameBytesMax: Int, depthMax: Int = JSON.depthMax) {
        frames = FrameReader(bytesMax: frameBytesMax)
        self.depthMax = depthMax
    }

    /// The number of calls that still wait for their last reply.
    public var callsWaiting: Int { waiting.count }

    /// Whether every call has had its last reply and no bytes wait.
    public var isIdle: Bool { waiting.isEmpty && frames.pendingBytes == 0 }

    /// Makes a call, behind those already made; returns what to send.
    ///
    /// An upgrade would take the stream away from this machine, so it makes none.
    public mutating func call(_ call: Call) -> [UInt8] {
        precondition(!call.upgrade, "this side does not upgrade connections")
        if !call.oneway { waiting.append(call.more) }
        return call.encoded()
    }

    /// Takes bytes as they come from the socket.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        frames.receive(bytes)
    }

    /// The next reply to the oldest call that waits, or nil when more bytes are needed.
    ///
    /// A reply that does not continue is the last one of its call. After a throw the connection has to be closed.
    public mutating func next() throws(ProtocolViolation) -> Reply? {
        guard case .reply(let reply)? = try next(offeredTo: { _ in false }) else { return nil }
        return reply
    }

    /// What became of a frame.
    public enum Offered: Sendable {
        /// It was taken as it was.
        case taken
        /// It was decoded.
        case reply(Reply)
    }

    /// As `next()`, but `take` sees the frame first. What it takes, by returning true, is not decoded; it may take only
    /// what it has found to be a reply that continues.
    public mutating func next(
        offeredTo take: (UnsafeBufferPointer<UInt8>) -> Bool
    ) throws(ProtocolViolation) -> Offered? {
        let depthMax = depthMax
        let mayContinue = waiting.first ?? false
        let offered = try frames.nextMessage { frame throws(ProtocolViolation) in
            if mayContinue, take(frame) { return Offered.taken }
            return Offered.reply(try Reply(frame: frame, depthMax: depthMax))
        }
        guard case .reply(let reply)? = offered else { return offered }
        guard let takesMore = waiting.first else { throw .replyUnasked }
        guard takesMore || !reply.continues else { throw .continuesUnasked }
        // Queues are short: a client pipelines a handful of calls.
        if !reply.continues { waiting.removeFirst() }
        return .reply(reply)
    }

    /// Notes that the server sends no more.
    ///
    /// `.unfinished`: replies are missing, though some may still be had from `next()`.
    public mutating func endOfInput() -> EndOfInput {
        if frames.hasWholeFrame() { return .unfinished }
        if frames.pendingBytes > 0 { return .cutShort(bytes: frames.pendingBytes) }
        return waiting.isEmpty ? .clean : .unfinished
    }
}
