import HTTP
import Testing
import WSMan
import XML

/// Recorded exchanges with real servers: our requests for the same purpose, and what we make of their answers.
@Suite(.enabled(if: Fixtures.recordings != nil, "no recordings here: set USHER_RECORDINGS"))
struct RecordingTests {
    /// Our request for what a recorded one asked.
    func rebuilt(_ envelope: CanonicalElement) throws -> Request {
        func id(_ text: String?) throws -> GUID { try #require(text.flatMap { GUID($0) }) }
        func header(_ name: String) -> CanonicalElement? { envelope["Header", name] }
        let body = try #require(envelope["Body"])
        let url = try #require(WebURL(header("To")?.text ?? ""))
        let endpoint = try #require(
            Endpoint(
                url: url, resourceURI: header("ResourceURI")?.text ?? "", clientID: id(header("SessionId")?.text),
                envelopeBytesMax: Int(header("MaxEnvelopeSize")?.text ?? "") ?? 0,
                operationTimeout: XMLDuration.parse(header("OperationTimeout")?.text ?? "") ?? .zero))
        let selector = header("SelectorSet")?.children.first?.text
        let shell = try selector.map { ShellAddress(resourceURI: endpoint.resourceURI, shellID: try id($0)) }
        func payload(_ element: CanonicalElement?) throws -> [UInt8] {
            try #require(Base64.decode(Array((element?.text ?? "").utf8)))
        }
        let action = try #require(Action(rawValue: header("Action")?.text ?? ""))
        let operation: Operation
        switch action {
        case .create:
            let content = try payload(body["Shell", "creationXml"])
            let shellID = try id(body["Shell"]?.attributes["ShellId"])
            operation = .create(try #require(ShellCreation(shellID: shellID, content: content)))
        case .command:
            let line = body["CommandLine"]
            operation = .command(try id(line?.attributes["CommandId"]), arguments: try payload(line?["Arguments"]))
        case .receive:
            let command = body["Receive", "DesiredStream"]?.attributes["CommandId"]
            operation = .receive(command: try command.map { try id($0) })
        case .signal:
            let code = try #require(Operation.Signal(rawValue: body["Signal", "Code"]?.text ?? ""))
            operation = .signal(code, command: try id(body["Signal"]?.attributes["CommandId"]))
        case .delete: operation = .delete
        default: throw Unexpected(action: action)
        }
        return Request(operation, at: endpoint, shell: shell, messageID: try id(header("MessageID")?.text))
    }

    struct Unexpected: Error { let action: Action }

    @Test func `our requests equal theirs`() throws {
        for (file, request, _) in try Fixtures.exchanges() {
            let theirs = try canonical(request)
            let ours = try canonical(rebuilt(CanonicalElement(document: request)).bytes)
            #expect(ours == theirs, "\(file)")
        }
    }

    @Test func `answers are read`() throws {
        let exchanges = try Fixtures.exchanges()
        #expect(exchanges.count > 10)
        for (file, request, bytes) in exchanges {
            let request = try rebuilt(CanonicalElement(document: request))
            let answer = HTTPAnswer(status: 200, body: bytes)
            let response = try Response(answer, to: request, limits: Samples.limits)
            switch (request.operation, response) {
            case (.create(let creation), .created(let created)):
                #expect(created.address.shellID == creation.shellID.description)
                #expect(created.shell.idleTimeOut == .seconds(7200))
                #expect(created.shell.owner?.contains("\\") == true)
                #expect(created.shell.shellRunTime != nil)
            case (.command(let id, _), .command(let assigned)): #expect(id == assigned)
            case (.receive(let command), .received(let output)):
                #expect(!output.streams.isEmpty, "\(file)")
                #expect(output.streams.allSatisfy { $0.command == command && $0.bytes.count > 21 })
                #expect(output.state.map { $0.phase == .done && $0.exitCode == 0 } ?? true)
            case (.signal, .done), (.delete, .done): break
            default: Issue.record("\(file): \(request.operation) was answered by \(response)")
            }
        }
    }

    @Test func `an answer to another message is refused`() throws {
        let exchanges = try Fixtures.exchanges()
        let request = try rebuilt(CanonicalElement(document: exchanges[0].request))
        let other = HTTPAnswer(status: 200, body: exchanges[1].response)
        #expect(throws: ResponseError.self) { try Response(other, to: request, limits: Samples.limits) }
    }
}
