import Testing

@testable import Varlink

@Suite struct FrameReaderTests {
    var frames = FrameReader(bytesMax: 1000)

    @Test mutating func `every prefix of a message asks for more`() throws {
        for message in Samples.messages {
            for byte in message.utf8 {
                frames.receive([byte])
                #expect(try frames.next() == nil)
            }
            #expect(frames.pendingBytes == message.utf8.count)
            frames.receive([0])
            #expect(try frames.next() == message.bytes)
            #expect(frames.pendingBytes == 0)
        }
    }

    @Test func `every split at any size gives the same messages`() throws {
        let stream = Samples.messages.map { "\($0)\0" }.joined().bytes
        for size in 1...stream.count {
            var frames = FrameReader(bytesMax: 1000)
            var seen: [[UInt8]] = []
            for start in stride(from: 0, to: stream.count, by: size) {
                frames.receive(stream[start..<min(start + size, stream.count)])
                while let frame = try frames.next() { seen.append(frame) }
            }
            #expect(seen == Samples.messages.map(\.bytes))
        }
    }

    @Test mutating func `a NUL is found at whatever offset it stands`() throws {
        for length in 0..<40 {
            let frame = [UInt8](repeating: 0xFF, count: length)
            frames.receive(frame + [0] + frame + [0, 0x80])
            #expect(try frames.next() == frame)
            #expect(try frames.next() == frame)
            #expect(try frames.next() == nil)
            frames.receive([0])
            #expect(try frames.next() == [0x80])
        }
    }

    @Test func `a message of the limit passes and one byte more is refused for good`() throws {
        let full = [UInt8](repeating: 1, count: 10)
        var frames = FrameReader(bytesMax: 10)
        frames.receive(full)
        #expect(try frames.next() == nil)
        frames.receive([0])
        #expect(try frames.next() == full)

        frames.receive(full + [1])
        for _ in 0..<2 { #expect(throws: FrameTooLong(limit: 10)) { try frames.next() } }
        frames.receive([0] + full + [0])
        for _ in 0..<2 { #expect(throws: FrameTooLong(limit: 10)) { try frames.next() } }
    }

    @Test func `a message before one that is too long is still given out`() throws {
        var frames = FrameReader(bytesMax: 3)
        frames.receive("abc\0defg\0".utf8)
        #expect(try frames.next() == "abc".bytes)
        #expect(throws: FrameTooLong(limit: 3)) { try frames.next() }
    }

    @Test func `many small messages received at once, and a large one byte by byte, cost no square`() throws {
        var frames = FrameReader(bytesMax: 1 << 20)
        frames.receive([UInt8](repeating: 0, count: 300_000))
        var count = 0
        while try frames.next() != nil { count += 1 }
        #expect(count == 300_000)
        for _ in 0..<300_000 {
            frames.receive(CollectionOfOne(1))
            #expect(try frames.next() == nil)
        }
        #expect(frames.pendingBytes == 300_000)
    }
}
