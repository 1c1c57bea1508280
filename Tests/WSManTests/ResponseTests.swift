import HTTP
import Testing
import XML

@testable import WSMan

@Suite struct ResponseTests {
    func response(_ body: String, to operation: Operation) throws(ResponseError) -> Response {
        try Response(Samples.answer(body), to: Samples.request(operation), limits: Samples.limits)
    }

    func error(_ answer: HTTPAnswer, to operation: Operation = .get) -> ResponseError? {
        do throws(ResponseError) {
            _ = try Response(answer, to: Samples.request(operation), limits: Samples.limits)
            return nil
        } catch {
            return error
        }
    }

    // MARK: - Create

    @Test func `the server's id wins over ours, and what it granted over what we asked`() throws {
        let body = Samples.created(Samples.otherShellID, idleTimeOut: "PT7200.000S")
        guard case .created(let created) = try response(body, to: .create(Samples.creation)) else {
            Issue.record("not created")
            return
        }
        #expect(created.address.shellID == Samples.otherShellID.description)
        #expect(created.shell.id == Samples.otherShellID)
        #expect(created.shell.idleTimeOut == .seconds(7200))
        #expect(created.shell.owner == "LITWARE\\kenmyer")
    }

    @Test func `every selector of ResourceCreated is kept`() throws {
        let body = """
            <x:ResourceCreated><a:ReferenceParameters><w:ResourceURI>urn:r</w:ResourceURI><w:SelectorSet>\
            <w:Selector Name="ShellId">not-a-guid</w:Selector><w:Selector Name="__cimnamespace">root</w:Selector>\
            </w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>
            """
        guard case .created(let created) = try response(body, to: .create(Samples.creation)) else {
            Issue.record("not created")
            return
        }
        #expect(created.address.resourceURI == "urn:r")
        #expect(created.address.selectors.map(\.value) == ["not-a-guid", "root"])
        #expect(created.shell.shellID == "not-a-guid")
        #expect(created.shell.id == nil)
    }

    @Test func `an address that leaves a request no room is refused`() {
        func created(_ name: String, _ value: String) -> Bool {
            let body = """
                <x:ResourceCreated><a:ReferenceParameters><w:ResourceURI>urn:r</w:ResourceURI><w:SelectorSet>\
                <w:Selector Name="\(name)">\(value)</w:Selector></w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>
                """
            return (try? response(body, to: .create(Samples.creation))) != nil
        }
        #expect(created("ShellId", String(repeating: "x", count: 4000)))
        #expect(!created("ShellId", String(repeating: "x", count: 4096)))
        #expect(!created(String(repeating: "x", count: 600_000), "x"))
    }

    @Test func `a description alone does where ResourceCreated is missing`() throws {
        let body =
            "<rsp:Shell><rsp:ShellID>\(Samples.otherShellID)</rsp:ShellID><rsp:ResourceUri>urn:r</rsp:ResourceUri></rsp:Shell>"
        guard case .created(let created) = try response(body, to: .create(Samples.creation)) else {
            Issue.record("not created")
            return
        }
        #expect(created.address.shellID == Samples.otherShellID.description)
    }

    // MARK: - Command and Receive

    @Test func `a command's id is the one in the answer`() throws {
        let body =
            "<rsp:CommandResponse><rsp:CommandId> \(Samples.otherCommandID) </rsp:CommandId></rsp:CommandResponse>"
        let operation = Operation.command(Samples.commandID, arguments: [])
        #expect(try response(body, to: operation) == .command(Samples.otherCommandID))
        #expect(throws: ResponseError.missing(element: "CommandId")) {
            try response("<rsp:CommandResponse/>", to: operation)
        }
        #expect(throws: ResponseError.malformed(element: "CommandId", text: "7")) {
            try response("<rsp:CommandResponse><rsp:CommandId>7</rsp:CommandId></rsp:CommandResponse>", to: operation)
        }
    }

    @Test func `streams come in the order of the document, empty ones too`() throws {
        let body = Samples.received([[1, 2, 3], [], [4]], command: Samples.commandID, state: "Done")
        guard case .received(let output) = try response(body, to: .receive(command: Samples.commandID)) else {
            Issue.record("nothing received")
            return
        }
        #expect(output.streams.map(\.bytes) == [[1, 2, 3], [], [4]])
        #expect(output.streams.allSatisfy { $0.name == "stdout" && $0.command == Samples.commandID && !$0.isEnd })
        #expect(output.state == .init(command: Samples.commandID, phase: .done, exitCode: 0))
    }

    @Test(arguments: [("Done", ReceivedOutput.CommandState.Phase.done), ("Pending", .pending), ("Running", .running)])
    func `a command's state is the last part of its address`(text: String, phase: ReceivedOutput.CommandState.Phase)
        throws
    {
        guard case .received(let output) = try response(Samples.received([], state: text), to: .receive(command: nil))
        else { return }
        #expect(output.state?.phase == phase)
    }

    @Test(arguments: [("0", 0), ("-1073741510", -1_073_741_510), ("3221225786", -1_073_741_510), ("x", 0), ("", 0)])
    func `an exit code is a number whatever it says`(text: String, code: Int32) throws {
        let body = """
            <rsp:ReceiveResponse><rsp:CommandState State="urn:Done"><rsp:ExitCode>\(text)</rsp:ExitCode></rsp:CommandState>\
            </rsp:ReceiveResponse>
            """.replacing("urn:Done", with: "x/Done")
        guard case .received(let output) = try response(body, to: .receive(command: nil)) else { return }
        #expect(output.state?.exitCode == code)
    }

    @Test func `an empty answer to Receive is no output`() throws {
        #expect(
            try response("<rsp:ReceiveResponse/>", to: .receive(command: nil))
                == .received(.init(streams: [], state: nil)))
    }

    // MARK: - Lists

    @Test func `shells of everybody are listed with what tells them apart`() throws {
        let body = """
            <n:EnumerateResponse><n:EnumerationContext/><w:Items>\(Samples.shell(state: "Disconnected"))\
            \(Samples.shell(Samples.otherShellID))</w:Items><w:EndOfSequence/></n:EnumerateResponse>
            """
        guard case .enumerated(let items) = try response(body, to: .enumerate(.shells)) else { return }
        #expect(items.context == nil)
        #expect(items.shells.map(\.id) == [Samples.shellID, Samples.otherShellID])
        let first = try #require(items.shells.first)
        #expect(first.isDisconnected)
        #expect(first.name == "usher/host/s7k2")
        #expect(first.owner == "LITWARE\\kenmyer")
        #expect(first.clientIP == "10.0.2.2")
        #expect(first.processID == 1528)
        #expect(first.shellRunTime == .seconds(2))
        #expect(first.shellInactivity == .seconds(722))
        #expect(first.memoryUsed == "51MB")
        #expect(first.childProcesses == 0)
    }

    @Test func `commands of a shell are listed, and a list may go on`() throws {
        let command = """
            <rsp:Command><rsp:CommandId>\(Samples.commandID)</rsp:CommandId><rsp:CommandLine>Get-CsTenant</rsp:CommandLine>\
            <rsp:CommandState>Running</rsp:CommandState></rsp:Command>
            """
        let first = "<n:EnumerateResponse><n:EnumerationContext>c1</n:EnumerationContext></n:EnumerateResponse>"
        let list = Operation.Enumerated.commands(ofShell: Samples.shellID)
        guard case .enumerated(let start) = try response(first, to: .enumerate(list)) else { return }
        #expect(start == EnumeratedItems(shells: [], commands: [], context: "c1"))
        let second = "<n:PullResponse><n:Items>\(command)</n:Items><n:EndOfSequence/></n:PullResponse>"
        let pull = Operation.pull(list, context: "c1", elementsMax: 50)
        guard case .enumerated(let rest) = try response(second, to: pull) else { return }
        #expect(rest.commands == [.init(id: Samples.commandID, line: "Get-CsTenant", state: "Running")])
        #expect(rest.context == nil)
    }

    @Test func `Get describes a shell, Identify a service, Connect brings content`() throws {
        guard case .shell(let shell) = try response(Samples.shell(), to: .get) else { return }
        #expect(shell.state == "Connected")
        let identity = """
            <i:IdentifyResponse xmlns:i="http://schemas.dmtf.org/wbem/wsman/identify/1/wsmanidentity.xsd">\
            <i:ProtocolVersion>http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd</i:ProtocolVersion>\
            <i:ProductVendor>Microsoft Corporation</i:ProductVendor>\
            <i:ProductVersion>OS: 0.0.0 SP: 0.0 Stack: 3.0</i:ProductVersion></i:IdentifyResponse>
            """
        let unrelated = Samples.answer(identity, to: nil)
        guard
            case .identified(let service) = try Response(
                unrelated, to: Samples.request(.identify), limits: Samples.limits)
        else { return }
        #expect(service.vendor == "Microsoft Corporation")
        #expect(service.version == "OS: 0.0.0 SP: 0.0 Stack: 3.0")
        let connected = """
            <rsp:ConnectResponse><connectResponseXml xmlns="http://schemas.microsoft.com/powershell">AQID\
            </connectResponseXml></rsp:ConnectResponse>
            """
        let connect = Operation.connect(content: [], protocolVersion: "2.3")
        #expect(try response(connected, to: connect) == .connected(content: [1, 2, 3]))
        #expect(
            try response("<rsp:ConnectResponse/>", to: .connectCommand(Samples.commandID)) == .connected(content: []))
    }

    @Test(arguments: [Operation.delete, .signal(.stop, command: Samples.commandID), .reconnect])
    func `an empty body is an answer to those that have none`(operation: Operation) throws {
        #expect(try response("", to: operation) == .done)
    }

    // MARK: - Other things than answers

    @Test func `a byte order mark is skipped`() throws {
        let answer = HTTPAnswer(status: 200, body: [0xEF, 0xBB, 0xBF] + Array(Samples.envelope("").utf8))
        #expect(try Response(answer, to: Samples.request(.delete), limits: Samples.limits) == .done)
    }

    @Test func `each way not to be an answer has a name`() {
        func answer(_ body: String, _ type: String?, status: Int = 200) -> HTTPAnswer {
            let fields = type.map { [HTTPField("Content-Type", $0)] } ?? []
            return HTTPAnswer(status: status, fields: fields, body: Array(body.utf8))
        }
        let soap = Request.contentType
        #expect(error(answer("", soap)) == .emptyBody)
        #expect(error(answer(" \r\n", soap, status: 500)) == .emptyBody)
        #expect(error(answer("<p>Sign in</p>", "text/html; charset=utf-8")) == .html)
        #expect(error(answer("\u{FEFF}<!DOCTYPE HTML><p>", soap)) == .html)
        #expect(error(answer("<HTML>", nil)) == .html)
        #expect(error(answer("{}", "application/json")) == .mediaType("application/json"))
        #expect(error(answer("<feed/>", "text/xml")) == .notAnEnvelope(root: "feed"))
        #expect(
            error(answer("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>", "text/xml"))
                == .notAnEnvelope(root: "{http://schemas.xmlsoap.org/soap/envelope/}Envelope"))
        #expect(
            error(answer("<s:Envelope xmlns:s='http://www.w3.org/2003/05/soap-envelope'/>", soap))
                == .notAnEnvelope(root: "{http://www.w3.org/2003/05/soap-envelope}Envelope"))
        guard case .xml = error(answer("<s:Envelope", soap)) else {
            Issue.record("read as XML")
            return
        }
        #expect(error(Samples.answer("", status: 500), to: .delete) == .status(500))
        #expect(error(Samples.answer("")) == .missing(element: "Shell"))
    }

    @Test func `an answer says which message it is to`() {
        let other = Samples.otherCommandID
        #expect(error(Samples.answer("", to: other), to: .delete) == .unrelated(to: other.uri))
        #expect(error(Samples.answer("", to: nil), to: .delete) == .unrelated(to: nil))
        #expect(error(Samples.fault(code: 5, to: other)) == .unrelated(to: other.uri))
        // A fault about a header that could not be read cannot say.
        #expect(error(Samples.fault(code: 5, to: nil)) == nil)
    }

    @Test func `a fault is one whatever its status`() throws {
        let answer = Samples.fault(code: 2_150_858_793, subcode: "w:TimedOut", status: 200)
        guard case .fault = try Response(answer, to: Samples.request(.receive(command: nil)), limits: Samples.limits)
        else {
            Issue.record("no fault")
            return
        }
    }

    @Test(arguments: ["AQI", "A*==", "====", "AQID A"])
    func `a stream that is no base64 is an error and not a shorter stream`(text: String) {
        let body = "<rsp:ReceiveResponse><rsp:Stream Name=\"stdout\">\(text)</rsp:Stream></rsp:ReceiveResponse>"
        #expect(error(Samples.answer(body), to: .receive(command: nil)) == .malformed(element: "Stream", text: text))
    }
}

@Suite struct HostileAnswerTests {
    static let answers: [(Operation, String)] = [
        (.create(Samples.creation), Samples.created()),
        (
            .receive(command: Samples.commandID),
            Samples.received([[1, 2], [3]], command: Samples.commandID, state: "Done")
        ),
        (.enumerate(.shells), "<n:EnumerateResponse><w:Items>\(Samples.shell())</w:Items></n:EnumerateResponse>"),
        (
            .get,
            """
            <s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:QuotaLimit</s:Value></s:Subcode></s:Code>\
            <s:Reason><s:Text xml:lang="en">allowed a maximum number of 5 concurrent shells ActiveRunspaces: 3/3</s:Text>\
            </s:Reason><s:Detail><f:WSManFault Code="2150859173"><f:Message>a<f:ProviderFault/></f:Message></f:WSManFault>\
            </s:Detail></s:Fault>
            """
        ),
    ]

    /// Reads it and everything that is made of it; whether anything came of it does not matter.
    func use(_ bytes: [UInt8], as operation: Operation) {
        let answer = HTTPAnswer(status: 200, body: bytes)
        let response = try? Response(answer, to: Samples.request(operation), limits: Samples.limits)
        if case .fault(let fault)? = response { _ = fault.classify() }
    }

    @Test(arguments: answers.indices) func `every piece of an answer gives a value or an error`(index: Int) {
        let bytes = Array(Samples.envelope(Self.answers[index].1).utf8)
        for length in 0...bytes.count { use(Array(bytes[..<length]), as: Self.answers[index].0) }
    }

    @Test(arguments: answers.indices) func `every flipped byte of an answer gives a value or an error`(index: Int) {
        let bytes = Array(Samples.envelope(Self.answers[index].1).utf8)
        for position in bytes.indices {
            for flip in [0x01, 0x10, 0x80] as [UInt8] {
                var flipped = bytes
                flipped[position] ^= flip
                use(flipped, as: Self.answers[index].0)
            }
        }
    }

    @Test func `a DOCTYPE, depth and size are refused before they cost anything`() {
        let entity = "<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;'>]>" + Samples.envelope("&b;")
        let deep = Samples.envelope(String(repeating: "<a>", count: 40) + String(repeating: "</a>", count: 40))
        let large = Samples.envelope(String(repeating: " ", count: 600_001))
        let wanted: [(String, XMLError.Fault)] = [
            (entity, .doctype), (deep, .tooDeep(limit: 32)), (large, .documentTooLong(limit: 600_000)),
        ]
        for (body, fault) in wanted {
            do throws(ResponseError) {
                let answer = HTTPAnswer(status: 200, body: Array(body.utf8))
                _ = try Response(answer, to: Samples.request(.delete), limits: Samples.limits)
                Issue.record("read: \(body.prefix(60))")
            } catch {
                guard case .xml(let error) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(error.fault == fault)
            }
        }
    }

    @Test func `very many selectors of a server are not all kept`() throws {
        let selector = "<w:Selector Name=\"ShellId\">x</w:Selector>"
        let body = """
            <x:ResourceCreated><a:ReferenceParameters><w:ResourceURI>urn:r</w:ResourceURI><w:SelectorSet>\
            \(String(repeating: selector, count: 1000))</w:SelectorSet></a:ReferenceParameters></x:ResourceCreated>
            """
        let response = try Response(
            Samples.answer(body), to: Samples.request(.create(Samples.creation)), limits: Samples.limits)
        guard case .created(let created) = response else { return }
        #expect(created.address.selectors.count == 16)
    }
}
