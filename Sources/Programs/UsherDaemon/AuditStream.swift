internal import LocalSocket
internal import NIOCore
internal import NIOPosix
internal import UsherAPI
internal import UsherCore
internal import UsherStore
internal import Varlink

/// Hands the journal's events to a client, a page at a time and only as fast as he reads.
///
/// Pages are read on a thread of their own; everything else happens on the event loop.
final class AuditStream: @unchecked Sendable {
    // `reader` may be used from any thread; the rest belongs to the event loop.
    private let reader: AuditReader
    private let connection: Connection
    private let call: UInt64
    private let threads: NIOThreadPool
    private let eventLoop: any EventLoop
    private let scribe: Scribe

    init(
        _ reader: AuditReader, to connection: Connection, threads: NIOThreadPool, eventLoop: any EventLoop,
        scribe: Scribe
    ) {
        self.reader = reader
        self.connection = connection
        call = connection.callNumber
        self.threads = threads
        self.eventLoop = eventLoop
        self.scribe = scribe
    }

    func start() { read(after: 0) }

    private func read(after number: Int64) {
        let reader = reader
        threads.runIfActive(eventLoop: eventLoop) { try reader.page(after: number) }.whenComplete { [self] result in
            // The client may be gone, or even have asked for something else on a new connection.
            guard connection.callNumber == call else { return }
            switch result {
            case .success(let events): send(events)
            case .failure(let error): connection.reply(scribe.refusal(.stateUnavailable("the journal: \(error)")))
            }
        }
    }

    private func send(_ events: [AuditEvent]) {
        let isLast = events.count < AuditReader.pageSize
        let parameters: JSONObject = ["events": .array(events.map(scribe.event))]
        connection.reply(Reply(parameters: parameters, continues: !isLast))
        if !isLast, let last = events.last { connection.whenReading { [self] in read(after: last.number) } }
    }
}
