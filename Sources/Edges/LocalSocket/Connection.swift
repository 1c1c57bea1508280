public import NIOCore
public import Varlink

/// Whoever answers the calls of all connections. Everything happens on the event loop of the listener.
public protocol ConnectionDelegate: AnyObject {
    /// A client is there, and who it is.
    func connected(_ connection: Connection)
    /// A client calls. `connection.reply` must follow, exactly one of them final; the next call comes after that.
    func called(_ connection: Connection, _ call: Call)
    /// The client is gone; nothing it is told from now on arrives. Exactly once for each connection.
    func ended(_ connection: Connection)
    /// A client broke the protocol and is cut off.
    func violated(_ connection: Connection, _ violation: ProtocolViolation)
}

/// One client, from accept to the end. Owned by its channel; only for use on its event loop.
///
/// Bytes go into the protocol machine and calls come out; what a client pipelines waits in the machine, and what it
/// does not read stops the next call: so one client's memory is bounded by one request, one reply and the socket.
public final class Connection: ChannelInboundHandler {
    public typealias InboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    /// Never used twice in one life of the listener.
    public let number: UInt64
    public let peer: Peer
    /// What the delegate keeps for this client, from `connected` to `ended`.
    public var attachment: AnyObject?

    /// Counts the calls, so that what belongs to one that is over is not taken for a reply to the next.
    public private(set) var callNumber: UInt64 = 0
    private var machine: ServerConnection
    private let limits: SocketLimits
    private let delegate: any ConnectionDelegate
    private let outbox: Outbox
    private var isInOutbox = false
    private var context: ChannelHandlerContext?
    private var isPumping = false
    private var isReading = true
    /// As the channel last told; to ask it costs more than to remember.
    private var isWritable = true
    private var slowReader: Scheduled<Void>?
    /// Whether it was ended because its client left replies unread for too long.
    public private(set) var wasSlow = false
    private var writable: [() -> Void] = []

    init(number: UInt64, peer: Peer, limits: SocketLimits, outbox: Outbox, delegate: any ConnectionDelegate) {
        self.number = number
        self.peer = peer
        self.limits = limits
        self.outbox = outbox
        self.delegate = delegate
        machine = ServerConnection(frameBytesMax: limits.requestBytesMax)
    }

    /// Whether what is sent now goes out soon, rather than on top of what the client has not read.
    public var isReadingReplies: Bool { context != nil && isWritable }

    /// Replies to the running call.
    public func reply(_ reply: Reply) {
        guard let context, machine.running != nil else { return }
        let bytes = machine.reply(reply)
        if !bytes.isEmpty { write(bytes, context) }
        pump()
    }

    /// Replies to a call with an encoded message that continues; see `ServerConnection`. Nothing where the call is over, or
    /// its client gone.
    public func reply(continuing frame: [UInt8], to call: UInt64) {
        guard let context, machine.running != nil, call == callNumber else { return }
        write(machine.reply(continuing: frame), context)
    }

    private func write(_ bytes: [UInt8], _ context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)), promise: nil)
        guard !isInOutbox else { return }
        isInOutbox = true
        outbox.add(self)
    }

    /// Sends what was replied.
    func flush() {
        isInOutbox = false
        context?.flush()
    }

    /// Calls back once the client reads what it is sent: at once where it does, and where it is gone.
    public func whenReading(_ done: @escaping () -> Void) {
        guard context != nil, !isWritable else { return done() }
        writable.append(done)
    }

    private func tellWriters() {
        let waiting = writable
        writable = []
        for done in waiting { done() }
    }

    /// Ends the connection once what was replied is written.
    public func closeAfterReplies() {
        guard let context else { return }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(context.channel.allocator.buffer(capacity: 0)))
            .whenComplete { _ in bound.value.close(promise: nil) }
    }

    /// Ends the connection now. What was replied before goes as far as the client reads.
    public func close() {
        guard let context else { return }
        context.flush()
        context.close(promise: nil)
    }

    // MARK: what the channel tells

    public func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    public func channelActive(context: ChannelHandlerContext) { delegate.connected(self) }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        machine.receive(unwrapInboundIn(data).readableBytesView)
        pump()
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // Half closed: it may still read. What was asked is answered, then it is over.
        switch machine.endOfInput() {
        case .clean, .cutShort: close()
        case .unfinished: pump()
        }
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        isWritable = context.channel.isWritable
        if isWritable {
            slowReader?.cancel()
            slowReader = nil
            tellWriters()
            pump()
        } else if slowReader == nil {
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            slowReader = context.eventLoop.scheduleTask(in: limits.slowReader) {
                bound.value.wasSlow = true
                bound.value.close()
            }
        }
    }

    public func channelInactive(context: ChannelHandlerContext) {
        slowReader?.cancel()
        self.context = nil
        tellWriters()
        delegate.ended(self)
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Hands out calls for as long as the client's turn lasts: one at a time, and none to a client that does not
    /// read. Called again from within by replies given at once; the outermost run goes on with those.
    private func pump() {
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        do {
            while context != nil, isWritable, let call = try machine.next() {
                callNumber += 1
                delegate.called(self, call)
            }
        } catch {
            delegate.violated(self, error)
            return close()
        }
        if machine.isFinished { return closeAfterReplies() }
        read(machine.pendingBytes <= limits.requestBytesMax)
    }

    /// Stops reading from a client that sends more than it waits for; the kernel still tells when it is gone.
    private func read(_ isWanted: Bool) {
        guard isWanted != isReading, let context else { return }
        isReading = isWanted
        _ = context.channel.setOption(.autoRead, value: isWanted)
    }
}

/// Bounds of the socket.
public struct SocketLimits: Sendable {
    /// The largest request.
    public var requestBytesMax: Int
    /// How long a client may leave replies unread before it is cut off.
    public var slowReader: TimeAmount

    /// The defaults are those of the contract.
    public init(requestBytesMax: Int = 1 << 20, slowReader: TimeAmount = .minutes(15)) {
        self.requestBytesMax = requestBytesMax
        self.slowReader = slowReader
    }
}
