/// One of the two kinds of queues that a shell's output is in.
public enum Queue: Hashable, Sendable {
    /// The runspace pool's messages.
    case pool
    /// One command's, by the id that we proposed for it.
    case command(GUID)

    var command: GUID? {
        switch self {
        case .pool: nil
        case .command(let id): id
        }
    }
}

/// What a request is for.
public enum Purpose: Hashable, Sendable {
    case create
    case command(GUID)
    case send(Queue)
    case receive(Queue)
    case stop(GUID)
    case terminate(GUID)
    case get
    case disconnect
    case reconnect
    case connect
    case connectCommand(GUID)
    case delete

    /// Whether the service holds the request open until it has something to say. Each such request wants a connection of
    /// its own, and a deadline beyond OperationTimeout.
    public var isPoll: Bool {
        if case .receive = self { true } else { false }
    }
}

/// A request to be posted once. A transport that repeats it by itself breaks the one rule there is.
public struct Order: Hashable, Sendable {
    /// By this number its outcome is told.
    public let number: Int
    public let purpose: Purpose
    public let request: Request
    /// How often this poll ended without output before. A service that ends polls at once, again and again, is asked
    /// with a pause in between; the pause is for whoever has a clock.
    public let repetition: Int
}

/// What a shell machine wants done, first to last.
public enum ShellEffect: Hashable, Sendable {
    case post(Order)
    case tell(ShellEvent)
}

/// What happened to a shell.
public enum ShellEvent: Hashable, Sendable {
    /// It is there. Its pool is not open yet: that comes by Receive.
    case created(ShellCreated)
    /// There is no shell, and there will be none.
    case notCreated(Failure)
    /// A command runs; the server may know it by another id.
    case commandStarted(GUID, assigned: GUID)
    /// Output, in order, perhaps none. More is only asked for by `receive`. A command `isPending` while it waits for the
    /// answer to a host call.
    case received(Queue, [[UInt8]], isPending: Bool)
    /// No more output; it comes after the last of it. Terminate is on its way.
    case commandFinished(GUID, exitCode: Int32?)
    /// Everything that was to be sent to this queue was taken.
    case sent(Queue)
    /// The service was told to stop the command. Whether and how it stopped comes as output.
    case stopSignalled(GUID)
    /// The service has freed the command.
    case terminated(GUID)
    /// The answer to Get: it is alive.
    case described(ShellDescription)
    case disconnected
    case reconnected
    /// It was taken over from another client; with the answer's connectResponseXml.
    case connected([UInt8])
    case commandConnected(GUID)
    /// It was not done. Asking again is no mistake.
    case failed(Purpose, Failure)
    /// It may have been done. Create, Command and Send are not asked for again.
    case uncertain(Purpose, Failure)
    /// The shell is of no more use, and still counts: it wants to be deleted.
    case broken(Failure)
    /// Delete was confirmed.
    case deleted
    /// The server does not know the shell, and that proves that it is gone.
    case gone(Failure)
    /// The server does not know the shell, and that proves nothing: another machine may, or Create is still being worked
    /// on.
    case notFound(Failure)
}
