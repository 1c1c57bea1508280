import CLIXML
import PSRP
import Testing
import XML

/// A client's pool together with what a server would say to it, for tests.
struct Talk {
    static let poolID = PSGuid(TalksOfPSRPCore.poolID)!
    static let pipelineID = PSGuid(TalksOfPSRPCore.pipelineID)!
    static let limits = PSRPLimits(messageBytesMax: 1 << 20)

    var pool: RunspacePool
    /// The number of the server's next message.
    var objectID: UInt64 = 1

    init(limits: PSRPLimits = Talk.limits, fragmentBytesMax: Int = 32768) {
        pool = RunspacePool(id: Self.poolID, limits: limits, fragmentBytesMax: fragmentBytesMax)
    }

    /// A pool that is open at a server of this version.
    static func opened(version: PSVersion = PSVersion(2, 3)) throws -> Talk {
        var talk = Talk()
        _ = try talk.pool.open()
        _ = try talk.tell(.sessionCapability, SessionCapability(protocolVersion: version).value)
        let events = try talk.tell(.runspacePoolState, RunspacePoolReport(.opened).value)
        #expect(events == [.opened])
        return talk
    }

    /// The events that come of a message of the server.
    mutating func tell(
        _ type: MessageType, _ value: PSValue?, pipelineID: PSGuid = .zero, poolID: PSGuid = Talk.poolID,
        queue: PSGuid? = nil
    ) throws(ProtocolViolation) -> [PoolEvent] {
        let message = Message(to: .client, type: type, poolID: poolID, pipelineID: pipelineID, value: value)
        return try tell(message, queue: queue ?? (pipelineID == .zero ? nil : pipelineID))
    }

    mutating func tell(_ message: Message, queue: PSGuid? = nil) throws(ProtocolViolation) -> [PoolEvent] {
        pool.receive(fragments(of: message).flatMap { $0 }, from: queue)
        return try pool.events()
    }

    /// A message of the server as fragments.
    mutating func fragments(of message: Message, bytesMax: Int = 32768) -> [[UInt8]] {
        defer { objectID += 1 }
        return Fragment.cut(message.encoded(), objectID: objectID, bytesMax: bytesMax)
    }
}

extension RunspacePool {
    /// All events that are there.
    mutating func events() throws(ProtocolViolation) -> [PoolEvent] {
        var events: [PoolEvent] = []
        while let event = try nextEvent() { events.append(event) }
        return events
    }
}

/// The messages in a stream of fragments.
func messages(in bytes: [UInt8]) throws -> [Message] {
    var reader = FragmentReader(blobBytesMax: 1 << 20)
    var reassembly = Reassembly(limits: Talk.limits)
    reader.receive(bytes)
    var messages: [Message] = []
    while let fragment = try reader.next() {
        if let bytes = try reassembly.add(fragment) { messages.append(try Message(bytes)) }
    }
    #expect(reader.pendingBytes == 0)
    #expect(reassembly.openMessages == 0)
    return messages
}

extension Message {
    /// The value in a message of a test.
    func value() throws -> PSValue {
        try value(decoder: CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 20)))
    }
}

extension [TalksOfPSRPCore.Step] {
    /// What one side sent, all of it.
    func bytes(of side: TalksOfPSRPCore.Side) -> [UInt8] {
        filter { $0.side == side }.flatMap { Base64.decode($0.payload.utf8) ?? [] }
    }
}
