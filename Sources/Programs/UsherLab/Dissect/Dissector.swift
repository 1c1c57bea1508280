// `usher-lab dissect`: a capture in, a line of JSON out for each operation of WS-Management and each message of PSRP.
//
// Messages are put together over envelopes, each direction of each shell for itself, and told where they end. What cannot be
// read is told as an error in its place, and the rest goes on: a capture is what was on the wire, also when that was wrong.

internal import CLIXML
internal import PSRP
internal import Varlink
internal import WSMan
internal import XML

/// Takes captured envelopes apart, in their order.
struct Dissector {
    /// Whether something could not be read.
    private(set) var hasErrors = false

    private let write: (JSON) -> Void
    private var exchange = -1
    private var requests: [String: Request] = [:]
    private var last: Request?
    private var ways: [Way: Reassembling] = [:]

    /// What a response has to know of its request.
    private struct Request {
        let exchange: Int
        let resourceURI: String?
        let shellID: String?
        let commandID: String?
    }

    /// One direction of one shell.
    private struct Way: Hashable {
        let side: CaptureFile.Side
        let shellID: String
    }

    /// The messages of one way that have begun.
    private struct Reassembling {
        var reassembly = Reassembly(limits: Dissector.limits)
        var counts: [UInt64: Int] = [:]
        var readers: [String: FragmentReader] = [:]
    }

    private static let envelopeLimits = XMLLimits(bytesMax: 256 << 20, depthMax: 128)
    private static let limits = PSRPLimits(blobBytesMax: 64 << 20, messageBytesMax: 256 << 20)
    private static let valueLimits = CLIXMLLimits(bytesMax: 256 << 20, depthMax: 256)
    /// Requests that are remembered for answers that name them.
    private static let requestsMax = 10_000

    /// `write` gets each line.
    init(write: @escaping (JSON) -> Void) { self.write = write }

    /// The next envelope.
    mutating func take(_ captured: CaptureFile.Captured) {
        let start = captured.bytes.firstIndex { $0 > 0x20 } ?? captured.bytes.endIndex
        let bytes = Array(captured.bytes[start...])
        if bytes.isEmpty || bytes.starts(with: "--Encrypted".utf8) {
            place(captured, isResponse: captured.side == .response)
            return tell(captured.side ?? .request, [("operation", bytes.isEmpty ? "Empty" : "Encrypted")])
        }
        let envelope: XMLElement
        do {
            envelope = try XMLElement(document: bytes, limits: Self.envelopeLimits)
        } catch {
            place(captured, isResponse: captured.side == .response)
            return fail(captured.side ?? .request, "the envelope is no XML: \(error)")
        }
        let facts = EnvelopeFacts(envelope)
        let side = captured.side ?? (facts.isResponse ? .response : .request)
        let request = pair(facts, side, captured)
        tell(side, facts.members)
        for stream in facts.streams { read(stream, side, facts, request) }
    }

    // MARK: places

    private mutating func place(_ captured: CaptureFile.Captured, isResponse: Bool) {
        if let known = captured.exchange {
            exchange = known
        } else if !isResponse || exchange < 0 {
            exchange += 1
        }
    }

    /// Finds the request that an answer belongs to, or keeps a request for its answer.
    private mutating func pair(
        _ facts: EnvelopeFacts, _ side: CaptureFile.Side, _ captured: CaptureFile.Captured
    ) -> Request? {
        if side == .response {
            place(captured, isResponse: true)
            let request = facts.relatesTo.flatMap { requests[$0] } ?? last
            if captured.exchange == nil, let request { exchange = max(0, request.exchange) }
            return request
        }
        // After an answer that came late the count goes on where it was.
        exchange = max(exchange, last?.exchange ?? -1)
        place(captured, isResponse: false)
        let request = Request(
            exchange: exchange, resourceURI: facts.resourceURI, shellID: facts.shellID, commandID: facts.commandID)
        if let id = facts.messageID, requests.count < Self.requestsMax { requests[id] = request }
        last = request
        return request
    }

    // MARK: streams

    private mutating func read(
        _ stream: EnvelopeFacts.Stream, _ side: CaptureFile.Side, _ facts: EnvelopeFacts, _ request: Request?
    ) {
        let commandID = stream.commandID ?? facts.commandID ?? request?.commandID
        let text = stream.text.filter { $0 > 0x20 }
        guard let bytes = Base64.decode(text) else {
            // A command shell takes its arguments as they are.
            if stream.name == "Arguments" {
                return tell(
                    side, [("stream", "Arguments"), ("text", .string(String(decoding: stream.text, as: UTF8.self)))])
            }
            return fail(side, "stream \(stream.name) is no base64")
        }
        let resource = facts.resourceURI ?? request?.resourceURI
        guard resource.map({ $0.hasPrefix(Namespace.powershell) }) ?? Self.looksLikeFragments(bytes) else {
            var members: [(String, JSON?)] = [
                ("stream", .string(stream.name)), ("commandId", commandID.map(JSON.string)),
            ]
            members.append(
                String(validating: bytes, as: UTF8.self).map { ("text", .string($0)) }
                    ?? ("base64", .string(String(decoding: text, as: UTF8.self))))
            return tell(side, members)
        }
        let way = Way(side: side, shellID: (request?.shellID ?? facts.shellID ?? "").uppercased())
        let queue = "\(stream.name)/\(commandID ?? "")"
        var state = ways[way] ?? Reassembling()
        defer { ways[way] = state }
        state.readers[queue, default: FragmentReader(blobBytesMax: Self.limits.blobBytesMax)].receive(bytes)
        do throws(PSRP.ProtocolViolation) {
            while let fragment = try state.readers[queue]?.next() {
                state.counts[fragment.objectID, default: 0] += 1
                guard let whole = try state.reassembly.add(fragment) else { continue }
                let count = state.counts.removeValue(forKey: fragment.objectID) ?? 1
                tell(try Message(whole), of: fragment.objectID, fragments: count, stream.name, commandID, side)
            }
        } catch {
            // Where the next message begins is not known any more; the next envelope begins one.
            state = Reassembling()
            fail(side, "stream \(stream.name): \(error)")
        }
    }

    private mutating func tell(
        _ message: Message, of objectID: UInt64, fragments: Int, _ stream: String, _ commandID: String?,
        _ side: CaptureFile.Side
    ) {
        var members: [(String, JSON?)] = [
            ("stream", .string(stream)), ("messageType", .string(message.type.description)),
            ("destination", message.destination == .client ? "client" : "server"),
            ("objectId", .int(Int64(clamping: objectID))), ("fragments", .int(Int64(fragments))),
            ("runspacePoolId", .string(message.poolID.description.lowercased())),
            ("pipelineId", .string(message.pipelineID.description.lowercased())),
            ("commandId", commandID.map(JSON.string)),
        ]
        guard !message.text.isEmpty else { return tell(side, members) }
        do {
            var writer = ValueJSON()
            members.append(("data", writer.json(try message.value(decoder: CLIXMLDecoder(limits: Self.valueLimits)))))
        } catch {
            hasErrors = true
            members.append(("error", .string("\(error)")))
            members.append(("text", .string(String(decoding: message.text, as: UTF8.self))))
        }
        tell(side, members)
    }

    /// Whether bytes of which nobody says what they are begin with a fragment that is plausible.
    private static func looksLikeFragments(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= Fragment.headerBytes, bytes[16] <= 3 else { return false }
        let length = bytes[17..<21].reduce(0) { $0 << 8 | Int($1) }
        return Fragment.headerBytes + length <= bytes.count
    }

    // MARK: lines

    private func tell(_ side: CaptureFile.Side, _ members: [(String, JSON?)]) {
        let place: [(String, JSON?)] = [("exchange", .int(Int64(max(0, exchange)))), ("side", .string(side.rawValue))]
        write(.object(JSONObject(present: place + members)))
    }

    private mutating func fail(_ side: CaptureFile.Side, _ words: String) {
        hasErrors = true
        tell(side, [("error", .string(words))])
    }
}
