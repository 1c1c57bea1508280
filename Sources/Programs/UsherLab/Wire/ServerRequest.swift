// The server's half of WS-Management: an envelope that was posted, taken apart (MS-WSMV 2.2.4 and 3.1.4).
//
// It reads what any client may send and not only what Usher's writes: prefixes are free, ids come in either case, options
// nobody asked for are passed over. What cannot be answered is thrown as the fault that says so.

internal import WSMan
internal import XML

/// What was posted.
struct ServerRequest {
    /// Nil where the client gave none; the answer then relates to nothing.
    var messageID: String?
    /// The text of the action, to name one that is not known.
    var action: String
    var operation: ServerOperation
    /// The resource it is about.
    var resourceURI: String
    /// How long an answer may be waited for.
    var operationTimeout: Duration
    /// The largest answer the client takes.
    var envelopeBytesMax: Int
    /// Which client object it is.
    var sessionID: String?
}

/// What is asked.
enum ServerOperation {
    case create(ShellWish)
    case command(shell: GUID, command: GUID?, arguments: [UInt8])
    case send(shell: GUID, command: GUID?, bytes: [UInt8])
    case receive(shell: GUID, command: GUID?)
    case signal(shell: GUID, command: GUID?, code: String)
    case delete(shell: GUID)
    case disconnect(shell: GUID, idleTimeOut: Duration?, bufferMode: String?)
    case reconnect(shell: GUID)
    /// With the fragments that take the pool over, or with the command that is taken over.
    case connect(shell: GUID, content: [UInt8])
    case connectCommand(shell: GUID, command: GUID)
    case get(shell: GUID)
    case enumerateShells
    case enumerateCommands(shell: GUID)
    case identify
    case notSupported

    /// The shell it is about, where there is one already.
    var shell: GUID? {
        switch self {
        case .command(let shell, _, _), .send(let shell, _, _), .receive(let shell, _), .signal(let shell, _, _),
            .delete(let shell), .disconnect(let shell, _, _), .reconnect(let shell), .connect(let shell, _),
            .connectCommand(let shell, _), .get(let shell), .enumerateCommands(let shell):
            shell
        case .create, .enumerateShells, .identify, .notSupported: nil
        }
    }

    /// The name people use for it, and the control port counts it by.
    var name: String {
        switch self {
        case .create: "Create"
        case .command: "Command"
        case .send: "Send"
        case .receive: "Receive"
        case .signal: "Signal"
        case .delete: "Delete"
        case .disconnect: "Disconnect"
        case .reconnect: "Reconnect"
        case .connect, .connectCommand: "Connect"
        case .get: "Get"
        case .enumerateShells, .enumerateCommands: "Enumerate"
        case .identify: "Identify"
        case .notSupported: "NotSupported"
        }
    }
}

/// The shell a client would like.
struct ShellWish {
    var shellID: GUID?
    var name: String?
    var idleTimeOut: Duration?
    /// The client object that wishes for it.
    var clientID: String?
    var protocolVersion: String
    /// The largest answer the client takes, for which fragments are cut.
    var envelopeBytesMax: Int
    /// The fragments that open the pool.
    var content: [UInt8]
}

extension ServerRequest {
    /// The longest envelope that is read.
    static let bytesMax = 512_000

    /// What an envelope asks. Throws the fault to answer with.
    init(envelope bytes: [UInt8]) throws(ServerFault) {
        let root: XMLElement
        do {
            root = try XMLElement(document: bytes, limits: XMLLimits(bytesMax: Self.bytesMax))
        } catch {
            throw .invalidXML
        }
        guard root.name == XMLName(Namespace.soap, "Envelope"), let body = root.first(Namespace.soap, "Body") else {
            throw .schema("The document is no envelope.")
        }
        let header = root.first(Namespace.soap, "Header")
        func text(_ namespace: String, _ local: String) -> String? { header?.first(namespace, local)?.trimmedText }
        messageID = text(Namespace.addressing, "MessageID")
        action = text(Namespace.addressing, "Action") ?? ""
        resourceURI = text(Namespace.wsman, "ResourceURI") ?? ""
        sessionID = text(Namespace.wsmv, "SessionId")
        envelopeBytesMax = min(text(Namespace.wsman, "MaxEnvelopeSize").flatMap { Int($0) } ?? 153_600, Self.bytesMax)
        operationTimeout = .seconds(60)
        if let timeout = text(Namespace.wsman, "OperationTimeout") {
            // A duration below zero is answered so by Windows.
            guard let timeout = XMLDuration.parse(timeout) else { throw .badHeader("OperationTimeout").for(messageID) }
            operationTimeout = timeout
        }
        operation = .notSupported
        do throws(ServerFault) {
            operation = try Self.operation(
                action: action, header: header, body: body, resourceURI: resourceURI, answerBytesMax: envelopeBytesMax)
        } catch {
            throw error.for(messageID)
        }
    }

    private static func operation(
        action: String, header: XMLElement?, body: XMLElement, resourceURI: String, answerBytesMax: Int
    ) throws(ServerFault) -> ServerOperation {
        if body.first(Namespace.identify, "Identify") != nil { return .identify }
        func shell() throws(ServerFault) -> GUID {
            guard let id = header?.first(Namespace.wsman, "SelectorSet")?.shellID else { throw .noShellSelector }
            return id
        }
        switch Action(rawValue: action) {
        case .create: return .create(try wish(header: header, body: body, answerBytesMax: answerBytesMax))
        case .command:
            let line = try body.part("CommandLine")
            let arguments = try (line.first(Namespace.shell, "Arguments")?.base64Bytes()) ?? []
            return .command(shell: try shell(), command: try line.commandID(), arguments: arguments)
        case .send:
            var bytes: [UInt8] = []
            var command: GUID?
            for stream in try body.part("Send").all(Namespace.shell, "Stream") {
                bytes += try stream.base64Bytes()
                command = try stream.commandID()
            }
            return .send(shell: try shell(), command: command, bytes: bytes)
        case .receive:
            let desired = try body.part("Receive").first(Namespace.shell, "DesiredStream")
            return .receive(shell: try shell(), command: try desired?.commandID())
        case .signal:
            let signal = try body.part("Signal")
            let code = signal.first(Namespace.shell, "Code")?.trimmedText ?? ""
            return .signal(shell: try shell(), command: try signal.commandID(), code: code)
        case .delete: return .delete(shell: try shell())
        case .get: return .get(shell: try shell())
        case .enumerate:
            guard resourceURI.hasSuffix("/Command") else { return .enumerateShells }
            let filter = body.descendant(Namespace.wsman, "SelectorSet")?.shellID
            guard let id = filter ?? header?.first(Namespace.wsman, "SelectorSet")?.shellID else {
                throw .noShellSelector
            }
            return .enumerateCommands(shell: id)
        case .disconnect:
            let wish = try body.part("Disconnect")
            return .disconnect(
                shell: try shell(),
                idleTimeOut: wish.first(Namespace.shell, "IdleTimeOut").flatMap { XMLDuration.parse($0.trimmedText) },
                bufferMode: wish.first(Namespace.shell, "BufferMode")?.trimmedText)
        case .reconnect: return .reconnect(shell: try shell())
        case .connect:
            let wish = try body.part("Connect")
            if let command = try wish.commandID() { return .connectCommand(shell: try shell(), command: command) }
            let content = wish.children.first { $0.name.local == "connectXml" }
            return .connect(shell: try shell(), content: try content?.base64Bytes() ?? [])
        case .pull, nil: return .notSupported
        }
    }

    private static func wish(
        header: XMLElement?, body: XMLElement, answerBytesMax: Int
    ) throws(ServerFault) -> ShellWish {
        let shell = try body.part("Shell")
        let options = header?.first(Namespace.wsman, "OptionSet")?.all(Namespace.wsman, "Option") ?? []
        let version = options.first { $0.attribute("Name")?.lowercased() == "protocolversion" }?.trimmedText
        let creation = shell.children.first { $0.name.local == "creationXml" }
        var id: GUID?
        if let text = shell.attribute("ShellId") {
            guard let given = GUID(text) else { throw .schema("\(text) is no ShellId.") }
            id = given
        }
        return ShellWish(
            shellID: id, name: shell.attribute("Name") ?? shell.first(Namespace.shell, "Name")?.trimmedText,
            idleTimeOut: shell.first(Namespace.shell, "IdleTimeOut").flatMap { XMLDuration.parse($0.trimmedText) },
            protocolVersion: version ?? "2.1", envelopeBytesMax: answerBytesMax,
            content: try creation?.base64Bytes() ?? [])
    }
}

extension XMLElement {
    fileprivate func part(_ local: String) throws(ServerFault) -> XMLElement {
        guard let element = first(Namespace.shell, local) else { throw .schema("The body has no \(local).") }
        return element
    }

    fileprivate var shellID: GUID? {
        let selectors = all(Namespace.wsman, "Selector")
        return selectors.first { $0.attribute("Name")?.lowercased() == "shellid" }.flatMap { GUID($0.trimmedText) }
    }

    fileprivate func commandID() throws(ServerFault) -> GUID? {
        guard let text = attribute("CommandId"), !text.isEmpty else { return nil }
        guard let id = GUID(text) else { throw .schema("\(text) is no CommandId.") }
        return id
    }

    fileprivate func base64Bytes() throws(ServerFault) -> [UInt8] {
        guard let bytes = Base64.decode(utf8) else { throw .schema("The text of \(name.local) is no base64.") }
        return bytes
    }
}
