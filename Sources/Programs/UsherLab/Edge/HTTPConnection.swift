// One connection of HTTP/1.1. Requests on it are handled one after the other, as they came; the next waits until the one
// before was answered. A connection that ends under a request tells the server, which lets the tenant know.

internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// What a connection reports to.
protocol HTTPConnectionDelegate: AnyObject {
    func connected(_ connection: HTTPConnection)
    /// The header of a request came and its body not yet. False closes the connection.
    func began(_ connection: HTTPConnection) -> Bool
    func received(_ question: HTTPQuestion, by connection: HTTPConnection)
    func disconnected(_ connection: HTTPConnection)
}

/// One connection, on the server's event loop.
final class HTTPConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    /// Requests that wait behind one that is being answered.
    private static let waitingMax = 16

    let isPlain: Bool
    private let delegate: any HTTPConnectionDelegate
    private var context: ChannelHandlerContext?
    private var current: HTTPQuestion?
    private var isTooLong = false
    private var waiting: [HTTPQuestion] = []
    private var isBusy = false
    private var count = 0
    private var keepsAlive = true

    init(isPlain: Bool, delegate: any HTTPConnectionDelegate) {
        self.isPlain = isPlain
        self.delegate = delegate
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func channelActive(context: ChannelHandlerContext) {
        delegate.connected(self)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.context = nil
        delegate.disconnected(self)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            guard delegate.began(self) else { return sever() }
            let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
            var fields: [String: String] = [:]
            for (name, value) in head.headers { fields[name.lowercased()] = value }
            keepsAlive = head.isKeepAlive
            isTooLong = false
            current = HTTPQuestion(
                method: head.method.rawValue, path: String(parts[0]),
                query: parts.count > 1 ? FormText.fields(parts[1]) : [], fields: fields, isReused: count > 0,
                isPlain: isPlain)
            count += 1
            if fields["expect"]?.lowercased() == "100-continue" {
                let head = HTTPResponseHead(version: .http1_1, status: .continue)
                context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
            }
        case .body(let buffer):
            guard let length = current?.body.count, length + buffer.readableBytes <= HTTPQuestion.bodyMax else {
                isTooLong = true
                return
            }
            current?.body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let question = current else { return }
            current = nil
            guard !isTooLong else {
                keepsAlive = false
                return answer(HTTPReply(status: 413))
            }
            guard isBusy else { return handle(question) }
            guard waiting.count < Self.waitingMax else { return close() }
            waiting.append(question)
        }
    }

    private func handle(_ question: HTTPQuestion) {
        isBusy = true
        delegate.received(question, by: self)
    }

    /// Answers the request that is being handled, and goes on to the next.
    func answer(_ reply: HTTPReply) {
        guard let context else { return }
        switch reply.ending {
        case .hang: return
        case .silence: return sever()
        case .whole: break
        case .cut, .endless: keepsAlive = false
        }
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: reply.status))
        for (name, value) in reply.fields { head.headers.add(name: name, value: value) }
        if case .endless = reply.ending {
            head.headers.add(name: "Transfer-Encoding", value: "chunked")
        } else {
            head.headers.add(name: "Content-Length", value: "\(reply.body.count)")
        }
        if !keepsAlive { head.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        switch reply.ending {
        case .endless: return writeForever(context, left: 1 << 16)
        case .cut(let bytes):
            write(reply.body.prefix(bytes), context)
            let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
            let flushed = context.eventLoop.makePromise(of: Void.self)
            flushed.futureResult.whenComplete { _ in bound.value.sever() }
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))), promise: flushed)
            return
        case .whole, .silence, .hang: break
        }
        if !reply.body.isEmpty { write(reply.body[...], context) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        isBusy = false
        guard keepsAlive else { return close() }
        if !waiting.isEmpty { handle(waiting.removeFirst()) }
    }

    private func write(_ bytes: ArraySlice<UInt8>, _ context: ChannelHandlerContext) {
        var buffer = context.channel.allocator.buffer(capacity: bytes.count)
        buffer.writeBytes(bytes)
        context.write(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
    }

    /// 64 KiB at a time, the next when the one before has left, and four gigabytes at most.
    private func writeForever(_ context: ChannelHandlerContext, left: Int) {
        guard left > 0 else { return close() }
        var buffer = context.channel.allocator.buffer(capacity: 65536)
        buffer.writeRepeatingByte(0x20, count: 65536)
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer)))).whenSuccess {
            let (connection, context) = bound.value
            if connection.context != nil { connection.writeForever(context, left: left - 1) }
        }
    }

    func close() { context?.close(promise: nil) }

    /// Cuts the connection below TLS, as a cable does: nothing says that it was meant.
    func sever() {
        guard let context else { return }
        let below = try? context.pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (below ?? context).close(promise: nil)
    }
}
