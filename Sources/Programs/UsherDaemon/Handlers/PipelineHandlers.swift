internal import CLIXML
internal import PSRP
internal import UsherAPI
internal import UsherCore
internal import UsherTenant
internal import Varlink

/// The broker decides where and when it runs; what is run does not concern it, and is kept with the call.
enum InvokeHandler: Handler {
    static let method = Method.invoke

    /// A pipeline longer than this is a program.
    private static let commandsMax = 64
    private static let argumentsMax = 1024

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        if parameters.text("session") != nil {
            guard parameters.text("tenant") == nil else { throw InvalidParameter(name: "tenant") }
            return .invoke(try parameters.session("session"))
        }
        guard parameters.text("tenant") != nil else { throw InvalidParameter(name: "tenant") }
        var acquisition = try AcquireHandler.acquisition(parameters, origin)
        acquisition.lease = .connection
        acquisition.reuse = !parameters.flag("new")
        acquisition.isForOnePipeline = true
        return .run(acquisition)
    }

    /// What is to be run.
    static func work(_ parameters: Parameters) throws(InvalidParameter) -> Work {
        if let script = parameters.text("script") {
            guard parameters.object["commands"] == nil else { throw InvalidParameter(name: "commands") }
            return .script(script)
        }
        let list = parameters.object["commands"]?.array ?? []
        guard (1...commandsMax).contains(list.count) else { throw InvalidParameter(name: "commands") }
        var commands: [Command] = []
        for item in list {
            guard let object = item.object, let name = object["name"]?.string, !name.isEmpty else {
                throw InvalidParameter(name: "commands.name")
            }
            let arguments = object["arguments"]?.array ?? []
            guard arguments.count <= argumentsMax else { throw InvalidParameter(name: "commands.arguments") }
            commands.append(Command(name, try arguments.map { (json) throws(InvalidParameter) in try argument(json) }))
        }
        return .commands(commands)
    }

    private static func argument(_ json: JSON) throws(InvalidParameter) -> Command.Argument {
        let object = json.object ?? [:]
        let name = object["name"]?.string
        guard let value = object["value"], !value.isNull else {
            // A name alone is a switch that is on, which is what PowerShell's own proxies send for one.
            return name == nil ? Command.Argument(nil, .null) : Command.Argument(name, .bool(true))
        }
        return Command.Argument(name, try self.value(value))
    }

    /// A Value of the interface: one field, or none for `$null`.
    private static func value(_ json: JSON) throws(InvalidParameter) -> PSValue {
        let fields = (json.object ?? [:]).filter { !$0.value.isNull }
        guard let (name, value) = fields.first else { return .null }
        guard fields.count == 1 else { throw InvalidParameter(name: "commands.arguments.value") }
        switch (name, value) {
        case ("string", .string(let text)): return .string(text)
        case ("bool", .bool(let flag)): return .bool(flag)
        case ("int", .int(let number)): return Int32(exactly: number).map(PSValue.int32) ?? .int64(number)
        case ("float", .double(let number)): return .double(number)
        case ("float", .int(let number)): return .double(Double(number))
        case ("list", .array(let elements)):
            return .object(
                PSObject(array: try elements.map { (json) throws(InvalidParameter) in try self.value(json) }))
        case ("map", .object(let members)):
            var entries: [PSEntry] = []
            for (key, member) in members { entries.append(PSEntry(.string(key), try self.value(member))) }
            return .object(PSObject(hashtable: entries))
        default: throw InvalidParameter(name: "commands.arguments.value")
        }
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .invoked(let report, let lasted) = answer else { return nil }
        return [
            "outcome": .string(report.outcome.rawValue), "errors": scribe.number(report.errors),
            "durationMilliseconds": scribe.number(lasted.wholeMilliseconds),
        ]
    }

    static func reply(_ news: News, _ scribe: Scribe) -> JSONObject? {
        if case .began(let view, let reused, let invocation) = news {
            return [
                "session": scribe.session(view), "reused": .bool(reused),
                "invocation": scribe.number(invocation.rawValue),
            ]
        }
        return AcquireHandler.reply(news, scribe)
    }
}

/// The list itself does not come by the broker; it says whose it is, and when it is known.
enum ListCommandsHandler: Handler {
    static let method = Method.listCommands

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .listCommands(try parameters.session("session"), refresh: parameters.flag("refresh"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { nil }
}

enum StopHandler: Handler {
    static let method = Method.stop

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .stopInvocation(try parameters.session("session"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .stopping(let invocation) = answer else { return nil }
        return scribe.object(("invocation", invocation.map { scribe.number($0.rawValue) }))
    }
}

/// The broker only says which account is meant and whether the caller may act as it. The secret never comes near it.
enum LoginHandler: Handler {
    static let method = Method.login

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .mayLogin(tenant: parameters.text("tenant") ?? "", try parameters.admin("admin"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .account(_, let admin) = answer else { return nil }
        return ["admin": scribe.text(admin)]
    }
}
