// A cmdlet of the lab: its name and parameters, as clients see them by Get-Command, and what it makes of its arguments.
//
// Arguments are bound as PowerShell binds them (about_Parameters): by name in any case, by a beginning that means one
// parameter alone, by position for the rest; what is left over or missing fails the pipeline before its first object.

internal import CLIXML

/// A cmdlet.
struct Cmdlet: Sendable {
    let name: String
    let module: String
    let parameters: [Parameter]
    let outputTypes: [String]
    /// A stage with these arguments behind the one given, which is the client's input when the cmdlet is the first.
    let make: @Sendable (BoundArguments, any Stage, _ isFirst: Bool) -> any Stage

    /// A parameter.
    struct Parameter: Sendable {
        let name: String
        let type: String
        var position: Int?
        var isMandatory = false
        var aliases: [String] = []

        var isSwitch: Bool { type == Kind.flag }
    }

    /// Names of .NET types.
    enum Kind {
        static let flag = "System.Management.Automation.SwitchParameter"
        static let string = "System.String"
        static let strings = "System.String[]"
        static let integer = "System.Int32"
        static let boolean = "System.Boolean"
        static let object = "System.Object"
        static let guid = "System.Guid"
        static let user = "Microsoft.Rtc.Management.AD.UserIdParameter"
        static let policy = "Microsoft.Rtc.Management.Xds.XdsIdentity"
        static let size = "Microsoft.Rtc.Management.ADConnect.Core.Unlimited`1[System.UInt32]"
    }

    /// The class that would implement it.
    var implementation: String {
        module == "Microsoft.PowerShell.Core" || module == "Microsoft.PowerShell.Utility"
            ? "Microsoft.PowerShell.Commands.\(name.replacingDash)Command"
            : "Microsoft.Rtc.Management.\(name.replacingDash)Cmdlet"
    }

    /// What Get-Command and GET_COMMAND_METADATA tell of it.
    var metadata: CommandMetadata {
        CommandMetadata(
            name: name, namespace: module, helpURI: "https://go.microsoft.com/fwlink/?LinkId=\(helpNumber)",
            outputTypes: outputTypes,
            parameters: (parameters + CommonParameter.shown).map {
                CommandMetadata.Parameter(
                    name: $0.name, type: $0.type, aliases: $0.aliases, isSwitch: $0.isSwitch)
            })
    }

    private var helpNumber: Int { name.utf8.reduce(200_000) { ($0 &* 31 &+ Int($1)) % 600_000 } }
}

/// What every cmdlet takes.
enum CommonParameter {
    static let shown: [Cmdlet.Parameter] = [
        .init(name: "Verbose", type: Cmdlet.Kind.flag, aliases: ["vb"]),
        .init(name: "Debug", type: Cmdlet.Kind.flag, aliases: ["db"]),
        .init(name: "ErrorAction", type: "System.Management.Automation.ActionPreference", aliases: ["ea"]),
        .init(name: "WarningAction", type: "System.Management.Automation.ActionPreference", aliases: ["wa"]),
        .init(name: "ErrorVariable", type: Cmdlet.Kind.string, aliases: ["ev"]),
        .init(name: "WarningVariable", type: Cmdlet.Kind.string, aliases: ["wv"]),
        .init(name: "OutVariable", type: Cmdlet.Kind.string, aliases: ["ov"]),
        .init(name: "OutBuffer", type: Cmdlet.Kind.integer, aliases: ["ob"]),
        .init(name: "InformationAction", type: "System.Management.Automation.ActionPreference", aliases: ["infa"]),
        .init(name: "InformationVariable", type: Cmdlet.Kind.string, aliases: ["iv"]),
        .init(name: "PipelineVariable", type: Cmdlet.Kind.string, aliases: ["pv"]),
    ]
    /// What cmdlets that change something take as well; let through everywhere.
    static let risk: [Cmdlet.Parameter] = [
        .init(name: "WhatIf", type: Cmdlet.Kind.flag, aliases: ["wi"]),
        .init(name: "Confirm", type: Cmdlet.Kind.flag, aliases: ["cf"]),
    ]
}

/// An argument before it is bound.
struct Argument {
    var name: String?
    var value: PSValue?
}

/// The arguments of a call, by the names of their parameters.
struct BoundArguments {
    let cmdlet: String
    private var values: [String: PSValue] = [:]

    /// What becomes of errors that are no end.
    enum ErrorAction {
        case stop
        case silence
    }

    init(
        _ arguments: [Argument], to cmdlet: Cmdlet, hasInput: Bool
    ) throws(BindingFailure) {
        self.cmdlet = cmdlet.name
        let known = cmdlet.parameters + CommonParameter.shown + CommonParameter.risk
        var positions = cmdlet.parameters.filter { $0.position != nil }.sorted { $0.position ?? 0 < $1.position ?? 0 }
        for argument in arguments {
            guard let name = argument.name, !name.isEmpty else { continue }
            let parameter = try Self.find(name, in: known, of: cmdlet)
            positions.removeAll { $0.name == parameter.name }
            guard let value = argument.value else {
                guard parameter.isSwitch else {
                    throw BindingFailure(record: .missingArgument(parameter.name, of: cmdlet))
                }
                values[parameter.name] = .bool(true)
                continue
            }
            values[parameter.name] = try Self.convert(value, for: parameter, of: cmdlet)
        }
        for argument in arguments where argument.name?.isEmpty ?? true {
            guard let value = argument.value else { continue }
            guard let parameter = positions.first else {
                throw BindingFailure(record: .tooManyPositions(value, of: cmdlet))
            }
            positions.removeFirst()
            values[parameter.name] = try Self.convert(value, for: parameter, of: cmdlet)
        }
        let missing = cmdlet.parameters.filter {
            // What is named Identity may come with the objects of the pipeline.
            $0.isMandatory && values[$0.name] == nil && !(hasInput && $0.name == "Identity")
        }
        guard missing.isEmpty else {
            throw BindingFailure(record: .missingParameters(missing.map(\.name), of: cmdlet))
        }
    }

    private static func find(
        _ name: String, in known: [Cmdlet.Parameter], of cmdlet: Cmdlet
    ) throws(BindingFailure) -> Cmdlet.Parameter {
        let isIt: (String) -> Bool = { $0.isSameName(as: name) }
        if let exact = known.first(where: { isIt($0.name) || $0.aliases.contains(where: isIt) }) { return exact }
        let beginning = name.lowercased()
        let matches = known.filter { $0.name.lowercased().hasPrefix(beginning) }
        switch matches.count {
        case 0: throw BindingFailure(record: .unknownParameter(name, of: cmdlet))
        case 1: return matches[0]
        default: throw BindingFailure(record: .ambiguousParameter(name, of: cmdlet))
        }
    }

    private static func convert(
        _ value: PSValue, for parameter: Cmdlet.Parameter, of cmdlet: Cmdlet
    ) throws(BindingFailure) -> PSValue {
        let isRight =
            switch parameter.type {
            case Cmdlet.Kind.integer: value.number != nil
            case Cmdlet.Kind.size: value.number != nil || value.text.lowercased() == "unlimited"
            case Cmdlet.Kind.boolean, Cmdlet.Kind.flag: value.truth != nil
            default: true
            }
        guard isRight else {
            throw BindingFailure(record: .badArgument(parameter.name, value, type: parameter.type, of: cmdlet))
        }
        return value
    }

    subscript(name: String) -> PSValue? { values[name] }

    func string(_ name: String) -> String? { values[name].map(\.text) }

    /// The texts of a list, or of one value.
    func strings(_ name: String) -> [String]? {
        values[name].map { value in value.values?.map(\.text) ?? [value.text] }
    }

    func integer(_ name: String) -> Int? { values[name]?.number.flatMap { Int(exactly: $0) } }

    func flag(_ name: String) -> Bool { values[name]?.truth ?? false }

    func with(_ name: String, _ value: PSValue) -> BoundArguments {
        var arguments = self
        arguments.values[name] = value
        return arguments
    }

    var errorAction: ErrorAction? {
        switch string("ErrorAction")?.lowercased() {
        case "stop", "1": .stop
        case "silentlycontinue", "ignore", "0", "4": .silence
        default: nil
        }
    }
}

extension PSValue {
    /// A number, also out of a string, as PowerShell converts it.
    var number: Int64? { integer ?? string.flatMap { Int64($0) } ?? (doubleValue.flatMap { Int64(exactly: $0) }) }

    private var doubleValue: Double? { if case .double(let value) = unwrapped { value } else { nil } }

    /// A truth value, also out of a switch, a number or a word.
    var truth: Bool? {
        if let bool { return bool }
        if let present = self["IsPresent"]?.bool { return present }
        switch string?.lowercased() {
        case "true", "$true": return true
        case "false", "$false": return false
        default: return integer.map { $0 != 0 }
        }
    }
}
