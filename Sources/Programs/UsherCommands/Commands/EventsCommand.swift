import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Show what happens to sessions
struct EventsCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "events", abstract: "Show what happens to sessions",
        discussion: """
            Shows what happened in the last hour; with --follow what happens from now on, a line each, until Ctrl-C. See \
            usher audit for longer.
            """)

    @Argument(help: "Only those of this tenant.", completion: .custom(Completion.tenants)) var tenant: String?
    @Flag(help: "What happens from now on.") var follow = false
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        if follow { return try follow(console) }
        try Events.showPast(.init(seconds: 3600), tenant, of: self, in: console)
    }

    private func follow(_ console: Console) throws {
        let signals = try signalsThatEnd()
        let client = try shared.connect(console)
        var parameters: JSONObject = [:]
        parameters["tenant"] = tenant.map(JSON.string)
        try client.send(Method.subscribe.call(parameters, more: true))
        // A line at a time, as it happens: columns of a fixed width, or a record.
        while case .reply(let reply) = try client.next(by: .never, wake: signals.descriptor) {
            if let error = reply.error { throw ErrorReply(name: error, facts: reply.parameters) }
            if let missed = reply.parameters["missed"]?.int {
                shared.say("\(Count.of(missed, "event")) left out: they came faster than they were read.", on: console)
            }
            guard let event = reply.parameters["event"]?.object else { continue }
            let line: String
            switch shared.format {
            case .json?, .jsonl?: line = JSON.object(event).text
            case .plain?: line = Events.columns.map { $0.plain(event) }.joined(separator: "\t")
            case .table?, .list?, nil: line = Events.line(event)
            }
            try console.output.write(line: line)
            try console.output.flush()
        }
        throw ClientError.interrupted
    }
}

/// Show what happened to sessions
struct AuditCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Show what happened to sessions",
        discussion: """
            Reads the journal: each session that began has one end, with a reason. Shows what you may see, of all that is \
            kept (audit_keep).
            """)

    @Argument(help: "Only those of this tenant.", completion: .custom(Completion.tenants)) var tenant: String?
    @Option(
        help: ArgumentHelp(
            "From then on: 2h for two hours ago, a day or a time as it is shown, or 2026-11-23T09:12:04Z.",
            valueName: "time"))
    var since: String?
    @OptionGroup var shared: SharedOptions

    func validate() throws { _ = try span(at: .now) }

    private func span(at now: Instant) throws -> Span? {
        guard let since else { return nil }
        if let span = Span(since) { return span }
        guard let instant = Instant(local: since) ?? Instant(rfc3339: since) else {
            throw ValidationError("'\(since)' is no time: say 2h for two hours ago, 2026-11-23, or '2026-11-23 09:12'.")
        }
        return instant.age(at: now)
    }

    func run(in console: Console) throws {
        try Events.showPast(try span(at: console.now()), tenant, of: self, in: console)
    }
}

/// How events are shown.
enum Events {
    static var columns: [Column] {
        [
            Column("TIME", "time") { value, _, _ in
                value.string.flatMap(Instant.init(rfc3339:))?.local ?? value.plainText
            },
            Column("EVENT", "event"), Column("SESSION", "session"), Column("TENANT", "tenant", fit: .shrink),
            Column("ADMIN", "admin", fit: .leaveOut), Column("USER", "user", fit: .shrink),
            Column("LEASE", "lease", fit: .leaveOut), Column("REASON", "reason", fit: .shrinkLast),
            Column("BY", "actor", fit: .shrinkLast), Column("PURPOSE", "purpose", fit: .leaveOut),
            Column("NOTE", "note", fit: .shrinkLast),
        ]
    }

    /// One event in one line, for those that come one at a time.
    static func line(_ event: JSONObject) -> String {
        let time = event["time"]?.string.flatMap(Instant.init(rfc3339:))?.local ?? ""
        var words = [time, event.name("event").padded(to: 11), event.name("session"), event.name("tenant")]
        words += ["admin", "user"].compactMap { event[$0]?.string?.madeVisible }
        if let reason = event["reason"]?.string { words.append(reason.madeVisible) }
        if let actor = event["actor"]?.string { words.append("by \(actor.madeVisible)") }
        words += ["purpose", "note"].compactMap { event[$0]?.string?.madeVisible }
        return words.filter { !$0.isEmpty }.joined(separator: "  ")
    }

    static func showPast(
        _ span: Span?, _ tenant: String?, of command: some BrokerCommand, in console: Console
    ) throws {
        var parameters: JSONObject = [:]
        parameters["tenant"] = tenant.map(JSON.string)
        parameters["lastSeconds"] = span.map { .int($0.seconds) }
        let writer = command.writer(columns, in: console)
        try command.shared.connect(console).stream(Method.audit.call(parameters, more: true)) { reply, _ in
            for event in reply["events"]?.array ?? [] { try event.object.map(writer.add) }
        }
        try writer.finish()
        if writer.isEmpty { command.shared.say("Nothing happened.", on: console) }
    }
}
