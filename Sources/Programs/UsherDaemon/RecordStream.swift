internal import LocalSocket
internal import NIOCore
internal import PSRP
internal import Synchronization
internal import UsherTenant

/// From a pipeline to the client that called for it, beside the broker: records are encoded on the lane's thread and written
/// on the event loop, and while the client does not read them no more are asked of the tenant.
final class RecordStream: PipelineOutput, @unchecked Sendable {
    // `encoder` is used on the lane's thread, `connection` on the event loop, and `onTheirWay` has a lock.
    private var encoder: RecordEncoder
    private let connection: NIOLoopBound<Connection>
    private let call: UInt64
    private let eventLoop: any EventLoop
    private let makeRoom: @Sendable () -> Void
    private let onTheirWay = Mutex(0)

    /// Messages that may be on their way to the client: enough to keep both sides busy, and no more memory than this.
    private static let messagesMax = 4
    /// Where a message ends and the next one begins (contract, section 7: about 1 MiB at most).
    private static let messageBytes = 256 << 10
    /// One object alone.
    private static let recordBytesMax = 16 << 20

    /// `makeRoom` is called when more may come after it might not.
    init(
        _ connection: Connection, eventLoop: any EventLoop, takesQuestions: Bool,
        makeRoom: @escaping @Sendable () -> Void
    ) {
        encoder = RecordEncoder(takesQuestions: takesQuestions)
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        call = connection.callNumber
        self.eventLoop = eventLoop
        self.makeRoom = makeRoom
    }

    var hasRoom: Bool { onTheirWay.withLock { $0 < Self.messagesMax } }

    func take(_ events: [PipelineEvent]) -> Taken {
        var message = Self.beginning
        var isEmpty = true
        for event in events {
            encoder.removeAll()
            guard encoder.append(event) else { continue }
            guard encoder.bytes.count <= Self.recordBytesMax else {
                if !isEmpty { send(message) }
                return .tooLarge(limitBytes: Self.recordBytesMax, property: encoder.longest?.name)
            }
            if !isEmpty, message.count + encoder.bytes.count > Self.messageBytes {
                send(message)
                message = Self.beginning
                isEmpty = true
            }
            if !isEmpty { message.append(UInt8(ascii: ",")) }
            isEmpty = false
            message.append(contentsOf: encoder.bytes)
        }
        if !isEmpty { send(message) }
        return .all
    }

    func finish() {}

    private static let beginning = Array(#"{"parameters":{"records":["#.utf8)
    private static let end = Array("]},\"continues\":true}\0".utf8)

    private func send(_ begun: [UInt8]) {
        let message = begun + Self.end
        onTheirWay.withLock { $0 += 1 }
        eventLoop.execute { [self] in
            connection.value.reply(continuing: message, to: call)
            connection.value.whenReading { [self] in
                let wasFull = onTheirWay.withLock { count in
                    count -= 1
                    return count == Self.messagesMax - 1
                }
                if wasFull { makeRoom() }
            }
        }
    }
}

/// For a pipeline whose client is gone.
final class NoOutput: PipelineOutput {
    var hasRoom: Bool { true }
    func take(_ events: [PipelineEvent]) -> Taken { .all }
    func finish() {}
}
