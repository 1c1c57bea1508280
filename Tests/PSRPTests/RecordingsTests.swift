import CLIXML
import Glibc
import PSRP
import Testing
import XML

/// Exchanges of another client with real servers, which are no part of this project. They are looked for in the folder
/// named by USHER_RECORDINGS, or beside the checkout; where they are missing, there is nothing to test.
@Suite struct RecordingsTests {
    static let opening: [MessageType] = [
        .sessionCapability, .initRunspacePool, .sessionCapability, .applicationPrivateData, .runspacePoolState,
    ]
    static let expected: [(name: String, types: [MessageType])] = [
        ("test_psrp_open_runspace", opening),
        (
            "test_psrp_multiple_invocations",
            opening + [
                .createPipeline, .pipelineOutput, .pipelineState, .createPipeline, .pipelineOutput, .pipelineState,
            ]
        ),
        (
            "test_client_execute_ps",
            opening + [.createPipeline, .progressRecord] + Array(repeating: .pipelineOutput, count: 8) + [
                .pipelineState
            ]
        ),
    ]

    @Test(arguments: expected)
    func `a recording has the messages that another implementation finds in it`(
        recording: (name: String, types: [MessageType])
    ) throws {
        guard let envelopes = try Self.envelopes(recording.name) else { return }
        var types: [MessageType] = []
        for envelope in envelopes {
            let bytes = envelope.payloads.flatMap(\.bytes)
            for message in try messages(in: bytes) {
                types.append(message.type)
                // Everything in it is known, and comes out as it went in.
                let value = try message.value()
                let again = try CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 20)).decode(
                    CLIXMLEncoder.encode(value))
                #expect(again == value)
            }
        }
        #expect(types == recording.types)
    }

    @Test func `a recording takes a pool from open to closed`() throws {
        guard let envelopes = try Self.envelopes("test_client_execute_ps") else { return }
        var pool = RunspacePool(id: Talk.poolID, limits: Talk.limits, fragmentBytesMax: 32768)
        var output: [PSValue] = []
        var outcome: PipelineOutcome?
        for envelope in envelopes {
            for payload in envelope.payloads {
                switch payload.element {
                case "creationXml": _ = try pool.open()
                case "Arguments":
                    let id = try #require(payload.commandID)
                    let theirs = try CreatePipeline(try messages(in: payload.bytes)[0].value())
                    #expect(theirs.statements.flatMap { $0 }.isEmpty == false)
                    _ = try pool.start(theirs, id: id)
                default:
                    pool.receive(payload.bytes, from: payload.commandID)
                    for event in try pool.events() {
                        if case .pipeline(_, .output(let value)) = event { output.append(value) }
                        if case .pipeline(_, .ended(let ended)) = event { outcome = ended }
                        if case .stray(let message) = event { Issue.record("\(message.type) is stray") }
                    }
                }
            }
        }
        #expect(output.count == 8)
        #expect(outcome == .completed)
    }

    // MARK: What we write for the same intent

    /// How our messages may differ from theirs, each with its reason; the path is that of the property.
    static let allowed: [String: String] = [
        "ApartmentState.type": "the name of the type in Windows; the other client writes a namespace that .NET has not",
        "ApartmentState.text": "the name of the value as .NET has it, Unknown",
        "RemoteStreamOptions.type": "the name of the type in Windows, likewise",
        "RemoteStreamOptions.text": "a set of flags has its number for a name",
    ]

    @Test(arguments: expected.map(\.name))
    func `what we write for the same intent is what another client wrote`(name: String) throws {
        guard let envelopes = try Self.envelopes(name) else { return }
        var compared = 0
        for payload in envelopes.flatMap(\.payloads) where payload.element != "Stream" {
            for message in try messages(in: payload.bytes) {
                let theirs = try message.value()
                let ours: PSValue?
                switch message.type {
                case .sessionCapability: ours = SessionCapability.ours.value
                case .initRunspacePool: ours = try InitRunspacePool(theirs).value
                case .createPipeline: ours = try CreatePipeline(theirs).value
                default: continue
                }
                compared += 1
                let differences = Self.differences(theirs, try #require(ours), at: "")
                #expect(differences.filter { Self.allowed[$0] == nil } == [], "\(message.type)")
            }
        }
        #expect(compared >= 2)
    }

    /// Where two values differ, by the paths of properties. The order of properties is free, and so are the numbers of
    /// objects (MS-PSRP 2.2.5.2.1).
    static func differences(_ theirs: PSValue, _ ours: PSValue, at path: String) -> [String] {
        guard case .object(let left) = theirs, case .object(let right) = ours else {
            return theirs == ours ? [] : [path]
        }
        var found: [String] = []
        if left.typeNames != right.typeNames { found.append("\(path).type") }
        if left.toString != right.toString { found.append("\(path).text") }
        switch (left.content, right.content) {
        case (.value(let one), .value(let other)): found += differences(one, other, at: path)
        case (.list(let some), .list(let others)):
            if some.count != others.count { found.append("\(path).count") }
            for (one, other) in zip(some, others) { found += differences(one, other, at: path) }
        case (.none, .none): break
        default: if left.content != right.content { found.append("\(path).content") }
        }
        let names = Set((left.properties + right.properties).map { $0.name.lowercased() })
        for name in names.sorted() {
            let one = left.properties.first { $0.name.lowercased() == name }
            let other = right.properties.first { $0.name.lowercased() == name }
            let inner = path.isEmpty ? (one ?? other)!.name : "\(path).\((one ?? other)!.name)"
            if let one, let other {
                found += differences(one.value, other.value, at: inner)
            } else {
                found.append(inner)
            }
        }
        return found
    }

    // MARK: Reading

    struct Envelope {
        var payloads: [Payload] = []
    }

    struct Payload {
        var element: String
        var commandID: PSGuid?
        var bytes: [UInt8]
    }

    /// The envelopes of a recording in order, or nil where there is none.
    static func envelopes(_ name: String) throws -> [Envelope]? {
        let folder: String
        if let named = getenv("USHER_RECORDINGS") {
            folder = String(cString: named)
        } else {
            folder = #filePath.split(separator: "/").dropLast(4).map { "/\($0)" }.joined() + "/shared/recordings"
        }
        guard let text = contents(of: "\(folder)/\(name).yml") else {
            print("skipped: there is no recording \(folder)/\(name).yml")
            return nil
        }
        return try text.split(separator: "<s:Envelope").dropFirst().map { part in
            let end = try #require(part.range(of: "</s:Envelope>"))
            let document = "<s:Envelope" + part[..<end.upperBound]
            let root = try XMLElement(document: [UInt8](document.utf8), limits: XMLLimits(bytesMax: 1 << 20))
            var envelope = Envelope()
            collect(from: root, commandID: nil, into: &envelope)
            return envelope
        }
    }

    static func collect(from element: XMLElement, commandID: PSGuid?, into envelope: inout Envelope) {
        let id = element.attribute("CommandId").flatMap { PSGuid($0) } ?? commandID
        if ["creationXml", "Arguments", "Stream"].contains(element.name.local), let bytes = Base64.decode(element.utf8)
        {
            envelope.payloads.append(Payload(element: element.name.local, commandID: id, bytes: bytes))
        }
        for child in element.children { collect(from: child, commandID: id, into: &envelope) }
    }

    static func contents(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
            bytes.append(contentsOf: buffer[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension Substring {
    fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
