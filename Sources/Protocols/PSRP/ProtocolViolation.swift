public import CLIXML

/// The peer broke the rules of the protocol; the session is over, and has to be closed.
public enum ProtocolViolation: Error, Hashable, Sendable, CustomStringConvertible {
    /// A fragment announces a slice longer than `PSRPLimits.blobBytesMax`.
    case blobTooLong(bytes: Int, limit: Int)
    /// A message is longer than `PSRPLimits.messageBytesMax`.
    case messageTooLong(limit: Int)
    /// More messages have begun than `PSRPLimits.openMessagesMax`.
    case tooManyOpenMessages(limit: Int)
    /// The messages that have begun are longer than `PSRPLimits.openBytesMax`.
    case tooManyOpenBytes(limit: Int)
    /// A message begins for the second time.
    case startedTwice(objectID: UInt64)
    /// A message goes on that never began.
    case fragmentWithoutStart(objectID: UInt64)
    /// A fragment is missing or comes again.
    case fragmentOutOfOrder(objectID: UInt64, expected: UInt64, received: UInt64)
    /// A message has no room for its header.
    case messageTooShort(bytes: Int)
    /// A message is for nobody.
    case unknownDestination(UInt32)
    /// A message is not for this side.
    case wrongDirection(MessageType)
    /// A message of the pool is no CLIXML.
    case undecodable(MessageType, CLIXMLError)
    /// A message lacks something, or has something else in its place.
    case badBody(MessageType, property: String)
    /// The state of the pool does not allow this message.
    case outOfTurn(MessageType, state: String)
    /// The server speaks another protocol.
    case versionRefused(PSVersion)

    /// One sentence without a full stop.
    public var description: String {
        switch self {
        case .blobTooLong(let bytes, let limit): "a PSRP fragment announces \(bytes) bytes, more than \(limit)"
        case .messageTooLong(let limit): "a PSRP message is longer than \(limit) bytes"
        case .tooManyOpenMessages(let limit): "more than \(limit) PSRP messages have begun and not ended"
        case .tooManyOpenBytes(let limit): "PSRP messages of more than \(limit) bytes have begun and not ended"
        case .startedTwice(let objectID): "PSRP object \(objectID) begins twice"
        case .fragmentWithoutStart(let objectID): "PSRP object \(objectID) goes on without having begun"
        case .fragmentOutOfOrder(let objectID, let expected, let received):
            "PSRP object \(objectID) goes on with fragment \(received), not \(expected)"
        case .messageTooShort(let bytes): "a PSRP message has only \(bytes) bytes"
        case .unknownDestination(let number): "a PSRP message is for destination \(number)"
        case .wrongDirection(let type): "\(type) is not for this side"
        case .undecodable(let type, let error): "\(type) cannot be read: \(error)"
        case .badBody(let type, let property): "\(type) has no usable \(property)"
        case .outOfTurn(let type, let state): "\(type) came while the runspace pool was \(state)"
        case .versionRefused(let version): "the server speaks PSRP \(version)"
        }
    }
}
