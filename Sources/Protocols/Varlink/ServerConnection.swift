// The server's half of a connection: bytes in, calls out, replies in, bytes to send.
//
// Varlink has no ids. A reply belongs to the oldest call without its last reply, so calls are handled strictly one
// after the other: `next()` gives out a call only when none is running, and what the client pipelines meanwhile stays
// in the buffer. The edge watches `pendingBytes` and stops reading when too much lies there.
//
// The machine refuses to know sockets, users and methods. It knows when to be silent (a oneway call gets no reply, not
// even an error) and when the peer is beyond help (a throw: close, send nothing, log why).
//
// How it is driven, from the edge:
//
//     bytes came       receive(bytes); while let call = try next() { handle it }
//     a reply is due   send reply(reply); when that was the last one, go on with next()
//     stream ended     endOfInput(); go on until `isFinished`, then close
//
// Invariant: between the call that `next()` returns and its last `reply`, `running` is that call.

/// One client's connection, as the server sees it.
public struct ServerConnection: Sendable {
    /// The call that waits for its last reply.
    public private(set) var running: Call?

    private var frames: FrameReader
    private let depthMax: Int
    private var hasEnded = false
    private var violation: ProtocolViolation?

    /// A connection just accepted. Requests larger or deeper than this end it.
    public init(frameBytesMax: Int, depthMax: Int = JSON.depthMax) {
        frames = FrameReader(bytesMax: frameBytesMax)
        self.depthMax = depthMax
    }

    /// Whether no call runs and no bytes wait.
    public var isIdle: Bool { running == nil && pendingBytes == 0 }

    /// Whether the client sends no more and everything it sent has had its reply: time to close.
    public var isFinished: Bool { hasEnded && isIdle }

    /// The bytes received that no call has used up yet, the running one's not counted.
    public var pendingBytes: Int { frames.pendingBytes }

    /// Takes bytes as they come from the socket.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        precondition(!hasEnded, "no bytes come after the end of a stream")
        frames.receive(bytes)
    }

    /// The next call, or nil while one is running or more bytes are needed.
    ///
    /// A throw is final: every later call throws the same. Close then, without a word.
    public mutating func next() throws(ProtocolViolation) -> Call? {
        if let violation { throw violation }
        guard running == nil else { return nil }
        do throws(ProtocolViolation) {
            running = try nextCall()
        } catch {
            violation = error
            throw error
        }
        return running
    }

    private mutating func nextCall() throws(ProtocolViolation) -> Call? {
        let depthMax = depthMax
        let call = try frames.nextMessage { frame throws(ProtocolViolation) in
            try Call(frame: frame, depthMax: depthMax)
        }
        if hasEnded, call == nil, pendingBytes > 0 { throw .cutShort(bytes: pendingBytes) }
        return call
    }

    /// Replies to the running call, and ends it unless the reply continues.
    ///
    /// Returns what to send: nothing for a oneway call. A reply to no call, or one that continues although the client
    /// did not ask for more, is our mistake and traps; a oneway call ends with a reply like any other.
    public mutating func reply(_ reply: Reply) -> [UInt8] {
        guard let running else { preconditionFailure("a reply without a running call") }
        precondition(running.more || !reply.continues, "a reply that continues, to a call without more")
        if !reply.continues { self.running = nil }
        return running.oneway ? [] : reply.encoded()
    }

    /// Replies to the running call with a message that was encoded elsewhere, with its NUL, and that continues.
    ///
    /// For replies that are many and large. As with `reply`, the call has to be one that asked for more.
    public func reply(continuing frame: [UInt8]) -> [UInt8] {
        guard let running else { preconditionFailure("a reply without a running call") }
        precondition(running.more, "a reply that continues, to a call without more")
        return frame
    }

    /// Notes that the client sends no more. It may still be reading.
    ///
    /// After `.unfinished` the edge goes on as before, until `isFinished` or until `next()` throws.
    public mutating func endOfInput() -> EndOfInput {
        hasEnded = true
        if running != nil || frames.hasWholeFrame() { return .unfinished }
        return pendingBytes > 0 ? .cutShort(bytes: pendingBytes) : .clean
    }
}

/// What is left when the other side has sent its last byte.
public enum EndOfInput: Hashable, Sendable {
    /// Nothing: close.
    case clean
    /// Replies are owed, or whole messages wait: finish them, then close.
    case unfinished
    /// The beginning of a message, which will never be one: close without a reply.
    case cutShort(bytes: Int)
}
