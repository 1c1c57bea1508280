import ArgumentParser
import UsherClient

/// How records are written.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case table, list, plain, json, jsonl

    /// Whether a program reads it; then errors are JSON, too, and nothing else is said.
    var isForPrograms: Bool { self == .json || self == .jsonl }
}

/// What every verb takes.
struct SharedOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Talk to the broker at this socket.", valueName: "path"))
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "Write records in this format, and errors, too, if programs read it.", valueName: "format")
    )
    var format: OutputFormat?

    @Flag(help: "Leave out the heading of a table.")
    var noHeader = false

    /// The broker's socket. Says so when it is the lab's.
    func address(_ console: Console) throws -> BrokerAddress {
        let address = addressAgain(console)
        if address.isLab && !(format?.isForPrograms ?? false) {
            try? console.diagnostics.write(line: "lab")
            try? console.diagnostics.flush()
        }
        return address
    }

    /// The broker's socket, of which it has been said whose it is.
    func addressAgain(_ console: Console) -> BrokerAddress {
        BrokerAddress.choose(asked: socket, environment: console.environment)
    }

    /// A connection to the broker.
    func connect(_ console: Console) throws -> BrokerClient {
        try BrokerClient.connect(to: try address(console))
    }

    /// A line for a person on standard error; none for a program.
    func say(_ line: String, on console: Console) {
        guard !(format?.isForPrograms ?? false) else { return }
        // Who closed standard error does not want to be told.
        try? console.diagnostics.write(line: line)
        try? console.diagnostics.flush()
    }
}

extension Span: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
