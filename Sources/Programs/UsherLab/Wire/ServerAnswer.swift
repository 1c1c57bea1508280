// Answers as Windows writes them, each to one request. What varies from answer to answer is the body; the header says what
// it answers and under which number the server's own log would know it.

internal import WSMan
internal import XML

/// A body to answer with.
enum ServerAnswer {
    /// A server of protocol 2.1 says only where it is (`isTerse`).
    case created(ShellView, address: String, isTerse: Bool)
    case command(GUID)
    case sent
    case signalled
    case deleted
    case disconnected
    case reconnected
    /// What opens the pool for another client; nothing where a command was taken over.
    case connected([UInt8]?)
    case received(ReceivedBody)
    case shell(ShellView)
    case shells([ShellView])
    case commands([CommandView])
    case identity
    case fault(ServerFault)
}

/// How a shell is described to clients.
struct ShellView {
    var shellID: GUID
    var name: String?
    var resourceURI: String
    var owner: String
    var idleTimeOut: Duration
    var runTime: Duration
    var inactivity: Duration
    var isDisconnected = false
    var bufferMode = "Block"
}

/// How a command is described to clients.
struct CommandView {
    var commandID: GUID
    var line: String
    var isDone: Bool
}

/// Output, and whether it was the last.
struct ReceivedBody {
    var command: GUID?
    /// Fragments, each a Stream of its own, as in the recordings of real servers.
    var fragments: [[UInt8]]
    var state: State

    /// MS-WSMV 2.2.4.10.
    enum State: String {
        case running = "Running"
        /// It waits for an answer of the host.
        case pending = "Pending"
        case done = "Done"
    }

    /// What a Stream costs beside its base64.
    static let streamOverheadBytes = 128
    /// What surrounds the Streams.
    static let skeletonBytes = 1536
}

extension ServerAnswer {
    /// The HTTP status: nearly every fault is a 500.
    var status: Int { if case .fault = self { 500 } else { 200 } }

    /// The envelope. `messageID` and `activityID` are new ids, `action` that of the request.
    func envelope(
        action: String, relatesTo: String?, messageID: GUID, activityID: GUID, machine: String
    ) -> [UInt8] {
        var writer = XMLWriter(reservingBytes: reservedBytes)
        writer.element(
            "s:Envelope", ["xml:lang": "en-US"],
            namespaces: [
                "s": Namespace.soap, "a": Namespace.addressing, "w": Namespace.wsman, "p": Namespace.wsmv,
                "rsp": Namespace.shell, "x": Namespace.transfer, "n": Namespace.enumeration,
            ]
        ) { writer in
            writer.element("s:Header") { writer in
                writer.element("a:Action", text: answerAction(to: action))
                writer.element("a:MessageID", text: messageID.uri)
                writer.element("p:ActivityId", text: activityID.description)
                writer.element("a:To", text: "\(Namespace.addressing)/role/anonymous")
                if let relatesTo { writer.element("a:RelatesTo", text: relatesTo) }
            }
            writer.element("s:Body") { body(&$0, machine: machine) }
        }
        // Only a text that came from a client can hold what XML cannot: it is answered without.
        return (try? writer.finish()) ?? []
    }

    private var reservedBytes: Int {
        if case .received(let body) = self {
            return body.fragments.reduce(2048) { $0 + $1.count * 4 / 3 + ReceivedBody.streamOverheadBytes }
        }
        return 4096
    }

    private func answerAction(to action: String) -> String {
        guard case .fault(let fault) = self else { return "\(action)Response" }
        return fault.subcode.hasPrefix("a:")
            ? "\(Namespace.addressing)/fault" : "http://schemas.dmtf.org/wbem/wsman/1/wsman/fault"
    }

    private func body(_ writer: inout XMLWriter, machine: String) {
        switch self {
        case .created(let shell, let address, let isTerse):
            shell.writeCreated(&writer, address: address)
            if !isTerse { shell.write(&writer) }
        case .command(let id):
            writer.element("rsp:CommandResponse") { $0.element("rsp:CommandId", text: id.description) }
        case .sent: writer.element("rsp:SendResponse")
        case .signalled: writer.element("rsp:SignalResponse")
        case .deleted, .reconnected: break
        case .disconnected: writer.element("rsp:DisconnectResponse")
        case .connected(nil): writer.element("rsp:ConnectResponse")
        case .connected(let content?):
            writer.element("rsp:ConnectResponse") { writer in
                writer.element("rsp:InputStreams", text: "stdin pr")
                writer.element("rsp:OutputStreams", text: "stdout")
                writer.start("pwsh:connectResponseXml", namespaces: ["pwsh": Namespace.powershell])
                writer.base64(content)
                writer.end()
            }
        case .received(let output): output.write(&writer)
        case .shell(let shell): shell.write(&writer)
        case .shells(let shells):
            enumerate(&writer, isEmpty: shells.isEmpty) { for shell in shells { shell.write(&$0) } }
        case .commands(let commands):
            enumerate(&writer, isEmpty: commands.isEmpty) { for command in commands { command.write(&$0) } }
        case .identity:
            writer.element("wsmid:IdentifyResponse", namespaces: ["wsmid": Namespace.identify]) {
                $0.element("wsmid:ProtocolVersion", text: "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd")
                $0.element("wsmid:ProductVendor", text: "usher-lab")
                $0.element("wsmid:ProductVersion", text: "OS: 0.0.0 SP: 0.0 Stack: 3.0")
            }
        case .fault(let fault): fault.write(&writer, machine: machine)
        }
    }

    private func enumerate(_ writer: inout XMLWriter, isEmpty: Bool, items: (inout XMLWriter) -> Void) {
        writer.element("n:EnumerateResponse") { writer in
            writer.element("n:EnumerationContext")
            if !isEmpty { writer.element("w:Items", content: items) }
            writer.element("w:EndOfSequence")
        }
    }
}

extension ShellView {
    fileprivate func writeCreated(_ writer: inout XMLWriter, address: String) {
        writer.element("x:ResourceCreated") { writer in
            writer.element("a:Address", text: address)
            writer.element("a:ReferenceParameters") { writer in
                writer.element("w:ResourceURI", text: resourceURI)
                writer.element("w:SelectorSet") {
                    $0.element("w:Selector", ["Name": "ShellId"], text: shellID.description)
                }
            }
        }
    }

    fileprivate func write(_ writer: inout XMLWriter) {
        writer.element("rsp:Shell") { writer in
            writer.element("rsp:ShellId", text: shellID.description)
            if let name { writer.element("rsp:Name", text: name) }
            writer.element("rsp:ResourceUri", text: resourceURI)
            writer.element("rsp:Owner", text: owner)
            writer.element("rsp:ClientIP", text: "127.0.0.1")
            writer.element("rsp:IdleTimeOut", text: XMLDuration.text(idleTimeOut))
            writer.element("rsp:InputStreams", text: "stdin pr")
            writer.element("rsp:OutputStreams", text: "stdout")
            writer.element("rsp:MaxIdleTimeOut", text: XMLDuration.text(idleTimeOut))
            writer.element("rsp:Locale", text: "en-US")
            writer.element("rsp:DataLocale", text: "en-US")
            writer.element("rsp:CompressionMode", text: "NoCompression")
            writer.element("rsp:ProfileLoaded", text: "Yes")
            writer.element("rsp:Encoding", text: "UTF8")
            writer.element("rsp:BufferMode", text: bufferMode)
            writer.element("rsp:State", text: isDisconnected ? "Disconnected" : "Connected")
            writer.element("rsp:ShellRunTime", text: XMLDuration.days(runTime))
            writer.element("rsp:ShellInactivity", text: XMLDuration.days(inactivity))
        }
    }
}

extension CommandView {
    fileprivate func write(_ writer: inout XMLWriter) {
        writer.element("rsp:Command") {
            $0.element("rsp:CommandId", text: commandID.description)
            $0.element("rsp:CommandLine", text: line)
            $0.element("rsp:CommandState", text: isDone ? "Done" : "Running")
        }
    }
}

extension ReceivedBody {
    fileprivate func write(_ writer: inout XMLWriter) {
        writer.element("rsp:ReceiveResponse") { writer in
            for fragment in fragments {
                writer.start("rsp:Stream")
                writer.attribute("Name", "stdout")
                if let command { writer.attribute("CommandId", command.description) }
                writer.base64(fragment)
                writer.end()
            }
            guard let command else { return }
            // MS-WSMV 2.2.4.10: absent would mean the same as Running. Done comes with the last data.
            writer.start("rsp:CommandState")
            writer.attribute("CommandId", command.description)
            writer.attribute("State", "\(Namespace.shell)/CommandState/\(state.rawValue)")
            if state == .done { writer.element("rsp:ExitCode", text: "0") }
            writer.end()
        }
    }
}

extension XMLDuration {
    /// `P0DT0H0M2S`, as Windows writes how long something has been there.
    fileprivate static func days(_ duration: Duration) -> String {
        let seconds = duration.components.seconds
        return "P\(seconds / 86400)DT\(seconds / 3600 % 24)H\(seconds / 60 % 60)M\(seconds % 60)S"
    }
}
