import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Run a command while holding a session
struct HoldCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Run a command while holding a session",
        discussion: """
            The command finds USHER_SESSION, USHER_TENANT and USHER_SOCKET in its environment. The session ends with it, \
            and its exit status is passed on. When the session ends first, the command is sent SIGTERM, ten seconds \
            later SIGKILL, and the exit status is 79.
            """)

    @OptionGroup var session: SessionOptions
    @OptionGroup var shared: SharedOptions
    @Argument(
        parsing: .postTerminator, help: ArgumentHelp("The command and its arguments, after --.", valueName: "command"))
    var command: [String] = []

    var attempt: Attempt { session.attempt("hold", tail: " -- ...") }

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("Name the command to run after --.") }
    }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        guard let signals = SignalPipe(catching: [SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD]) else {
            throw CommandError.outOfDescriptors
        }
        let acquisition = session.acquisition(console)
        let lease = try acquire(acquisition, at: address, signals: signals, console: console)
        let child: ChildProcess
        do {
            child = try ChildProcess(
                command,
                adding: [
                    ("USHER_SESSION", lease.id), ("USHER_TENANT", session.tenant), ("USHER_SOCKET", address.path),
                ], ignoringBrokenPipe: BrokenPipe.wasIgnored)
        } catch {
            end(lease.id, at: address)
            tell(error, console)
            throw ExitCode(error.exitStatus)
        }
        var supervision = try Supervision(
            of: child, under: lease, from: acquisition, at: address, signals: signals,
            say: { shared.say($0, on: console) })
        let status = try supervision.run()
        // The lease hangs on the connection in there; it is closed as its owner wants it, not because we left.
        withExtendedLifetime(supervision) { end(lease.id, at: address) }
        if status != 0 { tell(status, console) }
        throw ExitCode(status)
    }

    /// The status alone cannot say whose it is; a program may want to know.
    private func tell(_ status: Int32, _ console: Console) {
        tell(code: "CommandFailed", "\(command[0].madeVisible) ended with status \(status).", status, console)
    }

    private func tell(_ error: ChildProcess.NotRun, _ console: Console) {
        let words = "Could not run \(error.command.madeVisible): \(SystemError.text(error.code))"
        shared.say("Error: \(words)", on: console)
        tell(code: "CommandNotRun", words, error.exitStatus, console)
    }

    private func tell(code: String, _ message: String, _ status: Int32, _ console: Console) {
        guard shared.format?.isForPrograms ?? false else { return }
        let record: JSONObject = [
            "code": .string(code), "message": .string(message), "origin": "child", "exitStatus": .int(Int64(status)),
        ]
        try? console.diagnostics.write(line: JSON.object(record).text)
        try? console.diagnostics.flush()
    }
}
