public import CLIXML

/// A command of a pipeline (MS-PSRP 2.2.3.12).
public struct Command: Hashable, Sendable {
    /// The name of a cmdlet or function, or a script.
    public var text: String
    /// The text is a script. Endpoints without a language, such as those of tenants, take none.
    public var isScript: Bool
    /// A script has a scope of its own; nil for the server's custom.
    public var usesLocalScope: Bool?
    /// The arguments in order.
    public var arguments: [Argument]
    /// Where the streams of the command go.
    public var merges: Merges

    /// An argument (MS-PSRP 2.2.3.13).
    public struct Argument: Hashable, Sendable {
        /// The name without a dash, nil for an argument by position.
        public var name: String?
        /// The value; nil for a name alone, as switches are.
        public var value: PSValue?

        /// An argument.
        public init(_ name: String? = nil, _ value: PSValue? = nil) {
            self.name = name
            self.value = value
        }
    }

    /// Where the streams of a command go, as numbers of PipelineResultTypes: None 0, Output 1, Error 2, Warning 3,
    /// Verbose 4, Debug 5, Information 6, All 7, Null 8.
    public struct Merges: Hashable, Sendable {
        public var myResult: Int32 = 0
        public var toResult: Int32 = 0
        public var previousResults: Int32 = 0
        public var error: Int32 = 0
        public var warning: Int32 = 0
        public var verbose: Int32 = 0
        public var debug: Int32 = 0
        public var information: Int32 = 0

        /// Nothing is merged.
        public init() {}

        /// Errors go into the output.
        public static var errorsIntoOutput: Merges {
            var merges = Merges()
            merges.myResult = 2
            merges.toResult = 1
            merges.error = 1
            return merges
        }
    }

    /// A cmdlet or function with arguments.
    public init(_ name: String, _ arguments: [Argument] = []) {
        text = name
        isScript = false
        usesLocalScope = nil
        self.arguments = arguments
        merges = Merges()
    }

    /// A script.
    public init(script: String) {
        self.init(script)
        isScript = true
    }

    /// Reads a command. Names of arguments that are written `-Name:` lose dash and colon.
    init(_ value: PSValue) throws(ProtocolViolation) {
        guard let text = value["Cmd"]?.string else { throw .badBody(.createPipeline, property: "Cmd") }
        self.init(text)
        isScript = value["IsScript"]?.bool ?? false
        usesLocalScope = value["UseLocalScope"]?.bool
        arguments = (value["Args"]?.values ?? []).map { argument in
            let name = argument["N"]?.string.map { name in
                let bare = name.hasPrefix("-") ? name.dropFirst() : name[...]
                return String(bare.hasSuffix(":") ? bare.dropLast() : bare)
            }
            return Argument(name, argument["V"]?.unlessNull)
        }
        for (name, field) in Self.mergeFields {
            merges[keyPath: field] = value[name]?.integer.flatMap(Int32.init(exactly:)) ?? 0
        }
    }

    /// The value for a server of a version of the protocol.
    func value(for version: PSVersion) -> PSValue {
        let list = arguments.map { argument in
            PSValue.properties(["N": argument.name.map(PSValue.string) ?? .null, "V": argument.value ?? .null])
        }
        var properties = [
            PSProperty("Cmd", .string(text)), PSProperty("IsScript", .bool(isScript)),
            PSProperty("UseLocalScope", usesLocalScope.map(PSValue.bool) ?? .null),
        ]
        // 2.2.3.12 and 3.1.1: the first three are there always, one came with 2.3, the rest with 2.2.
        let count = version < PSVersion(2, 2) ? 3 : version < PSVersion(2, 3) ? 7 : 8
        for (name, field) in Self.mergeFields.prefix(count) {
            let number = merges[keyPath: field]
            properties.append(
                PSProperty(
                    name,
                    .enumeration(
                        "System.Management.Automation.Runspaces.PipelineResultTypes", Self.name(ofResultType: number),
                        number)))
        }
        properties.append(
            PSProperty("Args", .object(PSObject(typeNames: CreatePipeline.listTypes, content: .list(list)))))
        return .object(PSObject(extended: properties))
    }

    private static func name(ofResultType number: Int32) -> String {
        let names = ["None", "Output", "Error", "Warning", "Verbose", "Debug", "Information", "All", "Null"]
        return names.indices.contains(Int(number)) ? names[Int(number)] : number.description
    }

    private static var mergeFields: [(name: String, field: WritableKeyPath<Merges, Int32>)] {
        [
            ("MergeMyResult", \.myResult), ("MergeToResult", \.toResult), ("MergePreviousResults", \.previousResults),
            ("MergeError", \.error), ("MergeWarning", \.warning), ("MergeVerbose", \.verbose), ("MergeDebug", \.debug),
            ("MergeInformation", \.information),
        ]
    }
}
