import UsherAPI
import UsherClient
import Varlink

/// The commands that a session offers, fetched with a line that tells how many have come.
struct CommandListing {
    let session: String
    let pattern: String?
    /// Asked of the tenant again, although the broker knows them.
    var isRefreshed = false

    /// Hands each command over as it comes. A readable `wake` ends it with `ClientError.interrupted`.
    func fetch(
        on client: BrokerClient, progress: ProgressLine, wake: Int32, each: (JSONObject) throws -> Void
    ) throws {
        var parameters: JSONObject = ["session": .string(session)]
        parameters["pattern"] = pattern.map { .string($0) }
        if isRefreshed { parameters["refresh"] = true }
        defer { progress.clear() }
        try client.send(Method.listCommands.call(parameters, more: true))
        while true {
            let silence = BrokerClient.tenantAnswersWithin
            switch try client.next(by: .within(silence), wake: wake) {
            case .nothing: throw client.silent(after: silence)
            case .wake: throw ClientError.interrupted
            case .taken: continue
            case .reply(let reply):
                if let error = reply.error { throw ErrorReply(name: error, facts: reply.parameters) }
                if let received = reply.parameters["received"]?.int {
                    let all = reply.parameters["expected"]?.int.map { " of \($0)" } ?? ""
                    progress.show("Getting command information from \(session): \(received)\(all) commands")
                }
                for command in reply.parameters["commands"]?.array ?? [] {
                    if let command = command.object {
                        progress.clear()
                        try each(command)
                    }
                }
                guard reply.continues else { return }
            }
        }
    }
}
