import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// The program: arguments in, an exit status out.
public enum UsherProgram {
    /// Runs the command that the process was started with, and ends the process.
    public static func main() -> Never {
        StandardDescriptors.fill()
        BrokenPipe.ignore()
        let arguments = Array(CommandLine.arguments.dropFirst())
        let console = Console.ofProcess()
        let passesTail = withVerbFirst(arguments).first == HoldCommand._commandName
        if let word = RawArguments.firstThatIsNoText(passesTail: passesTail) {
            let slip = CommandError(
                code: "BadData", message: "The argument \"\(word.madeVisible)\" is no UTF-8.", status: .badData)
            slip.write(to: console, format: askedFormat(withVerbFirst(arguments)))
            exit(slip.status.rawValue)
        }
        exit(run(arguments, in: console))
    }

    /// Parses and runs; says on `console` what there is to say.
    static func run(_ arguments: [String], in console: Console) -> Int32 {
        let arguments = withVerbFirst(arguments)
        var attempt = Attempt()
        var format = askedFormat(arguments)
        do {
            if let slip = misspelledVerb(arguments) { throw slip }
            var command = try Usher.parseAsRoot(arguments)
            if let verb = command as? any BrokerCommand {
                attempt = verb.attempt
                format = verb.shared.format
                try verb.run(in: console)
            } else {
                try command.run()
            }
            return ExitStatus.done.rawValue
        } catch {
            return conclude(error, of: arguments, during: attempt, format: format, in: console)
        }
    }

    private static func conclude(
        _ error: any Error, of arguments: [String], during attempt: Attempt, format: OutputFormat?,
        in console: Console
    ) -> Int32 {
        // What was written before the failure belongs in front of its words.
        try? console.output.flush()
        if isOurs(error) {
            guard let told = CommandError(error, during: attempt, at: console.now()) else {
                return CommandError.silentStatus(error)
            }
            told.write(to: console, format: format)
            return told.status.rawValue
        }
        // The rest is the parser's: help and version that were asked for, and usage errors.
        let status = Usher.exitCode(for: error)
        let width = (status == .success ? console.output : console.diagnostics).terminalWidth
        let text = Usher.fullMessage(for: error, columns: width ?? 80)
        if status == .success {
            do {
                try console.output.write(line: text)
                try console.output.flush()
            } catch {
                return CommandError.silentStatus(error)
            }
        } else if format?.isForPrograms ?? false {
            let message = madeVisible(Usher.message(for: error), quoting: arguments)
            CommandError(code: "Usage", message: message, status: .usage).write(to: console, format: format)
        } else {
            try? console.diagnostics.write(line: madeVisible(text, quoting: arguments))
            try? console.diagnostics.flush()
        }
        return status.rawValue
    }

    /// The parser's lines, harmless to a terminal: they quote what was typed, and a script may have put there what
    /// somebody else wrote. A line break in that is none of the parser's.
    private static func madeVisible(_ text: String, quoting arguments: [String]) -> String {
        let values = arguments.compactMap { $0.split(separator: "=", maxSplits: 1).last.map(String.init) }
        let quoted = (arguments + values).reduce(text) { text, typed in
            typed == typed.madeVisible ? text : text.replacing(typed, with: typed.madeVisible)
        }
        return quoted.split(separator: "\n", omittingEmptySubsequences: false).map { String($0).madeVisible }
            .joined(separator: "\n")
    }

    private static func isOurs(_ error: any Error) -> Bool {
        error is CommandError || error is ClientError || error is ErrorReply || error is OutputFailure
            || (error as? ExitCode) != nil
    }
}

extension UsherProgram {
    /// Options that every verb takes may stand in front of it, as in `usher --format json list`; the parser wants the
    /// verb first.
    private static func withVerbFirst(_ arguments: [String]) -> [String] {
        var index = 0
        while index < arguments.count {
            switch arguments[index] {
            case "--socket", "--format": index += 2
            case "--no-header": index += 1
            case let other where other.hasPrefix("--socket=") || other.hasPrefix("--format="): index += 1
            default:
                return [arguments[index]] + arguments[..<index] + arguments[(index + 1)...]
            }
        }
        return arguments
    }

    /// The format as far as it can be told from arguments that do not parse.
    private static func askedFormat(_ arguments: [String]) -> OutputFormat? {
        let ours = arguments.prefix { $0 != "--" }
        if let index = ours.lastIndex(of: "--format"), index + 1 < ours.endIndex {
            return OutputFormat(rawValue: ours[index + 1])
        }
        return ours.last { $0.hasPrefix("--format=") }.flatMap { OutputFormat(rawValue: String($0.dropFirst(9))) }
    }

    /// The error for a verb that does not exist, with the one that was meant.
    private static func misspelledVerb(_ arguments: [String]) -> CommandError? {
        // The parser answers help for a command that is not there with that for all.
        let verb = arguments.first == "help" ? arguments.dropFirst().first : arguments.first
        guard let verb, !verb.hasPrefix("-"), verb != "help" else { return nil }
        let verbs = Usher.verbs.map { $0._commandName }
        guard !verbs.contains(verb) else { return nil }
        let meant = NearMiss.nearest(to: verb, among: verbs)
        return CommandError(
            code: "Usage",
            message: "No command \"\(verb.madeVisible)\"." + (meant.map { " Did you mean \($0)?" } ?? ""),
            hint: meant == nil ? "To see them: usher --help" : nil, status: .usage)
    }
}

/// Descriptors 0 to 2, which somebody may have closed before starting us.
enum StandardDescriptors {
    /// Opens what is closed on /dev/null, lest the broker's socket becomes standard output.
    ///
    /// The wrong way round on purpose: who writes to what was closed is told so, and a session of which nobody could
    /// read the id is not left behind.
    static func fill() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) == -1 {
            // The lowest free descriptor is taken, and that is this one.
            _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
        }
    }
}
