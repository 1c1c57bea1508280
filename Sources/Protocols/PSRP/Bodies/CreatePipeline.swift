public import CLIXML

/// CREATE_PIPELINE (MS-PSRP 2.2.2.10): what is to be run.
public struct CreatePipeline: MessageBody {
    /// One statement after another, each a pipeline of commands. At least one, and at least one command in each.
    public var statements: [[Command]]
    /// Nothing will be sent into the first command.
    public var hasNoInput: Bool
    /// The server remembers the pipeline in the history.
    public var addsToHistory: Bool
    /// The pipeline runs inside another one.
    public var isNested: Bool
    /// The host of the pipeline.
    public var host: HostDescription
    /// Which records tell where they come from; each grows by some 2.5 KB.
    public var streamOptions: StreamOptions
    /// The text for the history.
    public var history: String?
    /// Errors of functions and scripts come as records, and one that ends a statement ends no more than that: as PowerShell's
    /// own clients have it. Without, such an error ends the function.
    public var redirectsShellErrors = true

    /// Records that carry an InvocationInfo (MS-PSRP 2.2.3.8).
    public struct StreamOptions: OptionSet, Hashable, Sendable {
        /// The flags.
        public let rawValue: Int32

        /// Options by their flags.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        public static let errors = StreamOptions(rawValue: 1)
        public static let warnings = StreamOptions(rawValue: 2)
        public static let debug = StreamOptions(rawValue: 4)
        public static let verbose = StreamOptions(rawValue: 8)
    }

    public static let type = MessageType.createPipeline

    /// One statement of commands piped into each other.
    public init(_ commands: [Command], hasNoInput: Bool = true, host: HostDescription = .none) {
        self.init(statements: [commands], hasNoInput: hasNoInput, host: host)
    }

    /// Several statements. Servers take more than one from protocol 2.2.
    public init(statements: [[Command]], hasNoInput: Bool = true, host: HostDescription = .none) {
        self.statements = statements
        self.hasNoInput = hasNoInput
        addsToHistory = false
        isNested = false
        self.host = host
        streamOptions = []
        history = nil
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        let shell = try Self.required("PowerShell", in: value) { $0.object == nil ? nil : $0 }
        let lists: [PSValue]
        if let more = shell["ExtraCmds"]?.values, !more.isEmpty {
            // 2.2.3.11: the first of these is the list of Cmds again.
            lists = more.compactMap { $0["Cmds"] }
        } else {
            lists = [try Self.required("Cmds", in: shell) { $0.values == nil ? nil : $0 }]
        }
        var statements: [[Command]] = []
        for list in lists {
            var commands: [Command] = []
            for command in list.values ?? [] { commands.append(try Command(command)) }
            statements.append(commands)
        }
        self.init(
            statements: statements, hasNoInput: value["NoInput"]?.bool ?? true,
            host: value["HostInfo"].map { HostDescription($0) } ?? .none)
        addsToHistory = value["AddToHistory"]?.bool ?? false
        isNested = value["IsNested"]?.bool ?? false
        streamOptions = StreamOptions(rawValue: (try? Self.integer("RemoteStreamOptions", in: value)) ?? 0)
        history = shell["History"]?.string
        redirectsShellErrors = shell["RedirectShellErrorOutputPipe"]?.bool ?? true
    }

    /// The value for a server of the latest protocol.
    public var value: PSValue? { value(for: SessionCapability.ours.protocolVersion) }

    /// The value for a server of a version of the protocol: older ones do not know all the ways to merge streams.
    public func value(for version: PSVersion) -> PSValue {
        let lists = statements.map { commands in
            PSValue.object(
                PSObject(typeNames: Self.listTypes, content: .list(commands.map { $0.value(for: version) })))
        }
        let more =
            lists.count > 1
            ? PSValue.object(
                PSObject(typeNames: Self.listTypes, content: .list(lists.map { .properties(["Cmds": $0]) }))) : .null
        let shell: PSValue = .properties([
            "IsNested": .bool(isNested), "ExtraCmds": more, "Cmds": lists.first ?? .null,
            "History": history.map(PSValue.string) ?? .null,
            "RedirectShellErrorOutputPipe": .bool(redirectsShellErrors),
        ])
        return .properties([
            "NoInput": .bool(hasNoInput), "ApartmentState": InitRunspacePool.value(ofApartmentState: 2),
            "RemoteStreamOptions": .enumeration(
                "System.Management.Automation.RemoteStreamOptions", streamOptions.rawValue.description,
                streamOptions.rawValue),
            "AddToHistory": .bool(addsToHistory), "HostInfo": host.value, "PowerShell": shell,
            "IsNested": .bool(isNested),
        ])
    }

    static let listTypes = [
        "System.Collections.Generic.List`1[[System.Management.Automation.PSObject, System.Management.Automation, "
            + "Version=1.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35]]",
        "System.Object",
    ]
}
