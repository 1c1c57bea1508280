/// A command of the server with its parameters, as GET_COMMAND_METADATA answers (MS-PSRP 2.2.3.22) and as Get-Command
/// does with nearly the same properties.
public struct CommandMetadata: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The module or snap-in, empty when the server does not say.
    public let namespace: String
    /// Where there is help.
    public let helpURI: String
    /// The kind of command as a number, see `CommandTypes`.
    public let types: CommandTypes
    /// What an alias stands for.
    public let resolvedName: String?
    /// The types of what it writes.
    public let outputTypes: [String]
    /// The parameters in the order they were sent.
    public let parameters: [Parameter]

    /// A parameter of a command (2.2.3.23).
    public struct Parameter: Hashable, Sendable {
        /// The name.
        public let name: String
        /// The name of its type.
        public let type: String
        /// Other names.
        public let aliases: [String]
        /// It takes no value.
        public let isSwitch: Bool
        /// It is only there in some circumstances.
        public let isDynamic: Bool

        /// A parameter.
        public init(name: String, type: String, aliases: [String] = [], isSwitch: Bool = false, isDynamic: Bool = false)
        {
            self.name = name
            self.type = type
            self.aliases = aliases
            self.isSwitch = isSwitch
            self.isDynamic = isDynamic
        }
    }

    /// A command.
    public init(
        name: String, namespace: String = "", helpURI: String = "", types: CommandTypes = .cmdlet,
        resolvedName: String? = nil, outputTypes: [String] = [], parameters: [Parameter] = []
    ) {
        self.name = name
        self.namespace = namespace
        self.helpURI = helpURI
        self.types = types
        self.resolvedName = resolvedName
        self.outputTypes = outputTypes
        self.parameters = parameters
    }
}

/// Kinds of commands (MS-PSRP 2.2.3.19).
public struct CommandTypes: OptionSet, Hashable, Sendable {
    /// The flags.
    public let rawValue: Int32

    /// Kinds by their flags.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    public static let alias = CommandTypes(rawValue: 1)
    public static let function = CommandTypes(rawValue: 2)
    public static let filter = CommandTypes(rawValue: 4)
    public static let cmdlet = CommandTypes(rawValue: 8)
    public static let externalScript = CommandTypes(rawValue: 16)
    public static let application = CommandTypes(rawValue: 32)
    public static let script = CommandTypes(rawValue: 64)
    public static let workflow = CommandTypes(rawValue: 128)
    public static let configuration = CommandTypes(rawValue: 256)
    public static let all = CommandTypes(rawValue: 511)
    /// What a client can call and wants to know of.
    public static let callable: CommandTypes = [.alias, .function, .filter, .cmdlet]
}

extension CommandMetadata {
    /// Nil when the value has no name of a command, as the count that comes first has none.
    public init?(_ value: PSValue) {
        guard let name = value["Name"]?.string else { return nil }
        self.init(
            name: name, namespace: (value["Namespace"] ?? value["ModuleName"])?.text ?? "",
            helpURI: value["HelpUri"]?.text ?? "",
            types: CommandTypes(rawValue: value["CommandType"]?.integer.flatMap(Int32.init(exactly:)) ?? 0),
            resolvedName: value["ResolvedCommandName"]?.string,
            outputTypes: value["OutputType"]?.values?.map(\.text) ?? [],
            parameters: Self.parameters(value["Parameters"]))
    }

    private static func parameters(_ value: PSValue?) -> [Parameter] {
        (value?.entries ?? []).map { entry in
            let name = entry.value["Name"]?.string ?? entry.key.text
            return Parameter(
                name: name, type: entry.value["ParameterType"]?.text ?? "",
                aliases: entry.value["Aliases"]?.values?.map(\.text) ?? [],
                isSwitch: entry.value["SwitchParameter"]?.bool ?? false,
                isDynamic: entry.value["IsDynamic"]?.bool ?? false)
        }
    }

    /// The command as an output object of GET_COMMAND_METADATA.
    public var value: PSValue {
        let entries = parameters.map { parameter in
            PSEntry(
                .string(parameter.name),
                .object(
                    PSObject(
                        typeNames: ["System.Management.Automation.ParameterMetadata", "System.Object"],
                        toString: "System.Management.Automation.ParameterMetadata",
                        adapted: [
                            PSProperty("Name", .string(parameter.name)),
                            PSProperty("ParameterType", .string(parameter.type)),
                            PSProperty("Aliases", .strings(parameter.aliases)),
                            PSProperty("IsDynamic", .bool(parameter.isDynamic)),
                            PSProperty("SwitchParameter", .bool(parameter.isSwitch)),
                        ])))
        }
        let kind = PSObject(
            enumeration: "System.Management.Automation.CommandTypes",
            name: types == .cmdlet ? "Cmdlet" : "\(types.rawValue)",
            number: types.rawValue)
        return .object(
            PSObject(
                typeNames: [
                    "Selected.System.Management.Automation.CmdletInfo", "System.Management.Automation.PSCustomObject",
                ],
                toString: name,
                extended: [
                    PSProperty("Name", .string(name)), PSProperty("Namespace", .string(namespace)),
                    PSProperty("HelpUri", .string(helpURI)), PSProperty("CommandType", .object(kind)),
                    PSProperty("ResolvedCommandName", resolvedName.map(PSValue.string) ?? .null),
                    PSProperty("OutputType", .strings(outputTypes)),
                    PSProperty("Parameters", .object(PSObject(hashtable: entries))),
                ]))
    }
}
