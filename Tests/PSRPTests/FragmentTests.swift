import PSRP
import Testing

@Suite struct FragmentTests {
    static let messages: [[UInt8]] = [[1], Array(0...99), [], Array(repeating: 7, count: 1000)]

    /// The messages above, of which the longer ones are several fragments.
    static let stream: [UInt8] = messages.enumerated().flatMap { index, message in
        Fragment.cut(message, objectID: UInt64(index) + 1, bytesMax: 71).flatMap { $0 }
    }

    let limits = PSRPLimits(blobBytesMax: 100, messageBytesMax: 1000, openMessagesMax: 3, openBytesMax: 1200)

    @Test func `a fragment has the header of the specification`() {
        let fragment = Fragment(objectID: 0x0102, fragmentID: 3, isStart: true, isEnd: false, blob: [0xAA, 0xBB])
        #expect(
            fragment.encoded() == [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 3, 1, 0, 0, 0, 2, 0xAA, 0xBB])
        #expect(Fragment.cut([5], objectID: 1, bytesMax: 22)[0][16] == 3)
    }

    @Test func `every split at any size gives the same messages`() throws {
        for size in 1...Self.stream.count {
            var reader = FragmentReader(blobBytesMax: 50)
            var reassembly = Reassembly(limits: limits)
            var seen: [[UInt8]] = []
            for start in stride(from: 0, to: Self.stream.count, by: size) {
                reader.receive(Self.stream[start..<min(start + size, Self.stream.count)])
                while let fragment = try reader.next() {
                    if let message = try reassembly.add(fragment) { seen.append(Array(message)) }
                }
            }
            #expect(seen == Self.messages)
        }
    }

    @Test func `every prefix of a fragment asks for more`() throws {
        let fragment = Fragment.cut(Array(0..<40), objectID: 9, bytesMax: 100)[0]
        var reader = FragmentReader(blobBytesMax: 50)
        for byte in fragment.dropLast() {
            reader.receive([byte])
            #expect(try reader.next() == nil)
        }
        #expect(reader.pendingBytes == fragment.count - 1)
        reader.receive(fragment.suffix(1))
        #expect(try reader.next()?.blob.count == 40)
        #expect(reader.pendingBytes == 0)
    }

    @Test func `no fragment is longer than it may be`() {
        for bytesMax in [22, 23, 100, 1021, 1022] {
            let fragments = Fragment.cut(Self.messages[3], objectID: 1, bytesMax: bytesMax)
            #expect(fragments.allSatisfy { $0.count <= bytesMax })
            #expect(fragments.count == (1000 + bytesMax - 22) / (bytesMax - 21))
        }
    }

    @Test func `a slice longer than the limit is refused before it is there`() {
        var reader = FragmentReader(blobBytesMax: 50)
        reader.receive(Fragment.cut(Array(0..<51), objectID: 1, bytesMax: 100)[0].prefix(21))
        #expect(throws: ProtocolViolation.blobTooLong(bytes: 51, limit: 50)) { try reader.next() }
        #expect(throws: ProtocolViolation.blobTooLong(bytes: 51, limit: 50)) { try reader.next() }
    }

    func fragment(_ objectID: UInt64, _ fragmentID: UInt64, _ flags: String = "", bytes: Int = 1) -> Fragment {
        Fragment(
            objectID: objectID, fragmentID: fragmentID, isStart: flags.contains("S"), isEnd: flags.contains("E"),
            blob: Array(repeating: UInt8(objectID), count: bytes)[...])
    }

    @Test func `messages may come in turns`() throws {
        var reassembly = Reassembly(limits: limits)
        #expect(try reassembly.add(fragment(1, 0, "S")) == nil)
        #expect(try reassembly.add(fragment(2, 0, "S")) == nil)
        #expect(try reassembly.add(fragment(3, 0, "SE")) == [3])
        #expect(try reassembly.add(fragment(1, 1)) == nil)
        #expect(try reassembly.add(fragment(2, 1, "E")) == [2, 2])
        #expect(try reassembly.add(fragment(1, 2, "E")) == [1, 1, 1])
        #expect(reassembly.openMessages == 0)
    }

    @Test func `fragments out of order are refused`() throws {
        var reassembly = Reassembly(limits: limits)
        #expect(throws: ProtocolViolation.fragmentWithoutStart(objectID: 1)) { try reassembly.add(fragment(1, 0)) }
        #expect(throws: ProtocolViolation.fragmentOutOfOrder(objectID: 1, expected: 0, received: 4)) {
            try reassembly.add(fragment(1, 4, "S"))
        }
        _ = try reassembly.add(fragment(1, 0, "S"))
        #expect(throws: ProtocolViolation.startedTwice(objectID: 1)) { try reassembly.add(fragment(1, 0, "S")) }
        #expect(throws: ProtocolViolation.fragmentOutOfOrder(objectID: 1, expected: 1, received: 2)) {
            try reassembly.add(fragment(1, 2))
        }
    }

    @Test func `what is in the making is bounded`() throws {
        var reassembly = Reassembly(limits: limits)
        for objectID in 1...3 { _ = try reassembly.add(fragment(UInt64(objectID), 0, "S", bytes: 400)) }
        #expect(throws: ProtocolViolation.tooManyOpenMessages(limit: 3)) {
            try reassembly.add(fragment(4, 0, "S", bytes: 0))
        }
        #expect(throws: ProtocolViolation.tooManyOpenBytes(limit: 1200)) { try reassembly.add(fragment(1, 1)) }
        reassembly = Reassembly(limits: limits)
        _ = try reassembly.add(fragment(1, 0, "S", bytes: 1000))
        #expect(throws: ProtocolViolation.messageTooLong(limit: 1000)) { try reassembly.add(fragment(1, 1, "E")) }
    }

    @Test func `what was put together no longer counts`() throws {
        var reassembly = Reassembly(limits: limits)
        for objectID in 1...100 {
            _ = try reassembly.add(fragment(UInt64(objectID), 0, "S", bytes: 300))
            _ = try reassembly.add(fragment(UInt64(objectID), 1, bytes: 300))
            #expect(try reassembly.add(fragment(UInt64(objectID), 2, "E", bytes: 300))?.count == 900)
        }
    }

    @Test func `one flipped bit gives fragments or an error`() {
        for index in Self.stream.indices {
            for bit in 0..<8 {
                var stream = Self.stream
                stream[index] ^= 1 << bit
                var reader = FragmentReader(blobBytesMax: 50)
                var reassembly = Reassembly(limits: limits)
                reader.receive(stream)
                while let fragment = try? reader.next() { _ = try? reassembly.add(fragment) }
            }
        }
    }
}
