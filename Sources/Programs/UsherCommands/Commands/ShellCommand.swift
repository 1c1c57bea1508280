import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Work on a session interactively
struct ShellCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "shell", abstract: "Work on a session interactively",
        discussion: """
            Each line is a pipeline, with quotes as in PowerShell and no variables; :help tells of the shell's own words. \
            Tab completes commands and parameters, Ctrl-C stops a pipeline and not the session, Ctrl-D leaves. At a \
            tenant a session is taken for as long as the shell lasts; a session that is named stays as it is. Without a \
            terminal the lines are read from standard input, one after the other whatever becomes of them. The exit status \
            is that of the last one, and 79 when the session ended first.
            """)

    @OptionGroup var options: TargetOptions
    @Flag(help: "Tell the steps on standard error.") var verbose = false
    @OptionGroup var shared: SharedOptions

    var attempt: Attempt { options.attempt("shell") }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        let signals = try signalsThatEnd()
        let session = try session(at: address, signals: signals, console)
        let shell = InteractiveShell(on: session, at: address, shared: shared, signals: signals, console: console)
        // The lease hangs on a connection in there; it is closed as its owner wants it, not because we left.
        defer { withExtendedLifetime(session) { if session.isOurs { end(session.id, at: address) } } }
        let status = try shell.run()
        if status != .done { throw ArgumentParser.ExitCode(status.rawValue) }
    }

    private func session(at address: BrokerAddress, signals: SignalPipe, _ console: Console) throws -> ShellSession {
        let say = { (line: String) in shared.say(line, on: console) }
        switch try options.target.resolved(as: options.admin, at: address, console: console) {
        case .session(let session): return try ShellSession(session, at: address, say: say)
        case .tenant(let tenant):
            let acquisition = options.acquisition(at: tenant, reusing: false, console)
            let lease = try acquire(
                acquisition, at: address, signals: signals, verbose: verbose, console: console)
            return try ShellSession(lease, from: acquisition, at: address, say: say)
        }
    }
}
