import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Run a pipeline
struct RunCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Run a pipeline",
        discussion: """
            The words after -- are the pipeline, sent as structured commands: a lone '|' separates commands; -Name value \
            binds unless the next word is -letter... or '|', and -Name:value always; $true, $false, $null and numbers are \
            what they are; a,b and @(a,b) are lists, @{a=1; b='x'} is a hashtable; --% takes the next word as it is. At a \
            tenant it runs on the session of usher hold, else on your most recently used idle session, else on a new one \
            that is closed at the end. What the pipeline asks you answer on a terminal; elsewhere it is told what nobody \
            answered. The exit status is 1 when the pipeline failed or wrote an error record.
            """)

    @OptionGroup var options: TargetOptions
    @Flag(help: "Take a new session in any case.") var new = false
    @Option(help: ArgumentHelp("Run this script text, where the endpoint allows it.", valueName: "text"))
    var script: String?
    @Option(
        help: ArgumentHelp(
            "Send standard input into the first command: a line of JSON, a row of a table with commas and a heading, or a "
                + "line is one object.", valueName: "format"))
    var input: InputFormat?
    @Option(
        help: ArgumentHelp(
            "$name stands for a SecureString: name asks for it; name=- is a line of standard input, name=3 one of that "
                + "descriptor, name=/path of that file.", valueName: "name[=source]"))
    var secret: [SecretSource] = []
    @Option(
        help: ArgumentHelp(
            "$name stands for a PSCredential; its source is as with --secret.", valueName: "name=user[:source]"))
    var credential: [CredentialSource] = []
    @Flag(help: "Tell the steps, and which session and admin are used, on standard error.") var verbose = false
    @OptionGroup var shared: SharedOptions
    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("The pipeline's words, after --.", valueName: "word"))
    var words: [String] = []

    var attempt: Attempt { options.attempt("run", tail: script == nil ? " -- ..." : " --script ...") }

    func validate() throws {
        guard script == nil || words.isEmpty else {
            throw ValidationError("Give either --script or the words of a pipeline.")
        }
        guard script != nil || !words.isEmpty else {
            throw ValidationError("Give the pipeline after --, as in: usher run litware -- Get-CsTenant")
        }
        if new, case .session = options.target { throw ValidationError("--new goes with a tenant.") }
    }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        let work = try work(named: try namedValues(at: address, console))
        let run = PipelineRun(
            invocation: Invocation(work, on: try place(at: address, console)), address: address, shared: shared,
            console: console, signals: try signalsThatEnd(), isVerbose: verbose,
            scriptHint: "usher run \(options.target.text.madeVisible) -- Get-CsTenant", input: input,
            hasSecrets: !secret.isEmpty || !credential.isEmpty)
        switch try refusing(in: console, run.run) {
        case .signal: throw ClientError.interrupted
        case .outcome(let outcome): if let failure = PipelineFailure(outcome) { throw failure.words }
        }
    }

    /// What `$name` stands for. Nobody is to type a secret for a socket that it will not be sent to.
    private func namedValues(at address: BrokerAddress, _ console: Console) throws -> [String: NamedValue] {
        guard !secret.isEmpty || !credential.isEmpty else { return [:] }
        try BrokerClient.connect(to: address).requireTrust()
        var values: [String: NamedValue] = [:]
        for source in secret {
            let text = try source.read(source.name, console).text
            values[source.name.lowercased()] = NamedValue(["secret": .string(text)])
        }
        for source in credential { values[source.name.lowercased()] = try source.read(console) }
        return values
    }

    private func work(named: [String: NamedValue]) throws -> Invocation.Work {
        if let script { return .script(script) }
        return .commands(
            try PipelineMistake.told {
                () throws(PipelineMistake) in
                try PipelineArguments.commands(
                    words.map(PipelineWord.init),
                    scriptHint: "usher run \(options.target.text.madeVisible) --script '...'", named: named)
            }.map(\.json))
    }

    private func place(at address: BrokerAddress, _ console: Console) throws -> Invocation.Place {
        let target =
            new ? options.target : try options.target.resolved(as: options.admin, at: address, console: console)
        switch target {
        case .session(let session): return .session(session)
        case .tenant(let tenant):
            return .tenant(
                tenant, admin: options.admin ?? console.namedAdmin, purpose: options.purpose,
                patience: options.wait.map { .seconds($0.seconds) }, isNew: new)
        }
    }
}

/// That a pipeline did not end well.
struct PipelineFailure {
    /// What there is to say about it, or the bare exit status where its error records have said it.
    let words: any Error

    /// Nil when all is well.
    init?(_ outcome: InvocationStream.Outcome) {
        switch outcome.name {
        case "completed" where outcome.errors == 0: return nil
        case "stopped":
            words = CommandError(
                code: "PipelineStopped", message: "The pipeline was stopped.", status: .failed, facts: outcome.facts)
        case _ where outcome.errors > 0: words = ExitCode(UsherAPI.ExitStatus.failed.rawValue)
        default:
            words = CommandError(
                code: "PipelineFailed", message: "The pipeline failed.", status: .failed, facts: outcome.facts)
        }
    }
}

extension PipelineMistake {
    /// Does what may find a mistake in somebody's words, and turns it into a usage error.
    static func told<Result>(_ body: () throws(PipelineMistake) -> Result) throws(CommandError) -> Result {
        do {
            return try body()
        } catch {
            throw CommandError(code: "Usage", message: error.message, hint: error.hint, status: .usage)
        }
    }
}
