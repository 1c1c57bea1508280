import UsherAPI
import UsherClient
import Varlink

extension CommandError {
    /// A session ended by itself, by a rule or by somebody's will.
    static func sessionEnded(_ session: String, _ record: JSONObject) -> CommandError {
        let reason = record["reason"]?.string ?? ""
        return CommandError(
            code: "SessionExpired", message: "\(session.madeVisible) has ended: \(EndReasons.words(reason)).",
            hint: EndReasons.hint(reason), status: .sessionEnded, facts: record)
    }

    /// The broker does not give a session back.
    static func sessionLost(_ session: String, _ reply: Reply) -> CommandError {
        let name = reply.error ?? ""
        if name == APIError.sessionExpired.qualifiedName { return sessionEnded(session, reply.parameters) }
        return CommandError(
            code: "SessionLost", message: "\(session.madeVisible) can't be had any more.",
            causes: ["\(name) \(JSON.object(reply.parameters).text)"], status: .sessionEnded, facts: reply.parameters)
    }

    /// The broker went away, and with it a session.
    static func brokerGone(_ session: String, _ error: ClientError?) -> CommandError {
        let cause = error.flatMap { CommandError(client: $0) }
        return CommandError(
            code: "SessionLost",
            message: "\(session.madeVisible) is lost: usherd went away and did not give it back.",
            causes: cause.map { [$0.message] + $0.causes } ?? [], status: .sessionEnded)
    }
}
