import UsherAPI
public import Varlink

/// A pipeline to be run, and where.
public struct Invocation: Sendable {
    /// Where it runs.
    public let place: Place
    /// What runs.
    public let work: Work
    /// Whether its questions can be answered.
    public var answersPrompts = false
    /// Whether objects will be sent into it.
    public var hasInput = false
    /// The window in which its output is shown.
    public var columns: Int?

    /// A session, or a tenant at which the broker finds or makes one.
    public enum Place: Hashable, Sendable {
        /// This session.
        case session(String)
        /// The caller's most recently used idle session there, unless `isNew`, or else a new one for this pipeline.
        case tenant(String, admin: String?, purpose: String?, patience: Duration?, isNew: Bool)
    }

    /// Structured commands, as the interface has them, or text for the tenant to parse.
    public enum Work: Hashable, Sendable {
        /// Commands.
        case commands([JSON])
        /// Script text.
        case script(String)
    }

    /// A pipeline nobody has sent yet.
    public init(_ work: Work, on place: Place) {
        self.place = place
        self.work = work
    }

    /// The call.
    public func call() -> Call {
        var parameters: JSONObject = [:]
        switch place {
        case .session(let session): parameters["session"] = .string(session)
        case .tenant(let tenant, let admin, let purpose, let patience, let isNew):
            parameters["tenant"] = .string(tenant)
            parameters["admin"] = admin.map { .string($0) }
            parameters["waitSeconds"] = patience.map { .int($0.components.seconds) }
            parameters["purpose"] = purpose.map { .string($0) }
            if isNew { parameters["new"] = true }
        }
        switch work {
        case .commands(let commands): parameters["commands"] = .array(commands)
        case .script(let text): parameters["script"] = .string(text)
        }
        if answersPrompts { parameters["prompts"] = true }
        if hasInput { parameters["input"] = true }
        parameters["columns"] = columns.map { .int(Int64($0)) }
        return Method.invoke.call(parameters, more: true)
    }
}

/// A step of the building of a connection, as the broker tells it.
public struct ConnectionStep: Hashable, Sendable {
    /// What is done: `domain`, `discovery`, `token`, `session`, or what a newer broker says.
    public let name: String
    /// With what, or what came of it.
    public let detail: String?

    /// The step a reply tells of, nil when it tells of none.
    public init?(_ facts: JSONObject) {
        guard let name = facts["step"]?.string else { return nil }
        self.name = name
        detail = facts["detail"]?.string
    }
}
