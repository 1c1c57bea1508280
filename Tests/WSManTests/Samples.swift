import HTTP
import WSMan
import XML

/// Ids, envelopes and endpoints that the tests of this target share.
enum Samples {
    static let shellID = GUID(high: 0x1111_1111_2222_4333, low: 0x8444_5555_5555_5555)
    static let otherShellID = GUID(high: 0x7777_7777_7777_4777, low: 0x8777_7777_7777_7777)
    static let commandID = GUID(high: 0x9999_9999_AAAA_4BBB, low: 0x8CCC_DDDD_DDDD_DDDD)
    static let otherCommandID = GUID(high: 0x8888_8888_8888_4888, low: 0x8888_8888_8888_8888)
    static let clientID = GUID(high: 0x0A0B_0C0D_1111_4222, low: 0x8333_4444_4444_4444)
    static let messageID = GUID(high: 0xAAAA_AAAA_BBBB_4CCC, low: 0x8DDD_EEEE_EEEE_EEEE)
    static let payload = Array((0...255) as ClosedRange<UInt8>) + Array(0...255)
    static let resourceURI = ResourceURI.powershell(configuration: "Microsoft.PowerShell")
    static let limits = XMLLimits(bytesMax: 600_000, depthMax: 32)

    static let endpoint = Endpoint(
        url: WebURL("https://tenant.example:5986/OcsPowershellOAuth")!, resourceURI: resourceURI, clientID: clientID)!
    static let address = ShellAddress(resourceURI: resourceURI, shellID: shellID)
    static let creation = ShellCreation(shellID: shellID, idleTimeOut: .seconds(900), content: payload)!

    static func request(_ operation: Operation) -> Request {
        let shell: ShellAddress? =
            switch operation {
            case .create, .enumerate, .pull, .identify: nil
            default: address
            }
        return Request(operation, at: endpoint, shell: shell, messageID: messageID)
    }

    // MARK: - Answers

    /// An envelope as Windows writes it, around a body.
    static func envelope(_ body: String, to messageID: GUID? = messageID, action: String = "x") -> String {
        let relatesTo = messageID.map { "<a:RelatesTo>\($0.uri)</a:RelatesTo>" } ?? ""
        return """
            <s:Envelope xml:lang="en-US" xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
            xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
            xmlns:x="http://schemas.xmlsoap.org/ws/2004/09/transfer" \
            xmlns:n="http://schemas.xmlsoap.org/ws/2004/09/enumeration" \
            xmlns:w="http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd" \
            xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell" \
            xmlns:p="http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd" \
            xmlns:f="http://schemas.microsoft.com/wbem/wsman/1/wsmanfault">\
            <s:Header><a:Action>\(action)</a:Action>\
            <a:MessageID>uuid:461E7B50-7F59-4053-B7E2-57C308BCE6A9</a:MessageID>\
            <p:ActivityId>60D161C2-02EC-0000-5E81-D160EC02D401</p:ActivityId>\
            <a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>\(relatesTo)</s:Header>\
            <s:Body>\(body)</s:Body></s:Envelope>
            """
    }

    static func answer(
        _ body: String, to messageID: GUID? = messageID, status: Int = 200, type: String? = Request.contentType
    ) -> HTTPAnswer {
        let fields = type.map { [HTTPField("Content-Type", $0)] } ?? []
        return HTTPAnswer(status: status, fields: fields, body: Array(envelope(body, to: messageID).utf8))
    }

    static func fault(
        code: UInt32? = nil, subcode: String? = nil, reason: String = "", message: String? = nil,
        to messageID: GUID? = messageID, status: Int = 500
    ) -> HTTPAnswer {
        let subcode = subcode.map { "<s:Subcode><s:Value>\($0)</s:Value></s:Subcode>" } ?? ""
        let inner = message.map { "<f:Message>\($0)</f:Message>" } ?? ""
        let detail =
            code.map { "<s:Detail><f:WSManFault Code=\"\($0)\" Machine=\"host\">\(inner)</f:WSManFault></s:Detail>" }
            ?? ""
        return answer(
            """
            <s:Fault><s:Code><s:Value>s:Sender</s:Value>\(subcode)</s:Code>\
            <s:Reason><s:Text xml:lang="en-US">\(reason)</s:Text></s:Reason>\(detail)</s:Fault>
            """, to: messageID, status: status)
    }

    static func created(_ id: GUID = shellID, idleTimeOut: String = "PT900.000S") -> String {
        """
        <x:ResourceCreated><a:Address>https://127.0.0.1:55986/wsman</a:Address><a:ReferenceParameters>\
        <w:ResourceURI>\(resourceURI)</w:ResourceURI><w:SelectorSet>\
        <w:Selector Name="ShellId">\(id)</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>\
        \(shell(id, idleTimeOut: idleTimeOut))
        """
    }

    static func shell(_ id: GUID = shellID, idleTimeOut: String = "PT900.000S", state: String = "Connected") -> String {
        """
        <rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:ShellId>\(id)</rsp:ShellId>\
        <rsp:Name>usher/host/s7k2</rsp:Name><rsp:ResourceUri>\(resourceURI)</rsp:ResourceUri>\
        <rsp:Owner>LITWARE\\kenmyer</rsp:Owner><rsp:ClientIP>10.0.2.2</rsp:ClientIP><rsp:ProcessId>1528</rsp:ProcessId>\
        <rsp:IdleTimeOut>\(idleTimeOut)</rsp:IdleTimeOut><rsp:InputStreams>stdin pr</rsp:InputStreams>\
        <rsp:OutputStreams>stdout</rsp:OutputStreams><rsp:MaxIdleTimeOut>PT2147483.647S</rsp:MaxIdleTimeOut>\
        <rsp:Locale>en-US</rsp:Locale><rsp:CompressionMode>NoCompression</rsp:CompressionMode>\
        <rsp:BufferMode>Block</rsp:BufferMode><rsp:State>\(state)</rsp:State>\
        <rsp:ShellRunTime>P0DT0H0M2S</rsp:ShellRunTime><rsp:ShellInactivity>P0DT0H12M2S</rsp:ShellInactivity>\
        <rsp:MemoryUsed>51MB</rsp:MemoryUsed><rsp:ChildProcesses>0</rsp:ChildProcesses></rsp:Shell>
        """
    }

    static func received(_ payloads: [[UInt8]], command: GUID? = nil, state: String? = nil) -> String {
        let id = command.map { " CommandId=\"\($0)\"" } ?? ""
        let streams = payloads.map { payload in
            "<rsp:Stream Name=\"stdout\"\(id)>\(String(decoding: Base64.encode(payload), as: UTF8.self))</rsp:Stream>"
        }
        let prefix = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/"
        let exit = state == "Done" ? "<rsp:ExitCode>0</rsp:ExitCode>" : ""
        let end = state.map { "<rsp:CommandState\(id) State=\"\(prefix)\($0)\">\(exit)</rsp:CommandState>" } ?? ""
        return "<rsp:ReceiveResponse>\(streams.joined())\(end)</rsp:ReceiveResponse>"
    }
}
