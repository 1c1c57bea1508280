/// How a peer broke the rules of Varlink; the connection is over then, without a reply.
///
/// Closing in silence is what UAPI.20 demands, and it leaves the other side guessing. So each case says enough for a
/// line in the journal of the side that noticed.
public enum ProtocolViolation: Error, Hashable, Sendable {
    /// A message is longer than the limit.
    case frameTooLong(limit: Int)
    /// The stream ended inside a message.
    case cutShort(bytes: Int)
    /// A message is not JSON, or deeper than the limit.
    case malformed(JSONError)
    /// A message is JSON but no object.
    case notAnObject
    /// A call without a method.
    case missingMethod
    /// A member has another type than Varlink gives it.
    case wrongType(member: String)
    /// A member that neither Varlink knows nor a vendor's domain names.
    case unknownMember(String)
    /// More than one of oneway, more and upgrade.
    case flagsTogether
    /// A reply that is an error and goes on.
    case errorContinues
    /// A reply that goes on, to a call that wanted one.
    case continuesUnasked
    /// A reply to no call.
    case replyUnasked
}

extension ProtocolViolation: CustomStringConvertible {
    /// One sentence. A name that the peer chose is shown as JSON, so control characters in it are harmless.
    public var description: String {
        switch self {
        case .frameTooLong(let limit): FrameTooLong(limit: limit).description
        case .cutShort(let bytes): "The stream ended after \(bytes) bytes of a message."
        case .malformed(let error): error.description
        case .notAnObject: "A message is not a JSON object."
        case .missingMethod: "A call names no method."
        case .wrongType(let member): "The member \(JSON.string(member).text) has the wrong type."
        case .unknownMember(let member): "The member \(JSON.string(member).text) is unknown."
        case .flagsTogether: "A call sets more than one of oneway, more and upgrade."
        case .errorContinues: "An error reply says that it continues."
        case .continuesUnasked: "A reply continues although the call did not ask for more."
        case .replyUnasked: "A reply came that no call waits for."
        }
    }
}

extension JSONObject {
    /// Reads a message: an object at the top of one frame.
    init(message frame: some Collection<UInt8>, depthMax: Int) throws(ProtocolViolation) {
        let value: JSON
        do {
            value = try JSON(parsing: frame, depthMax: depthMax)
        } catch {
            throw .malformed(error)
        }
        guard case .object(let members) = value else { throw .notAnObject }
        self = members
    }
}

extension JSON {
    /// The value of the message member `parameters`; null is the same as none.
    func asParameters() throws(ProtocolViolation) -> JSONObject {
        switch self {
        case .object(let parameters): parameters
        case .null: JSONObject()
        case .bool, .int, .double, .string, .array: throw .wrongType(member: "parameters")
        }
    }

    /// The value of a message member that is a flag.
    func asFlag(_ name: String) throws(ProtocolViolation) -> Bool {
        guard case .bool(let value) = self else { throw .wrongType(member: name) }
        return value
    }

    /// UAPI.20: beside the members of Varlink only objects named in a vendor's reverse domain, which others ignore.
    func ignoreVendorMember(_ name: String) throws(ProtocolViolation) {
        guard name.utf8.contains(UInt8(ascii: ".")) else { throw .unknownMember(name) }
        guard case .object = self else { throw .wrongType(member: name) }
    }
}

extension FrameReader {
    /// Reads the next message with `read`; nil when more bytes are needed.
    mutating func nextMessage<Message>(
        _ read: (UnsafeBufferPointer<UInt8>) throws(ProtocolViolation) -> Message
    ) throws(ProtocolViolation) -> Message? {
        let result: Result<Message, ProtocolViolation>?
        do {
            result = try nextFrame { frame in
                Result { () throws(ProtocolViolation) in try read(frame) }
            }
        } catch {
            throw .frameTooLong(limit: error.limit)
        }
        return try result?.get()
    }
}
