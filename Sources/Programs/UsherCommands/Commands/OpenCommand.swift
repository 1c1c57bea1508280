import ArgumentParser
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
            how long to queue. With --verbose the steps are told: the admin domain, the endpoint that was discovered, \
            the token, the session.
            """)

    @OptionGroup var session: SessionOptions
    @Flag(help: "Keep the session when the login session ends.") var detach = false
    @Flag(help: "Tell the steps on standard error.") var verbose = false
    @OptionGroup var shared: SharedOptions

    var attempt: Attempt { session.attempt("open") }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        var lease = try waitForSession(at: address, console)
        let mode = detach ? "detached" : "console"
        let say = { (line: String) in shared.say(line, on: console) }
        switch shared.format {
        case nil, .plain:
            // The lease hangs on our connection until the id has reached whoever asked: if nobody reads it, the session
            // ends with us.
            try console.output.write(line: lease.id.madeVisible)
            try console.output.flush()
            try lease.makeLast(as: mode, at: address, say: say)
        case .table, .list, .json, .jsonl:
            // A record tells the lease, which is known once it was made.
            try lease.makeLast(as: mode, at: address, say: say)
            do {
                let writer = singleWriter(SessionColumns.present, in: console)
                try writer.add(lease.record)
                try writer.finish()
                try console.output.flush()
            } catch {
                end(lease.id, at: address)
                throw error
            }
        }
    }

    private func waitForSession(at address: BrokerAddress, _ console: Console) throws -> LeasedSession {
        let signals = try signalsThatEnd()
        // From here on Ctrl-C may simply end us, and the lease with us.
        defer { signals.release() }
        return try acquire(
            session.acquisition(console), at: address, signals: signals, verbose: verbose, console: console)
    }
}

extension LeasedSession {
    /// Makes the lease last, and tells where it became another one than was asked for. A daemon that is restarted just
    /// now is asked again: it keeps the session for a moment.
    mutating func makeLast(as mode: String, at address: BrokerAddress, say: (String) -> Void) throws {
        let call = Method.attach.call(["session": .string(id), "lease": .string(mode)])
        let until = Deadline.within(Acquisition.comesBackWithin)
        while true {
            do {
                let got = try client.call(call)["session"]?.object?["lease"]?.string ?? mode
                record["lease"] = .string(got)
                if got != mode {
                    say("No login session can be watched here, so \(id.madeVisible) is \(got.madeVisible).")
                }
                return
            } catch let error as ClientError where error.mayPass && !until.isOver {
                client = try BrokerClient.reconnect(to: address, by: until, wake: -1)
            }
        }
    }
}
