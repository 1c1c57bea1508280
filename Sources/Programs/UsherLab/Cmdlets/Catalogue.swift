internal import CLIXML

/// All cmdlets of the lab.
enum Catalogue {
    static let all: [Cmdlet] =
        (tenant + users + policies + rooms + objects + laboratory + host + [getCommand, getFormat])
        .sorted { $0.name < $1.name }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name.lowercased(), $0) })

    /// A cmdlet by its name in any case, with or without its module in front, or by an alias.
    static func cmdlet(named name: String) -> Cmdlet? {
        let bare = name.split(separator: "\\").last.map(String.init) ?? name
        let key = bare.lowercased()
        return byName[key] ?? aliases[key].flatMap { byName[$0] }
    }

    private static let aliases = [
        "select": "select-object", "where": "where-object", "?": "where-object", "sort": "sort-object",
        "measure": "measure-object", "gcm": "get-command", "echo": "write-output", "write": "write-output",
    ]

    static let online = "LyncOnline"
    static let core = "Microsoft.PowerShell.Core"
    static let utility = "Microsoft.PowerShell.Utility"
    static let lab = "UsherLab"
}

extension Cmdlet {
    /// A cmdlet that looks at nothing but its arguments.
    init(
        _ name: String, in module: String = Catalogue.online, _ parameters: [Parameter] = [], output: [String] = [],
        call: @escaping @Sendable (BoundArguments, inout LabWorld) -> [Step]
    ) {
        self.init(name: name, module: module, parameters: parameters, outputTypes: output) { arguments, _, _ in
            CallStage(arguments, call: call)
        }
    }

    /// A cmdlet that is done to what it is given by name or by the pipeline, and counted where it changes something.
    init(
        changing name: String, in module: String = Catalogue.online, _ parameters: [Parameter],
        call: @escaping @Sendable (BoundArguments, inout LabWorld) -> [Step]
    ) {
        let counted: @Sendable (BoundArguments, inout LabWorld) -> [Step] = { arguments, world in
            if arguments.flag("WhatIf") { return [] }
            world.executions.add(
                name, identity: arguments.string("Identity") ?? "", token: arguments.string("Token") ?? "")
            return call(arguments, &world)
        }
        self.init(name: name, module: module, parameters: parameters + CommonParameter.risk, outputTypes: []) {
            arguments, upstream, isFirst in
            if isFirst || arguments["Identity"] != nil { return CallStage(arguments, call: counted) }
            return EachStage(arguments, upstream: upstream, call: counted)
        }
    }
}

extension Cmdlet.Parameter {
    /// A parameter of text.
    static func text(_ name: String, at position: Int? = nil, mandatory: Bool = false) -> Self {
        Self(name: name, type: Cmdlet.Kind.string, position: position, isMandatory: mandatory)
    }

    static func texts(_ name: String, at position: Int? = nil, mandatory: Bool = false) -> Self {
        Self(name: name, type: Cmdlet.Kind.strings, position: position, isMandatory: mandatory)
    }

    static func flag(_ name: String) -> Self { Self(name: name, type: Cmdlet.Kind.flag) }

    static func truth(_ name: String) -> Self { Self(name: name, type: Cmdlet.Kind.boolean) }

    static func number(_ name: String, at position: Int? = nil) -> Self {
        Self(name: name, type: Cmdlet.Kind.integer, position: position)
    }

    static func any(_ name: String, at position: Int? = nil) -> Self {
        Self(name: name, type: Cmdlet.Kind.object, position: position)
    }

    /// Whom it is about.
    static let user = Self(name: "Identity", type: Cmdlet.Kind.user, position: 0, isMandatory: true)
    static let anyUser = Self(name: "Identity", type: Cmdlet.Kind.user, position: 0)
    /// Which configuration or policy it is about.
    static let policy = Self(name: "Identity", type: Cmdlet.Kind.policy, position: 0)
    static let tenant = Self(name: "Tenant", type: Cmdlet.Kind.guid)
    static let size = Self(name: "ResultSize", type: Cmdlet.Kind.size)
    static let localStore = Self(name: "LocalStore", type: Cmdlet.Kind.flag)
    static let domainController = Self(name: "DomainController", type: Cmdlet.Kind.string)
}
