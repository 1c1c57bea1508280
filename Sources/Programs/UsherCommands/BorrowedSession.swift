import UsherAPI
import UsherClient
import Varlink

/// A session that a command uses and may have opened for that.
struct BorrowedSession {
    let session: String
    /// The lease of a session that is ours to keep or to end; nil for one that somebody else keeps.
    private var lease: LeasedSession?
    private let connection: BrokerClient

    /// Whether it was opened for this command.
    var isNew: Bool { lease.map { !$0.isReused } ?? false }

    /// The connection to ask on, which may be the one that keeps the session.
    var client: BrokerClient { lease?.client ?? connection }

    /// One that was there before.
    init(_ session: String, on connection: BrokerClient) {
        self.session = session
        self.connection = connection
    }

    /// One that was acquired. A lease that does not hang on our connection is somebody's, and stays as it is.
    init(_ leased: LeasedSession) {
        session = leased.id
        connection = leased.client
        lease = leased.record["lease"]?.string == "connection" ? leased : nil
    }

    /// Whether it ends with our connection unless something is done.
    var isOurs: Bool { lease != nil }

    /// Keeps it as `usher open` does.
    mutating func makeLast(at address: BrokerAddress, say: (String) -> Void) throws {
        try lease?.makeLast(as: "console", at: address, say: say)
    }
}

extension BrokerCommand {
    /// The session to work on: the one that is named or held, else an idle one of the caller's, else a new one.
    func borrow(
        _ options: TargetOptions, at address: BrokerAddress, signals: SignalPipe, verbose: Bool, console: Console
    ) throws -> BorrowedSession {
        switch try options.target.resolved(as: options.admin, at: address, console: console) {
        case .session(let session):
            return BorrowedSession(session, on: try BrokerClient.connect(to: address, wake: signals.descriptor))
        case .tenant(let tenant):
            let leased = try acquire(
                options.acquisition(at: tenant, reusing: true, console), at: address, signals: signals,
                verbose: verbose, console: console)
            if verbose {
                let how = leased.isReused ? "Using the idle" : "Opened"
                shared.say(
                    "\(how) \(leased.id.madeVisible) on \(leased.record.name("tenant")) as \(leased.record.name("admin")).",
                    on: console)
            }
            return BorrowedSession(leased)
        }
    }
}
