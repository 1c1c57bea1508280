// Framing: a message is its JSON text and one NUL byte. A NUL cannot occur in JSON, so the search for it is all.
//
// Bytes are searched once and moved at most once on average, however small the pieces they come in: `searched`
// remembers how far no NUL was, and what has been handed out is only cut off once it is half of the buffer.
//
// Invariant: start <= searched <= buffer.count.

/// Cuts a stream of bytes into messages.
public struct FrameReader: Sendable {
    /// The largest message that is let through, without its NUL.
    public let bytesMax: Int

    private var buffer: [UInt8] = []
    private var start = 0
    private var searched = 0

    /// A reader at the beginning of a stream.
    public init(bytesMax: Int) {
        precondition(bytesMax > 0, "a frame needs room")
        self.bytesMax = bytesMax
    }

    /// The bytes received and not handed out yet.
    public var pendingBytes: Int { buffer.count - start }

    /// Takes bytes as they come from the stream.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        if start > 0, start >= buffer.count / 2 {
            buffer.removeSubrange(..<start)
            searched -= start
            start = 0
        }
        if bytes.withContiguousStorageIfAvailable({ buffer.append(contentsOf: $0) }) == nil {
            buffer.append(contentsOf: bytes)
        }
    }

    /// The next whole message without its NUL, or nil when more bytes are needed.
    ///
    /// After a throw there is no next message: where a frame that is too long ends is not known.
    public mutating func next() throws(FrameTooLong) -> [UInt8]? {
        try nextFrame { Array($0) }
    }

    /// Lends the next whole message to `body`; nil when more bytes are needed.
    mutating func nextFrame<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) throws(FrameTooLong) -> R? {
        let isWhole = hasWholeFrame()
        guard searched - start <= bytesMax else { throw FrameTooLong(limit: bytesMax) }
        guard isWhole else { return nil }
        let frame = start..<searched
        let result = buffer.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[frame])) }
        start = frame.upperBound + 1
        searched = start
        if start == buffer.count {
            // Thousands of idle connections must not each keep the memory of their largest message.
            buffer.removeAll(keepingCapacity: buffer.capacity <= 4096)
            start = 0
            searched = 0
        }
        return result
    }

    /// Whether the NUL of the next message is here; `searched` stands at it then, at the end of the bytes otherwise.
    mutating func hasWholeFrame() -> Bool {
        searched = buffer.withUnsafeBytes { Self.firstNUL(in: $0, from: searched) }
        return searched < buffer.count
    }

    /// The offset of the first NUL, or of the end.
    private static func firstNUL(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        // Eight bytes at a time. The lowest byte that is 0 gets its top bit set; bits above that one may be wrong, but
        // without a zero byte none is set.
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            guard (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080 == 0 else { break }
            index += 8
        }
        while index < bytes.count, bytes[index] != 0 { index += 1 }
        return index
    }
}

/// A message is longer than the limit.
public struct FrameTooLong: Error, Hashable, Sendable, CustomStringConvertible {
    /// The limit in bytes.
    public let limit: Int

    /// One sentence.
    public var description: String { "A message is longer than \(limit) bytes." }
}
