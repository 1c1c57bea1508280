internal import XML

/// A shell was made; the answer to Create, MS-WSMV 3.1.4.5.2.
public struct ShellCreated: Hashable, Sendable {
    /// What leads to it from now on.
    public let address: ShellAddress
    /// How the server describes it. Protocol 2.1 servers do not: then it says only what the address does.
    public let shell: ShellDescription

    public init(address: ShellAddress, shell: ShellDescription) {
        self.address = address
        self.shell = shell
    }
}

extension ShellCreated {
    /// The selectors of ResourceCreated count, then the ShellId of the description, then the one we proposed.
    /// A server that does not say what it made made what it was asked for.
    init(_ envelope: Envelope, for creation: ShellCreation, of resourceURI: String) throws(ResponseError) {
        let created = envelope.body.first(Namespace.transfer, "ResourceCreated")
        let description = envelope.body.first(Namespace.shell, "Shell").map(ShellDescription.init)
        guard created != nil || description != nil else { throw .missing(element: "ResourceCreated") }
        let parameters = created?.first(Namespace.addressing, "ReferenceParameters")
        let set = parameters?.first(Namespace.wsman, "SelectorSet")?.all(Namespace.wsman, "Selector") ?? []
        var selectors: [ShellAddress.Selector] = []
        // A shell has one selector. Sixteen is far more, and still no memory that a server could make us waste.
        for element in set.prefix(16) {
            guard let name = element.attribute("Name"), let selector = ShellAddress.Selector(name, element.trimmedText)
            else { throw .malformed(element: "Selector", text: String(element.trimmedText.prefix(100))) }
            selectors.append(selector)
        }
        if selectors.isEmpty {
            let id = description?.shellID ?? creation.shellID.description
            guard let selector = ShellAddress.Selector("ShellId", id) else {
                throw .malformed(element: "ShellId", text: String(id.prefix(100)))
            }
            selectors = [selector]
        }
        let told = [parameters?.first(Namespace.wsman, "ResourceURI")?.trimmedText, description?.resourceURI]
        let resource = told.compactMap { $0 }.first { !$0.isEmpty } ?? resourceURI
        guard let address = ShellAddress(resourceURI: resource, selectors: selectors) else {
            throw .malformed(element: "address", text: "empty, too long, or no plain text")
        }
        self.init(address: address, shell: description ?? ShellDescription(shellID: address.shellID))
    }
}

/// What a shell or a command put out; the answer to Receive, MS-WSMV 2.2.4.26.
public struct ReceivedOutput: Hashable, Sendable {
    /// In the order of the document, which is the order of the fragments in them.
    public var streams: [Stream]
    public var state: CommandState?

    /// One piece of output; it may be empty.
    public struct Stream: Hashable, Sendable {
        public var name: String
        /// Nil for the pool.
        public var command: GUID?
        public var bytes: [UInt8]
        /// Nothing more comes in this stream.
        public var isEnd: Bool
    }

    /// How far a command is, MS-WSMV 2.2.4.10.
    public struct CommandState: Hashable, Sendable {
        public var command: GUID?
        public var phase: Phase
        public var exitCode: Int32?

        /// The last part of the state's address.
        public enum Phase: String, Hashable, Sendable {
            /// It comes with the last output.
            case done = "Done"
            /// It waits for the answer to a host call.
            case pending = "Pending"
            case running = "Running"
        }
    }
}

extension ReceivedOutput {
    init(_ response: XMLElement) throws(ResponseError) {
        streams = []
        for element in response.all(Namespace.shell, "Stream") {
            let isEnd = ["true", "TRUE", "True", "1"].contains(element.attribute("End") ?? "")
            streams.append(
                Stream(
                    name: element.attribute("Name") ?? "", command: try element.commandID(),
                    bytes: try element.base64(), isEnd: isEnd))
        }
        state = nil
        guard let element = response.first(Namespace.shell, "CommandState") else { return }
        let text = element.attribute("State") ?? ""
        let last = text.utf8.lastIndex(of: UInt8(ascii: "/")).map { text[text.utf8.index(after: $0)...] }
        // A state that nobody knows is not the end.
        guard let phase = CommandState.Phase(rawValue: String(last ?? text[...])) else { return }
        let exitCode = element.first(Namespace.shell, "ExitCode").map { Int64($0.trimmedText) ?? 0 }
        state = CommandState(
            command: try element.commandID(), phase: phase,
            // Windows writes the exit code as it stands, HRESULTs without a sign too.
            exitCode: exitCode.map { Int32(truncatingIfNeeded: $0) })
    }
}

extension XMLElement {
    fileprivate func commandID() throws(ResponseError) -> GUID? {
        guard let text = attribute("CommandId"), !text.isEmpty else { return nil }
        guard let id = GUID(text) else { throw .malformed(element: "CommandId", text: text) }
        return id
    }
}

/// Part of a list, or all of it; MS-WSMV 3.1.4.8.
public struct EnumeratedItems: Hashable, Sendable {
    public var shells: [ShellDescription]
    public var commands: [Command]
    /// What to go on with by Pull; nil when this was the end.
    public var context: String?

    /// A command of a shell, finished or not, that was not terminated.
    public struct Command: Hashable, Sendable {
        public var id: GUID?
        public var line: String
        public var state: String?
    }
}

extension EnumeratedItems {
    init(_ response: XMLElement) {
        let isPulled = response.first(Namespace.enumeration, "Items")
        let items = response.first(Namespace.wsman, "Items") ?? isPulled
        shells = items?.all(Namespace.shell, "Shell").map(ShellDescription.init) ?? []
        commands =
            items?.all(Namespace.shell, "Command").map { command in
                Command(
                    id: command.first(Namespace.shell, caseless: "CommandId").flatMap { GUID($0.trimmedText) },
                    line: command.first(Namespace.shell, "CommandLine")?.trimmedText ?? "",
                    state: command.first(Namespace.shell, "CommandState")?.trimmedText)
            } ?? []
        let isEnd =
            response.first(Namespace.wsman, "EndOfSequence") != nil
            || response.first(Namespace.enumeration, "EndOfSequence") != nil
        let context = response.first(Namespace.enumeration, "EnumerationContext")?.trimmedText ?? ""
        self.context = isEnd || context.isEmpty ? nil : context
    }
}

/// What kind of service this is, DSP0226 11.
public struct ServiceIdentity: Hashable, Sendable {
    public var protocolVersion: String?
    public var vendor: String?
    /// Zeros where the question was asked by nobody in particular.
    public var version: String?
}

extension ServiceIdentity {
    init(_ response: XMLElement) {
        protocolVersion = response.first(Namespace.identify, "ProtocolVersion")?.trimmedText
        vendor = response.first(Namespace.identify, "ProductVendor")?.trimmedText
        version = response.first(Namespace.identify, "ProductVersion")?.trimmedText
    }
}
