import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// List sessions
struct ListCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List sessions",
        discussion: """
            Shows the sessions you may see, oldest first: whose they are, their state, how long they have been idle and \
            when a rule ends them. With --all also those that ended lately, and shells at the tenants that were not opened \
            here, for which the tenants are asked.
            """)

    @Argument(help: "Only those of this tenant.", completion: .custom(Completion.tenants)) var tenant: String?
    @Flag(help: "Also those that ended lately, and shells that were not opened here.") var all = false
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        var parameters: JSONObject = [:]
        if let tenant { parameters["tenant"] = .string(tenant) }
        if all { parameters["ended"] = true }
        let writer = writer(all ? SessionColumns.ended : SessionColumns.present, in: console)
        let client = try shared.connect(console)
        // What came within this time is shown, even if more is to follow.
        let settleAt = Deadline.within(.milliseconds(300))
        var settled = false
        try client.stream(Method.listSessions.call(parameters, more: true)) { reply, isLast in
            if let session = reply["session"]?.object { try writer.add(session) }
            for session in reply["sessions"]?.array ?? [] { try session.object.map(writer.add) }
            if !settled, settleAt.isOver {
                settled = true
                try writer.settle()
            }
        }
        if all { try addForeign(client, writer, console) }
        try writer.finish()
        if writer.isEmpty { shared.say(all ? "No sessions." : "No open sessions.", on: console) }
    }
}

extension ListCommand {
    /// What others have at the tenants, as far as these say.
    private func addForeign(_ client: BrokerClient, _ writer: RecordWriter, _ console: Console) throws {
        var parameters: JSONObject = [:]
        parameters["tenant"] = tenant.map(JSON.string)
        let reply = try client.call(Method.listForeign.call(parameters), within: BrokerClient.tenantAnswersWithin)
        for shell in reply["shells"]?.array ?? [] {
            guard var record = shell.object else { continue }
            record["state"] = "foreign"
            if shared.format == nil {
                record["user"] = record["user"] ?? record["owner"]
                record["terminal"] = record["address"]
                record["purpose"] = record["name"]
            }
            try writer.add(record)
        }
        for trouble in reply["troubles"]?.array ?? [] { shared.say(Trouble.words(trouble), on: console) }
    }
}

/// How sessions are shown.
enum SessionColumns {
    /// Of sessions that are there.
    static var present: [Column] {
        [
            Column("SESSION", "session"), Column("TENANT", "tenant", fit: .shrink),
            Column("ADMIN", "admin", fit: .leaveOut), Column("USER", "user", fit: .shrink),
            Column("TERMINAL", "terminal", fit: .leaveOut),
            Column("STATE", "state", fit: .shrinkLast) { value, session, _ in
                if session["running"] != nil { return HolderLines.running(session) }
                return value.plainText + (session["needsLogin"]?.bool == true ? ", needs usher login" : "")
            },
            Column("LEASE", "lease", fit: .leaveOut), .span("IDLE", "idleSeconds", fit: .shrinkLast),
            .span("FREES IN", "freesInSeconds", fit: .shrinkLast), Column("PURPOSE", "purpose", fit: .shrink),
        ]
    }

    /// Of those that ended as well.
    static var ended: [Column] {
        present + [.age("ENDED", "endedAt", fit: .shrinkLast), Column("REASON", "reason", fit: .shrinkLast)]
    }
}
