import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// End sessions in bulk
struct ReclaimCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "reclaim", abstract: "End sessions in bulk",
        discussion: """
            Ends what fits all that is said: your own sessions, and as an operator everybody's. Nothing said fits nothing. \
            On a terminal it shows what would end and asks; elsewhere it takes --yes. What cannot be ended now is shown \
            with the reason and with when its seat frees by itself.
            """)

    @Option(help: "Those at this tenant.", completion: .custom(Completion.tenants)) var tenant: String?
    @Option(help: "Those charged to this admin.") var admin: String?
    @Option(help: "Those of this user, by name or number.") var user: String?
    @Option(help: ArgumentHelp("Those idle for at least so long: 90s, 5m.", valueName: "duration")) var idle: Span?
    @Flag(help: "Those held by nobody: detached, or waiting for a holder since a restart.") var orphaned = false
    @Flag(help: "Those whose end the tenant has not confirmed: it is asked again.") var unconfirmed = false
    @Flag(help: "With --unconfirmed: give up on the tenant's word and free the seats. For operators.") var forget =
        false
    @Flag(help: "Shells at the tenant that were not opened here. For operators.") var foreign = false
    @Flag(name: .customLong("dry-run"), help: "Only say which.") var dryRun = false
    @Flag(help: "Do not ask.") var yes = false
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if filter.isEmpty {
            throw ValidationError(
                "Nothing is ended without being named: say --tenant, --admin, --user, --idle, --orphaned, --unconfirmed or --foreign."
            )
        }
        if forget, !unconfirmed { throw ValidationError("--forget takes --unconfirmed.") }
    }

    private var filter: JSONObject {
        var filter: JSONObject = [:]
        filter["tenant"] = tenant.map(JSON.string)
        filter["admin"] = admin.map(JSON.string)
        filter["user"] = user.map(JSON.string)
        filter["idleSeconds"] = idle.map { .int($0.seconds) }
        if orphaned { filter["orphaned"] = true }
        if unconfirmed { filter["unconfirmed"] = true }
        if foreign { filter["foreign"] = true }
        return filter
    }

    func run(in console: Console) throws {
        let client = try shared.connect(console)
        if dryRun { return try show(reclaim(client, dryRun: true), isDone: false, console) }
        if !yes {
            guard Confirmation.isPossible(console) else {
                throw CommandError(
                    code: "ConfirmationNeeded", message: "Nothing was ended: nobody is there to ask.",
                    hint: "--dry-run says what would end; --yes ends it", status: .usage)
            }
            let would = try reclaim(client, dryRun: true)
            let count = Self.count(would)
            try show(would, isDone: false, console)
            guard count > 0 else { return }
            let what = count == 1 ? "it" : "these \(count)"
            guard try Confirmation.ask("End \(what)?", on: console) else { return }
        }
        try show(reclaim(client, dryRun: false), isDone: true, console)
    }

    private func reclaim(_ client: BrokerClient, dryRun: Bool) throws -> JSONObject {
        var parameters: JSONObject = ["filter": .object(filter)]
        if forget { parameters["forget"] = true }
        if dryRun { parameters["dryRun"] = true }
        return try client.call(Method.reclaim.call(parameters), within: BrokerClient.tenantAnswersWithin)
    }

    private static func count(_ reply: JSONObject) -> Int {
        (reply["reclaimed"]?.array?.count ?? 0) + (reply["foreign"]?.array?.count ?? 0)
    }

    /// One list of what ended and of what did not.
    private func show(_ reply: JSONObject, isDone: Bool, _ console: Console) throws {
        let writer = writer(Self.columns, in: console)
        let result: JSON = isDone ? "reclaimed" : "would be reclaimed"
        func add(_ item: JSONObject, _ kind: JSON, _ more: JSONObject) throws {
            var item = item
            item["result"] = kind
            // What has ended frees nothing later on.
            if kind == "reclaimed" { item["freesInSeconds"] = nil }
            for member in more { item[member.key] = member.value }
            try writer.add(item)
        }
        for session in reply["reclaimed"]?.array ?? [] { try session.object.map { try add($0, result, [:]) } }
        for shell in reply["foreign"]?.array ?? [] {
            try shell.object.map { try add($0, result, ["state": "foreign"]) }
        }
        for kept in reply["kept"]?.array ?? [] {
            guard let object = kept.object else { continue }
            let isForeign = object["foreign"]?.object != nil
            guard let item = object["session"]?.object ?? object["foreign"]?.object else { continue }
            var more: JSONObject = [:]
            more["why"] = object["reason"]
            more["freesInSeconds"] = object["freesInSeconds"]
            if isForeign { more["state"] = "foreign" }
            try add(item, "kept", more)
        }
        try writer.finish()
        for trouble in reply["troubles"]?.array ?? [] { shared.say(Trouble.words(trouble), on: console) }
        if writer.isEmpty { shared.say("Nothing fits.", on: console) }
    }

    private static var columns: [Column] {
        [
            Column("RESULT", "result"), Column("SESSION", "session"), Column("TENANT", "tenant", fit: .shrink),
            Column("ADMIN", "admin", fit: .leaveOut), Column("USER", "user", fit: .shrink), Column("STATE", "state"),
            Column("OWNER", "owner", fit: .leaveOut), Column("ADDRESS", "address", fit: .leaveOut),
            .span("FREES IN", "freesInSeconds", fit: .leaveOut), Column("WHY", "why", fit: .shrinkLast),
        ]
    }
}

/// A tenant that did not say what it has.
enum Trouble {
    static func words(_ trouble: JSON) -> String {
        let facts = trouble.object ?? [:]
        return "What \(facts.name("tenant")) has for \(facts.name("admin")) is not known: \(facts.name("message"))"
    }
}
