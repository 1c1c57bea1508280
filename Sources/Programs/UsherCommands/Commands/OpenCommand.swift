import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Open a session and print its id
struct OpenCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Open a session and print its id",
        discussion: """
            The session lasts as long as the login session this was typed in, or with --detach until it is closed; the \
            idle and the age rule end it in any case. It is refused at once when no seat is free, unless --wait says \
            how long to queue.
            """)

    @OptionGroup var session: SessionOptions
    @Flag(help: "Keep the session when the login session ends.") var detach = false
    @OptionGroup var shared: SharedOptions

    var attempt: Attempt { session.attempt("open") }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        var lease = try waitForSession(at: address, console)
        // The lease hangs on our connection until the id has reached whoever asked: if nobody reads it, the session
        // ends with us.
        try printID(of: lease, console)
        let attached = try attach(&lease, at: address)
        let got = attached["lease"]?.string
        if !detach, let got, got != "console" {
            shared.say(
                "No login session can be watched here, so \(lease.id.madeVisible) is \(got.madeVisible).", on: console)
        }
    }

    private func waitForSession(at address: BrokerAddress, _ console: Console) throws -> LeasedSession {
        guard let signals = SignalPipe(catching: [SIGINT, SIGTERM, SIGHUP]) else {
            throw CommandError.outOfDescriptors
        }
        // From here on Ctrl-C may simply end us, and the lease with us.
        defer { signals.release() }
        return try acquire(session, at: address, signals: signals, console: console).lease
    }

    private func printID(of lease: LeasedSession, _ console: Console) throws {
        switch shared.format {
        case nil, .plain: try console.output.write(line: lease.id.madeVisible)
        case .table, .list, .json, .jsonl:
            let writer = singleWriter(SessionColumns.present, in: console)
            try writer.add(lease.record)
            try writer.finish()
        }
        try console.output.flush()
    }

    /// Makes the lease last. A daemon that is restarted just now is asked again: it keeps the session for a moment.
    private func attach(_ lease: inout LeasedSession, at address: BrokerAddress) throws -> JSONObject {
        let call = Method.attach.call(["session": .string(lease.id), "lease": detach ? "detached" : "console"])
        let until = Deadline.within(Acquisition.comesBackWithin)
        while true {
            do {
                return try lease.client.call(call)["session"]?.object ?? [:]
            } catch let error as ClientError where error.mayPass && !until.isOver {
                lease.client = try BrokerClient.reconnect(to: address, by: until, wake: -1)
            }
        }
    }
}
