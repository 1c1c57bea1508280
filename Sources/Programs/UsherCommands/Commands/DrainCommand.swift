import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Refuse new sessions and wait for the present ones to end
struct DrainCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain", abstract: "Refuse new sessions and wait for the present ones to end",
        discussion: """
            For operators. With --force the sessions that are left when the time is over are ended, without --timeout \
            at once. Ctrl-C ends the wait and not the drain; usher resume does that. The exit status is 75 when \
            sessions are left at the end of the time.
            """)

    @Option(help: ArgumentHelp("Wait for so long: 90s, 2m, 1h30m.", valueName: "duration")) var timeout: Span?
    @Flag(help: "End the sessions that are left then.") var force = false
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        var parameters: JSONObject = [:]
        if let timeout { parameters["timeoutSeconds"] = .int(timeout.seconds) }
        if force {
            parameters["force"] = true
            if timeout == nil { parameters["timeoutSeconds"] = 0 }
        }
        guard let signals = SignalPipe(catching: [SIGINT, SIGTERM, SIGHUP]) else {
            throw CommandError.outOfDescriptors
        }
        let client = try shared.connect(console)
        var told: String?
        try client.send(Method.drain.call(parameters, more: true))
        while true {
            // No bound: sessions end when the people who use them are done.
            guard case .reply(let reply) = try client.next(by: .never, wake: signals.descriptor) else {
                shared.say("usherd goes on draining. To end that: usher resume", on: console)
                throw ClientError.interrupted
            }
            if let error = reply.error { throw ErrorReply(name: error, facts: reply.parameters) }
            let remaining = reply.parameters["remaining"]?.int ?? 0
            let words = remaining == 0 ? "No session is left." : "\(Count.of(remaining, "session")) left."
            if shared.format == nil, told != words, reply.continues || remaining == 0 { shared.say(words, on: console) }
            told = words
            try write(reply, console)
            guard !reply.continues else { continue }
            guard remaining == 0 else {
                throw CommandError(
                    code: "SessionsRemain", message: words,
                    hint: "usherd goes on refusing new ones. To end the rest: usher drain --force   or   usher resume",
                    status: .tryAgainLater, facts: reply.parameters)
            }
            return
        }
    }

    private func write(_ reply: Reply, _ console: Console) throws {
        switch shared.format {
        case nil: break
        case .jsonl?:
            try console.output.write(line: JSON.object(reply.parameters).text)
            try console.output.flush()
        case .table?, .list?, .plain?, .json?:
            guard !reply.continues else { return }
            let writer = singleWriter([Column("REMAINING", "remaining")], in: console)
            try writer.add(reply.parameters)
            try writer.finish()
        }
    }
}
