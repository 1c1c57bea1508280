public import CLIXML

/// A message (MS-PSRP 2.2.1): a header of 40 bytes, little-endian, and a CLIXML text.
public struct Message: Hashable, Sendable {
    /// Who it is for.
    public let destination: Destination
    /// What it is.
    public let type: MessageType
    /// The pool. Servers of Windows leave it zero in two messages: SESSION_CAPABILITY and ENCRYPTED_SESSION_KEY.
    public let poolID: PSGuid
    /// The pipeline, zero for a message of the pool.
    public let pipelineID: PSGuid
    /// The CLIXML text, without a byte order mark; empty where nothing is to be said, or `$null`.
    public let text: ArraySlice<UInt8>

    /// Who a message is for.
    public enum Destination: UInt32, Sendable {
        case client = 1
        case server = 2
    }

    /// The length of the header.
    public static let headerBytes = 40

    /// A message with a text.
    public init(
        to destination: Destination, type: MessageType, poolID: PSGuid, pipelineID: PSGuid = .zero,
        text: ArraySlice<UInt8>
    ) {
        self.destination = destination
        self.type = type
        self.poolID = poolID
        self.pipelineID = pipelineID
        self.text = text
    }

    /// A message with a value, or with nothing.
    public init(
        to destination: Destination, type: MessageType, poolID: PSGuid, pipelineID: PSGuid = .zero, value: PSValue?
    ) {
        let text = value.map { CLIXMLEncoder.encode($0)[...] } ?? []
        self.init(to: destination, type: type, poolID: poolID, pipelineID: pipelineID, text: text)
    }

    /// Reads a message put together from its fragments.
    public init(_ bytes: ArraySlice<UInt8>) throws(ProtocolViolation) {
        guard bytes.count >= Self.headerBytes else { throw .messageTooShort(bytes: bytes.count) }
        let start = bytes.startIndex
        func number(at offset: Int) -> UInt32 {
            (0..<4).reduce(0) { $0 | UInt32(bytes[start + offset + $1]) << UInt32($1 * 8) }
        }
        let destination = number(at: 0)
        guard let known = Destination(rawValue: destination) else { throw .unknownDestination(destination) }
        guard let poolID = PSGuid(dotNetBytes: bytes[start + 8..<start + 24]),
            let pipelineID = PSGuid(dotNetBytes: bytes[start + 24..<start + 40])
        else { throw .messageTooShort(bytes: bytes.count) }
        var text = bytes[(start + Self.headerBytes)...]
        // Servers of Windows put a byte order mark before every text.
        if text.count >= 3, text[text.startIndex] == 0xEF, text[text.startIndex + 1] == 0xBB,
            text[text.startIndex + 2] == 0xBF
        {
            text = text.dropFirst(3)
        }
        self.init(
            to: known, type: MessageType(number: number(at: 4)),
            poolID: poolID, pipelineID: pipelineID, text: text)
    }

    /// The message as it is cut into fragments.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerBytes + text.count)
        bytes.appendLittleEndian(destination.rawValue)
        bytes.appendLittleEndian(type.number)
        bytes.append(contentsOf: poolID.dotNetBytes)
        bytes.append(contentsOf: pipelineID.dotNetBytes)
        bytes.append(contentsOf: text)
        return bytes
    }

    /// The value in the text; `$null` when there is no text (MS-PSRP 2.2.2.19).
    public func value(decoder: CLIXMLDecoder) throws(CLIXMLError) -> PSValue {
        text.isEmpty ? .null : try decoder.decode(text)
    }
}
