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
    /// Cmdlets have shorter names; what is no cmdlet is not to fill other people's screens.
    private static let nameLengthMax = 64

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        if parameters.text("session") != nil {
            guard parameters.text("tenant") == nil else { throw InvalidParameter(name: "tenant") }
            return .invoke(try parameters.session("session"), name(of: parameters))
        }
        guard parameters.text("tenant") != nil else { throw InvalidParameter(name: "tenant") }
        var acquisition = try AcquireHandler.acquisition(parameters, origin)
        acquisition.lease = .connection
        acquisition.reuse = !parameters.flag("new")
        return .run(acquisition, name(of: parameters))
    }

    /// What others are told of it: its first command as far as it looks like one, and none of its arguments.
    private static func name(of parameters: Parameters) -> String {
        let first = parameters.object["commands"]?.array?.first?.object?["name"]?.string
        guard let first else { return "a script" }
        let name = first.utf8.prefix { $0 > 0x20 && $0 < 0x7F }
        return name.isEmpty ? "a command" : String(decoding: name.prefix(nameLengthMax), as: UTF8.self)
    }

    /// What is to be run.
    static func work(_ parameters: Parameters) throws(InvalidParameter) -> Work {
        var reader = ValueReader(of: "commands.arguments.value")
        var work = Work(try content(parameters, &reader))
        work.secrets = reader.secrets
        work.takesQuestions = parameters.flag("prompts")
        work.takesInput = parameters.flag("input")
        let (columns, rows) = (try parameters.extent("columns"), try parameters.extent("rows"))
        work.window = HostDefaults(size: Size(width: columns ?? 120, height: rows ?? 50))
        return work
    }

    private static func content(
        _ parameters: Parameters, _ reader: inout ValueReader
    ) throws(InvalidParameter) -> Work.Content {
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
            var command = Command(name)
            for argument in arguments { command.arguments.append(try self.argument(argument, &reader)) }
            commands.append(command)
        }
        return .commands(commands)
    }

    private static func argument(
        _ json: JSON, _ reader: inout ValueReader
    ) throws(InvalidParameter) -> Command.Argument {
        let object = json.object ?? [:]
        let name = object["name"]?.string
        guard let value = object["value"], !value.isNull else {
            // A name alone is a switch that is on, which is what PowerShell's own proxies send for one.
            return name == nil ? Command.Argument(nil, .null) : Command.Argument(name, .bool(true))
        }
        return Command.Argument(name, try reader.value(value))
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

/// Who may answer is the broker's to say. What is answered may be a secret and goes past it.
enum AnswerHandler: Handler {
    static let method = Method.answer

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .reachInvocation(try parameters.session("session"), parameters.invocation("invocation"))
    }

    static func sending(_ parameters: Parameters) throws(InvalidParameter) -> Sending {
        var reader = ValueReader(of: "value")
        let value = parameters.object["value"] ?? .null
        let reply = value.isNull ? nil : try reader.value(value)
        return .answer(parameters.object["prompt"]?.int ?? 0, HostReply(reply, secrets: reader.secrets))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { nil }
}

/// Objects go to the pipeline as they are; that it runs and is the caller's is the broker's to say.
enum InputHandler: Handler {
    static let method = Method.input

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .reachInvocation(try parameters.session("session"), parameters.invocation("invocation"))
    }

    static func sending(_ parameters: Parameters) throws(InvalidParameter) -> Sending {
        var reader = ValueReader(of: "values")
        var values: [PSValue] = []
        for value in parameters.object["values"]?.array ?? [] { values.append(try reader.value(value)) }
        return .input(PipelineInput(values, secrets: reader.secrets, isLast: parameters.flag("end")))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { nil }
}

enum StopHandler: Handler {
    static let method = Method.stop

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .stopInvocation(try parameters.session("session"), parameters.invocation("invocation"))
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
        if parameters.flag("deviceCode"), !origin.more || parameters.text("secret") != nil {
            throw InvalidParameter(name: "deviceCode")
        }
        return try account(parameters)
    }

    private static func account(_ parameters: Parameters) throws(InvalidParameter) -> Request {
        .mayLogin(tenant: parameters.text("tenant") ?? "", try parameters.admin("admin"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .account(_, let admin) = answer else { return nil }
        return ["admin": scribe.text(admin)]
    }
}
