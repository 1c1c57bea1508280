// Answers, from bytes. What comes is read by namespace and never by prefix, and from the outside in: what kind of body is
// this at all, is it an envelope, does it answer our request, is it a fault, and only then what it says. Each step has an
// error of its own, because a person who is told "not well-formed" when a proxy's log-in page came back is not helped.

public import HTTP
public import XML

/// What an answer says.
public enum Response: Hashable, Sendable {
    case created(ShellCreated)
    /// The id that the server gave a command.
    case command(GUID)
    case received(ReceivedOutput)
    case shell(ShellDescription)
    case enumerated(EnumeratedItems)
    /// connectResponseXml, empty for a command.
    case connected(content: [UInt8])
    case identified(ServiceIdentity)
    /// For those that have nothing to say: Send, Signal, Delete, Disconnect, Reconnect.
    case done
    case fault(Fault)

    /// Reads the answer to a request.
    ///
    /// Throws what kept it from being read. A fault is an answer like any other, whatever its HTTP status.
    public init(_ answer: HTTPAnswer, to request: Request, limits: XMLLimits) throws(ResponseError) {
        let envelope = try Envelope(answer, limits: limits)
        if let fault = envelope.fault {
            // A fault about a message that could not be read names none; one that names another is not ours.
            try envelope.check(relatesTo: request.messageID, isRequired: false)
            self = .fault(fault)
            return
        }
        guard case .success = answer.verdict else { throw .status(answer.status) }
        if request.operation == .identify {
            self = .identified(ServiceIdentity(try envelope.element(Namespace.identify, "IdentifyResponse")))
            return
        }
        try envelope.check(relatesTo: request.messageID, isRequired: true)
        self = try envelope.response(to: request)
    }
}

/// Why an answer was not understood.
public enum ResponseError: Error, Hashable, Sendable {
    /// There is nothing in it.
    case emptyBody
    /// A page for people: a proxy, a log-in form, a front end that is not well.
    case html
    /// Something else that is not SOAP.
    case mediaType(String)
    case xml(XMLError)
    /// XML, but the outermost element is this.
    case notAnEnvelope(root: String)
    /// WS-Addressing: it answers another message, or does not say which.
    case unrelated(to: String?)
    /// A part is missing that the answer is nothing without.
    case missing(element: String)
    /// A part is there and cannot be what it says.
    case malformed(element: String, text: String)
    /// An answer without a fault, and not a success.
    case status(Int)
}

/// The outer layers of an answer, taken off.
struct Envelope {
    let header: XMLElement?
    let body: XMLElement

    init(_ answer: HTTPAnswer, limits: XMLLimits) throws(ResponseError) {
        let bytes = answer.body
        guard bytes.contains(where: { $0 > 0x20 }) else { throw .emptyBody }
        let type = answer.mediaType
        guard type != "text/html", !looksLikeHTML(bytes) else { throw .html }
        // Nothing said is nothing wrong; anything said has to be XML of some kind.
        guard type.map({ $0.hasSuffix("/xml") || $0.hasSuffix("+xml") }) ?? true else { throw .mediaType(type ?? "") }
        let root: XMLElement
        do { root = try XMLElement(document: bytes, limits: limits) } catch { throw .xml(error) }
        guard root.name == XMLName(Namespace.soap, "Envelope"), let body = root.first(Namespace.soap, "Body") else {
            throw .notAnEnvelope(root: root.name.description)
        }
        header = root.first(Namespace.soap, "Header")
        self.body = body
    }

    /// The fault in the body. The action does not tell: header faults come with that of WS-Addressing.
    var fault: Fault? {
        guard let element = body.first(Namespace.soap, "Fault") else { return nil }
        return Fault(element, activityID: header?.first(Namespace.wsmv, "ActivityId")?.trimmedText)
    }

    func check(relatesTo messageID: GUID, isRequired: Bool) throws(ResponseError) {
        guard let text = header?.first(Namespace.addressing, "RelatesTo")?.trimmedText, !text.isEmpty else {
            if isRequired { throw .unrelated(to: nil) }
            return
        }
        guard GUID(text) == messageID else { throw .unrelated(to: text) }
    }

    func element(_ namespace: String, _ local: String) throws(ResponseError) -> XMLElement {
        guard let element = body.first(namespace, local) else { throw .missing(element: local) }
        return element
    }

    fileprivate func response(to request: Request) throws(ResponseError) -> Response {
        switch request.operation {
        case .create(let creation):
            return .created(try ShellCreated(self, for: creation, of: request.endpoint.resourceURI))
        case .command:
            let id = try element(Namespace.shell, "CommandResponse").first(Namespace.shell, "CommandId")
            guard let text = id?.trimmedText else { throw .missing(element: "CommandId") }
            guard let id = GUID(text) else { throw .malformed(element: "CommandId", text: text) }
            return .command(id)
        case .receive: return .received(try ReceivedOutput(element(Namespace.shell, "ReceiveResponse")))
        case .get: return .shell(ShellDescription(try element(Namespace.shell, "Shell")))
        case .enumerate: return .enumerated(EnumeratedItems(try element(Namespace.enumeration, "EnumerateResponse")))
        case .pull: return .enumerated(EnumeratedItems(try element(Namespace.enumeration, "PullResponse")))
        case .connect:
            let response = try element(Namespace.shell, "ConnectResponse")
            guard let content = response.first(Namespace.powershell, "connectResponseXml") else {
                throw .missing(element: "connectResponseXml")
            }
            return .connected(content: try content.base64())
        case .connectCommand: return .connected(content: [])
        case .send, .signal, .delete, .disconnect, .reconnect, .identify: return .done
        }
    }
}

extension XMLElement {
    /// The bytes that the text stands for.
    func base64() throws(ResponseError) -> [UInt8] {
        guard let bytes = Base64.decode(utf8) else {
            throw .malformed(element: name.local, text: String(decoding: utf8.prefix(32), as: UTF8.self))
        }
        return bytes
    }

    /// The first child of that name whatever its case: `ShellId` here is `ShellID` there.
    func first(_ namespace: String, caseless local: String) -> XMLElement? {
        children.first {
            $0.name.namespace == namespace && $0.name.local.utf8.count == local.utf8.count
                && $0.name.local.lowercased() == local.lowercased()
        }
    }
}

/// Whether a body begins as pages do. XML in a page's clothes is asked for its content type instead.
private func looksLikeHTML(_ bytes: [UInt8]) -> Bool {
    let start = bytes.drop { $0 <= 0x20 || $0 >= 0x80 }.prefix(14).map { $0 | 0x20 }
    return start.starts(with: "<html".utf8) || start == Array("<!doctype html".utf8.map { $0 | 0x20 })
}
