internal import NIOCore

/// The connections with replies that are not sent yet: those of one turn of the loop go out together at its end.
///
/// Many replies at once are told to clients that sleep. Sent one by one, each waits for the waking of one client and the
/// next finds it asleep again; sent together they find the clients' processors awake.
final class Outbox {
    private let eventLoop: any EventLoop
    private var connections: [Connection] = []

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Sends what this connection has to send when the turn ends.
    func add(_ connection: Connection) {
        connections.append(connection)
        guard connections.count == 1 else { return }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { bound.value.send() }
    }

    private func send() {
        // What is replied because of that goes out with the next turn.
        let waiting = connections
        connections.removeAll()
        for connection in waiting { connection.flush() }
    }
}
