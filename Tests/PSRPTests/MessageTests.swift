import CLIXML
import PSRP
import Testing

@Suite struct MessageTests {
    let poolID = PSGuid("00112233-4455-6677-8899-aabbccddeeff")!

    @Test func `a message has the header of the specification`() throws {
        let message = Message(to: .server, type: .createPipeline, poolID: poolID, pipelineID: .zero, value: .int32(5))
        let header: [UInt8] = [
            2, 0, 0, 0, 6, 0x10, 2, 0, 0x33, 0x22, 0x11, 0, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xAA, 0xBB, 0xCC, 0xDD,
            0xEE, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        ]
        #expect(message.encoded() == header + "<I32>5</I32>".utf8)
        #expect(try Message(message.encoded()[...]) == message)
    }

    @Test func `a byte order mark before the text is skipped`() throws {
        let message = Message(to: .client, type: .pipelineOutput, poolID: poolID, value: .int32(5))
        var bytes = message.encoded()
        bytes.insert(contentsOf: [0xEF, 0xBB, 0xBF], at: Message.headerBytes)
        #expect(try Message(bytes[...]) == message)
    }

    @Test func `no text means null`() throws {
        let message = Message(to: .client, type: .pipelineOutput, poolID: poolID, value: nil)
        #expect(message.encoded().count == Message.headerBytes)
        #expect(try message.value() == .null)
        #expect(try Message((message.encoded() + [0xEF, 0xBB, 0xBF])[...]).value() == .null)
    }

    @Test func `every prefix of a header is too short`() {
        let bytes = Message(to: .client, type: .pipelineOutput, poolID: poolID, value: nil).encoded()
        for length in bytes.indices {
            #expect(throws: ProtocolViolation.messageTooShort(bytes: length)) { try Message(bytes[..<length]) }
        }
    }

    @Test func `a message for nobody is refused`() {
        var bytes = Message(to: .client, type: .pipelineOutput, poolID: poolID, value: nil).encoded()
        bytes[0] = 3
        #expect(throws: ProtocolViolation.unknownDestination(3)) { try Message(bytes[...]) }
    }

    @Test func `types have their numbers and names, and unknown ones are kept`() {
        #expect(MessageType.known.count == 31)
        for type in MessageType.known { #expect(MessageType(number: type.number) == type) }
        #expect(MessageType.progressRecord.number == 0x41010)
        #expect(MessageType.progressRecord.description == "PROGRESS_RECORD")
        #expect(MessageType(number: 0x4100A) == .unknown(0x4100A))
        #expect(MessageType(number: 0x4100A).number == 0x4100A)
        #expect(MessageType(number: 0x4100A).description == "0x4100A")
        #expect(MessageType.pipelineOutput.isOfPipeline)
        #expect(!MessageType.runspacePoolHostCall.isOfPipeline)
    }
}
