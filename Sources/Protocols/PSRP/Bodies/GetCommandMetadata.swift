public import CLIXML

/// GET_COMMAND_METADATA (MS-PSRP 2.2.2.14): asks which commands there are.
public struct GetCommandMetadata: MessageBody {
    /// Names or patterns.
    public var names: [String]
    /// Kinds of commands.
    public var types: CommandTypes
    /// Modules to look in, empty for all.
    public var namespaces: [String]
    /// Arguments, for parameters that depend on them.
    public var arguments: [PSValue]

    public static let type = MessageType.getCommandMetadata

    /// A question. `.all` has kinds that some servers do not know, and refuse.
    public init(
        names: [String] = ["*"], types: CommandTypes = .callable, namespaces: [String] = [], arguments: [PSValue] = []
    ) {
        self.names = names
        self.types = types
        self.namespaces = namespaces
        self.arguments = arguments
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        func texts(_ name: String) -> [String] {
            guard let list = value[name]?.unlessNull else { return [] }
            return list.values?.map(\.text) ?? [list.text]
        }
        names = texts("Name")
        types = CommandTypes(rawValue: (try? Self.integer("CommandType", in: value)) ?? CommandTypes.all.rawValue)
        namespaces = texts("Namespace")
        arguments = value["ArgumentList"]?.values ?? []
    }

    public var value: PSValue? {
        .properties([
            "Name": .strings(names),
            "CommandType": .enumeration(
                "System.Management.Automation.CommandTypes", types == .all ? "All" : types.rawValue.description,
                types.rawValue),
            "Namespace": namespaces.isEmpty ? .null : .strings(namespaces),
            "ArgumentList": arguments.isEmpty ? .null : .object(PSObject(array: arguments)),
        ])
    }
}
