import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Asks for lines and does what they say, until somebody leaves or the session ends.
final class InteractiveShell {
    private let session: ShellSession
    private let address: BrokerAddress
    private let console: Console
    private let signals: SignalPipe
    private let prompt: Prompt
    private var shared: SharedOptions
    /// Fetched at the first tab.
    private var completion: ShellCompletion?
    /// That of the last line that was run.
    private var status = ExitStatus.done

    init(
        on session: ShellSession, at address: BrokerAddress, shared: SharedOptions, signals: SignalPipe,
        console: Console
    ) {
        self.session = session
        self.address = address
        self.shared = shared
        self.signals = signals
        self.console = console
        prompt = Prompt(console: console, signals: signals)
    }

    /// Returns the exit status of the last line. Throws when the session ended, and when a signal ended us.
    func run() throws -> ExitStatus {
        if prompt.isInteractive { say(":help tells what there is beside the commands of the tenant.") }
        let surroundings = Prompt.Surroundings(
            text: session.prompt, descriptor: { self.session.descriptor },
            news: { try self.session.check(wake: self.signals.descriptor) },
            complete: { self.proposal(for: $0, at: $1) })
        while true {
            switch try prompt.ask(surroundings) {
            case .end: return status
            case .signal: throw ClientError.interrupted
            case .line(let text):
                guard try perform(text) else { return status }
            }
            try session.check(wake: signals.descriptor)
        }
    }

    /// Does what a line says. False when it says to leave.
    private func perform(_ text: String) throws -> Bool {
        do {
            switch try PipelineMistake.told({ () throws(PipelineMistake) in try ShellLine(text) }) {
            case .empty: break
            case .quit: return false
            case .help: help()
            case .session: try showSession()
            case .format(let format): shared.format = format
            case .script(let text): try run(.script(text))
            case .pipeline(let commands): try run(.commands(commands.map(\.json)))
            }
        } catch let error as CommandError {
            tell(error)
        } catch let error as ErrorReply {
            tell(CommandError(reply: error, during: Attempt(verb: "shell"), at: console.now()))
        } catch let error as ClientError where error != .interrupted {
            // The session may live on; whether it does is found out before the next line.
            if let error = CommandError(client: error) { tell(error) }
        }
        return true
    }

    private func run(_ work: Invocation.Work) throws {
        let run = PipelineRun(
            invocation: Invocation(work, on: .session(session.id)), address: address, shared: shared, console: console,
            signals: signals, isVerbose: false, scriptHint: "Get-CsTenant")
        switch try run.run() {
        case .signal(SIGINT) where prompt.isInteractive: status = .interrupted
        case .signal: throw ClientError.interrupted
        case .outcome(let outcome):
            status = .done
            guard let failure = PipelineFailure(outcome) else { return }
            status = .failed
            if let words = failure.words as? CommandError { tell(words) }
        }
    }

    private func tell(_ error: CommandError) {
        status = error.status
        error.write(to: console, format: shared.format)
    }

    private func help() {
        say("A line is a pipeline: Get-CsOnlineUser -ResultSize 5 | Select-Object DisplayName")
        let width = ShellLine.words.map(\.name.count).max() ?? 0
        for word in ShellLine.words { say("  \(word.name.padded(to: width))  \(word.meaning)") }
        say("Tab completes commands and parameters. Ctrl-C stops a pipeline, and the session stays.")
    }

    private func showSession() throws {
        let client = try BrokerClient.connect(to: address)
        let reply = try client.call(Method.listSessions.call(["tenant": session.record["tenant"] ?? ""]))
        let record = reply["sessions"]?.array?.compactMap(\.object).first { $0["session"]?.string == session.id }
        let writer = RecordWriter(SessionColumns.present, single: true, options: shared, console: console)
        try writer.add(record ?? session.record)
        try writer.finish()
    }

    private func say(_ line: String) {
        try? console.diagnostics.write(line: line)
        try? console.diagnostics.flush()
    }

    private func proposal(for text: [Character], at cursor: Int) -> ShellCompletion.Proposal {
        let known = completion ?? fetchedCompletion()
        return known.proposal(for: text, at: cursor)
    }

    /// The commands as the broker remembers them, or fetches them now. Where that fails the next tab tries again.
    private func fetchedCompletion() -> ShellCompletion {
        var fetched = ShellCompletion()
        guard let client = try? BrokerClient.connectAtOnce(to: address) else { return fetched }
        do {
            try CommandListing(session: session.id, pattern: nil).fetch(
                on: client, progress: ProgressLine(format: nil, console: console), wake: signals.descriptor
            ) { fetched.add($0) }
            completion = fetched
        } catch {
            return ShellCompletion()
        }
        return fetched
    }
}
