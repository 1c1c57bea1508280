import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Close sessions
struct CloseCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Close sessions",
        discussion: """
            Gives back the seats. A unique beginning of a session's id will do, and closing one that has ended already \
            succeeds.
            """)

    @Argument(
        help: ArgumentHelp("The sessions; with --mine a tenant.", valueName: "session"),
        completion: .custom(Completion.sessions))
    var sessions: [String] = []

    @Flag(help: "All sessions of yours, or those at the tenant that is named.") var mine = false
    @OptionGroup var shared: SharedOptions

    func validate() throws {
        if mine {
            guard sessions.count <= 1 else { throw ValidationError("With --mine at most one tenant can be named.") }
        } else {
            guard !sessions.isEmpty else { throw ValidationError("Name the sessions to close, or say --mine.") }
        }
    }

    func run(in console: Console) throws {
        let client = try shared.connect(console)
        let asked = mine ? try ownSessions(client) : sessions
        if asked.isEmpty { shared.say("No session of yours is open.", on: console) }
        let writer = writer(Self.columns, in: console)
        var firstFailure: CommandError?
        for session in asked {
            do {
                let reply = try client.call(
                    Method.close.call(["session": .string(session)]), within: BrokerClient.tenantAnswersWithin)
                try show(reply, with: writer, console)
            } catch let error as ErrorReply {
                // The others are closed all the same; the first failure decides the status.
                let failure = CommandError(reply: error, during: attempt, at: console.now())
                if let firstFailure { firstFailure.write(to: console, format: shared.format) }
                firstFailure = failure
            }
        }
        if shared.format != nil { try writer.finish() }
        if let firstFailure { throw firstFailure }
    }

    private func ownSessions(_ client: BrokerClient) throws -> [String] {
        var parameters: JSONObject = [:]
        if let tenant = sessions.first { parameters["tenant"] = .string(tenant) }
        let reply = try client.call(Method.listSessions.call(parameters))
        return (reply["sessions"]?.array ?? []).compactMap(\.object).filter(OwnSessions.isOwn)
            .compactMap { $0["session"]?.string }
    }

    /// People are told in a sentence; who names a format gets records.
    private func show(_ reply: JSONObject, with writer: RecordWriter, _ console: Console) throws {
        guard shared.format == nil else { return try writer.add(reply) }
        let session = reply.name("session")
        if reply["state"]?.string == "unconfirmed" {
            shared.say(
                "\(session) is unconfirmed: the tenant has not said that it ended, so its seat stays taken for now.",
                on: console)
        } else {
            shared.say("\(session) is closed.", on: console)
        }
    }

    private static var columns: [Column] {
        [Column("SESSION", "session"), Column("STATE", "state"), Column("REASON", "reason")]
    }
}
