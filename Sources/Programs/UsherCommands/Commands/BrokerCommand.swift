import ArgumentParser
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
        let named = console.environment("USHER_ADMIN").flatMap { $0.isEmpty ? nil : $0 }
        return Acquisition(
            tenant: tenant, admin: admin ?? named, purpose: purpose, patience: wait.map { .seconds($0.seconds) })
    }

    /// What somebody would type again.
    func attempt(_ verb: String, tail: String = "") -> Attempt {
        let named = admin.map { " --as \($0.madeVisible)" } ?? ""
        return Attempt(verb: verb, target: tenant.madeVisible + named, tail: tail)
    }
}

extension BrokerCommand {
    /// Gets a session, showing how the wait goes.
    func acquire(_ options: SessionOptions, at address: BrokerAddress, signals: SignalPipe, console: Console) throws
        -> (lease: LeasedSession, acquisition: Acquisition)
    {
        let acquisition = options.acquisition(console)
        let screen = WaitingScreen(for: options.tenant, format: shared.format, console: console)
        defer { screen.clear() }
        do {
            let lease = try acquisition.run(at: address, wake: signals.descriptor, progress: screen.show)
            return (lease, acquisition)
        } catch let refusal as ErrorReply where refusal.known == .quotaExceeded || refusal.known == .waitTimeout {
            var attempt = attempt
            attempt.width = console.diagnostics.terminalWidth
            throw CommandError(reply: refusal, during: attempt, at: console.now())
        }
    }
}
