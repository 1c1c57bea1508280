// Requests, as bytes. A header with what every operation carries, then a body of one element; MS-WSMV 2.2.4 and 3.1.4,
// DSP0226 5 and 6. Prefixes are those that Windows writes. Nothing is optional by chance: what other clients send and we
// do not is listed with its reason in the tests.

public import HTTP
internal import XML

/// One envelope to be posted.
public struct Request: Hashable, Sendable {
    public let operation: Operation
    public let endpoint: Endpoint
    /// The shell that it is about. Nil for those that concern none.
    public let shell: ShellAddress?
    public let messageID: GUID

    public init(_ operation: Operation, at endpoint: Endpoint, shell: ShellAddress? = nil, messageID: GUID) {
        self.operation = operation
        self.endpoint = endpoint
        self.shell = shell
        self.messageID = messageID
    }

    /// The Content-Type that goes with `bytes`.
    public static let contentType = "application/soap+xml;charset=UTF-8"

    /// The field that lets Identify be asked by nobody in particular, DSP0226 11.1 as Windows has it.
    public static let identifyField = HTTPField("WSMANIDENTIFY", "unauthenticated")

    /// The envelope.
    public var bytes: [UInt8] {
        var writer = XMLWriter(reservingBytes: 2048 + operation.payloadBytes * 4 / 3)
        var namespaces: KeyValuePairs = ["s": Namespace.soap, "wsmid": Namespace.identify]
        if operation != .identify {
            namespaces = [
                "s": Namespace.soap, "a": Namespace.addressing, "w": Namespace.wsman, "p": Namespace.wsmv,
                "rsp": Namespace.shell, "n": Namespace.enumeration,
            ]
        }
        writer.element("s:Envelope", namespaces: namespaces) { writer in
            writer.element("s:Header") { if let action = operation.action { header(action, &$0) } }
            writer.element("s:Body") { operation.body(&$0) }
        }
        do { return try writer.finish() } catch { preconditionFailure("texts are checked where they come in") }
    }

    private func header(_ action: Action, _ writer: inout XMLWriter) {
        writer.element("a:To", text: endpoint.url.description)
        writer.element("a:ReplyTo") {
            $0.element("a:Address", ["s:mustUnderstand": "true"], text: "\(Namespace.addressing)/role/anonymous")
        }
        writer.element("a:Action", ["s:mustUnderstand": "true"], text: action.rawValue)
        writer.element("a:MessageID", text: messageID.uri)
        writer.element("w:ResourceURI", ["s:mustUnderstand": "true"], text: resourceURI)
        writer.element("w:MaxEnvelopeSize", ["s:mustUnderstand": "true"], text: "\(endpoint.envelopeBytesMax)")
        writer.element("w:OperationTimeout", text: XMLDuration.text(endpoint.operationTimeout))
        writer.element("w:Locale", ["s:mustUnderstand": "false", "xml:lang": endpoint.locale])
        writer.element("p:DataLocale", ["s:mustUnderstand": "false", "xml:lang": endpoint.locale])
        writer.element("p:SessionId", ["s:mustUnderstand": "false"], text: endpoint.clientID.uri)
        let options = operation.options
        if !options.isEmpty {
            writer.element("w:OptionSet", ["s:mustUnderstand": "true"]) { writer in
                for option in options {
                    writer.start("w:Option")
                    writer.attribute("Name", option.name)
                    if option.mustComply { writer.attribute("MustComply", "true") }
                    writer.text(option.value)
                    writer.end()
                }
            }
        }
        if let shell {
            writer.element("w:SelectorSet") { writer in
                for selector in shell.selectors {
                    writer.element("w:Selector", ["Name": selector.name], text: selector.value)
                }
            }
        }
    }

    private var resourceURI: String {
        switch operation {
        case .get, .enumerate(.shells), .pull(.shells, _, _): ResourceURI.shells
        case .enumerate(.commands), .pull(.commands, _, _): ResourceURI.commands
        default: shell?.resourceURI ?? endpoint.resourceURI
        }
    }
}

extension Request {
    /// How many bytes one Command or Send may carry, so that its envelope is no larger than the endpoint takes.
    ///
    /// Base64 makes four characters of three bytes. What surrounds them is measured, with room for bodies that differ.
    public static func payloadBytesMax(at endpoint: Endpoint, shell: ShellAddress) -> Int {
        let zero = GUID(high: 0, low: 0)
        let frame = Request(.send([], to: .stdin, command: zero), at: endpoint, shell: shell, messageID: zero)
        return max(0, endpoint.envelopeBytesMax - frame.bytes.count - 256) / 4 * 3
    }
}

extension Operation {
    fileprivate var payloadBytes: Int {
        switch self {
        case .create(let creation): creation.content.count
        case .command(_, let payload), .send(let payload, _, _), .connect(let payload, _): payload.count
        default: 0
        }
    }

    fileprivate var options: [(name: String, value: String, mustComply: Bool)] {
        switch self {
        case .create(let creation):
            // MS-PSRP 3.1.5.3.1: the version as an option, so that a server that cannot comply refuses at once.
            [("protocolversion", creation.protocolVersion, true)]
                + (creation.noProfile ? [("WINRS_NOPROFILE", "TRUE", true)] : [])
        case .connect(_, let version): [("protocolversion", version, true)]
        // MS-WSMV 3.1.4.14: hold the request open instead of ending it while there is no output.
        case .receive: [("WSMAN_CMDSHELL_OPTION_KEEPALIVE", "True", false)]
        default: []
        }
    }

    fileprivate func body(_ writer: inout XMLWriter) {
        switch self {
        case .create(let creation): creation.write(&writer)
        case .command(let id, let arguments):
            writer.element("rsp:CommandLine", ["CommandId": id.description]) {
                // Windows puts the first cmdlet's name here. Servers pass it over, and it would show in their lists.
                $0.element("rsp:Command")
                $0.element("rsp:Arguments") { $0.base64(arguments) }
            }
        case .send(let payload, let stream, let command):
            writer.element("rsp:Send") {
                $0.start("rsp:Stream")
                $0.attribute("Name", stream.rawValue)
                if let command { $0.attribute("CommandId", command.description) }
                $0.base64(payload)
                $0.end()
            }
        case .receive(let command):
            writer.element("rsp:Receive") {
                $0.start("rsp:DesiredStream")
                if let command { $0.attribute("CommandId", command.description) }
                $0.text("stdout")
                $0.end()
            }
        case .signal(let signal, let command):
            writer.element("rsp:Signal", ["CommandId": command.description]) {
                $0.element("rsp:Code", text: signal.rawValue)
            }
        case .delete, .get, .reconnect: break
        case .enumerate(let what): what.write(&writer)
        case .pull(_, let context, let elementsMax):
            writer.element("n:Pull") {
                $0.element("n:EnumerationContext", text: context)
                $0.element("n:MaxElements", text: "\(elementsMax)")
            }
        case .disconnect(let idleTimeOut, let bufferMode):
            writer.element("rsp:Disconnect") {
                if let idleTimeOut { $0.element("rsp:IdleTimeOut", text: XMLDuration.text(idleTimeOut)) }
                if let bufferMode { $0.element("rsp:BufferMode", text: bufferMode.rawValue) }
            }
        case .connect(let content, _):
            writer.element("rsp:Connect") {
                $0.element("connectXml", namespaces: ["": Namespace.powershell]) { $0.base64(content) }
            }
        case .connectCommand(let command): writer.element("rsp:Connect", ["CommandId": command.description])
        case .identify: writer.element("wsmid:Identify")
        }
    }
}

extension ShellCreation {
    fileprivate func write(_ writer: inout XMLWriter) {
        writer.start("rsp:Shell")
        writer.attribute("ShellId", shellID.description)
        if let name { writer.attribute("Name", name) }
        if let idleTimeOut { writer.element("rsp:IdleTimeOut", text: XMLDuration.text(idleTimeOut)) }
        writer.element("rsp:InputStreams", text: "stdin pr")
        writer.element("rsp:OutputStreams", text: "stdout")
        writer.element("creationXml", namespaces: ["": Namespace.powershell]) { $0.base64(content) }
        writer.end()
    }
}

extension Operation.Enumerated {
    fileprivate func write(_ writer: inout XMLWriter) {
        writer.element("n:Enumerate") {
            $0.element("w:OptimizeEnumeration")
            $0.element("w:MaxElements", text: "32000")
            guard case .commands(let shell) = self else { return }
            $0.element("w:Filter", ["Dialect": "http://schemas.dmtf.org/wbem/wsman/1/wsman/SelectorFilter"]) {
                $0.element("w:SelectorSet") { $0.element("w:Selector", ["Name": "ShellId"], text: shell.description) }
            }
        }
    }
}
