import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// A verb that asks the broker: it parses, calls and renders. Where it would need a rule, the rule is the broker's.
protocol BrokerCommand: ParsableCommand {
    var shared: SharedOptions { get }
    /// What an error's words may depend on.
    var attempt: Attempt { get }
    /// Does it. What it throws becomes words and an exit status in CommandError.
    func run(in console: Console) throws
}

extension BrokerCommand {
    var attempt: Attempt { Attempt(verb: Self._commandName) }

    /// A writer for several records.
    func writer(_ columns: [Column], in console: Console) -> RecordWriter {
        RecordWriter(columns, single: false, options: shared, console: console)
    }

    /// A writer for one record.
    func singleWriter(_ columns: [Column], in console: Console) -> RecordWriter {
        RecordWriter(columns, single: true, options: shared, console: console)
    }
}

/// What `open` and `hold` take: a session and how to wait for it.
struct SessionOptions: ParsableArguments {
    @Argument(help: "The tenant.", completion: .custom(Completion.tenants))
    var tenant: String

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Act as this admin; else as $USHER_ADMIN says, else as the first one that maps you.", valueName: "admin"))
    var admin: String?

    @Option(help: ArgumentHelp("Wait for a seat for so long: 90s, 2m, 1h30m.", valueName: "duration"))
    var wait: Span?

    @Option(help: ArgumentHelp("Tell the others who hold sessions what yours is for.", valueName: "text"))
    var purpose: String?

    /// The request for the broker.
    func acquisition(_ console: Console) -> Acquisition {
        Acquisition(
            tenant: tenant, admin: admin ?? console.namedAdmin, purpose: purpose,
            patience: wait.map { .seconds($0.seconds) })
    }

    /// What somebody would type again.
    func attempt(_ verb: String, tail: String = "") -> Attempt {
        let named = admin.map { " --as \($0.madeVisible)" } ?? ""
        return Attempt(verb: verb, target: tenant.madeVisible + named, tail: tail)
    }
}

extension Console {
    /// The admin that the environment names.
    var namedAdmin: String? { environment("USHER_ADMIN").flatMap { $0.isEmpty ? nil : $0 } }
}

extension BrokerCommand {
    /// Gets a session, showing how the wait and the opening go.
    func acquire(
        _ acquisition: Acquisition, at address: BrokerAddress, signals: SignalPipe, verbose: Bool = false,
        console: Console
    ) throws -> LeasedSession {
        let screen = WaitingScreen(for: acquisition.tenant, verbose: verbose, shared: shared, console: console)
        defer { screen.clear() }
        let lease = try refusing(in: console) {
            try acquisition.run(at: address, wake: signals.descriptor) { screen.show($0) }
        }
        screen.succeed()
        return lease
    }

    /// Does something that may be refused for want of a seat, whose words depend on the width of the terminal.
    func refusing<Result>(in console: Console, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let refusal as ErrorReply where refusal.known == .quotaExceeded || refusal.known == .waitTimeout {
            var attempt = attempt
            attempt.width = console.diagnostics.terminalWidth
            throw CommandError(reply: refusal, during: attempt, at: console.now())
        }
    }

    /// Ends a session of ours before we leave, so that whoever comes next finds its seat free. If that can't be done in
    /// time it frees a moment later, with our connection.
    func end(_ session: String, at address: BrokerAddress) {
        guard let client = try? BrokerClient.connectAtOnce(to: address) else { return }
        _ = try? client.call(Method.close.call(["session": .string(session)]), within: .seconds(2))
    }

    /// The signals that end a command before its time.
    func signalsThatEnd() throws -> SignalPipe {
        guard let signals = SignalPipe(catching: [SIGINT, SIGTERM, SIGHUP]) else {
            throw CommandError.outOfDescriptors
        }
        return signals
    }
}
