// Fragments (MS-PSRP 2.2.4): slices of messages, each behind a header of 21 bytes. All its numbers are big-endian,
// unlike those in the header of a message.
//
//     object id (8)   fragment id (8)   flags (1)   length of the slice (4)   slice
//
// The id of an object counts messages in one direction, over the pool and all its pipelines; that of a fragment counts
// from 0 within its message. The first fragment has bit 0 set, the last one bit 1.

/// A slice of a message.
public struct Fragment: Hashable, Sendable {
    /// The message the slice belongs to.
    public let objectID: UInt64
    /// The place of the slice in the message, from 0.
    public let fragmentID: UInt64
    /// The message begins here.
    public let isStart: Bool
    /// The message ends here.
    public let isEnd: Bool
    /// The slice.
    public let blob: ArraySlice<UInt8>

    /// The length of the header.
    public static let headerBytes = 21

    /// A fragment.
    public init(objectID: UInt64, fragmentID: UInt64, isStart: Bool, isEnd: Bool, blob: ArraySlice<UInt8>) {
        self.objectID = objectID
        self.fragmentID = fragmentID
        self.isStart = isStart
        self.isEnd = isEnd
        self.blob = blob
    }

    /// The fragment as it is sent.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerBytes + blob.count)
        bytes.appendBigEndian(objectID)
        bytes.appendBigEndian(fragmentID)
        bytes.append((isStart ? 1 : 0) | (isEnd ? 2 : 0))
        bytes.appendBigEndian(UInt32(blob.count))
        bytes.append(contentsOf: blob)
        return bytes
    }

    /// A message as fragments of at most `bytesMax` bytes each, headers counted.
    public static func cut(_ message: [UInt8], objectID: UInt64, bytesMax: Int) -> [[UInt8]] {
        precondition(bytesMax > headerBytes, "a fragment needs room for a slice")
        let slice = bytesMax - headerBytes
        var fragments: [[UInt8]] = []
        var start = 0
        repeat {
            let end = min(start + slice, message.count)
            let fragment = Fragment(
                objectID: objectID, fragmentID: UInt64(fragments.count), isStart: start == 0,
                isEnd: end == message.count,
                blob: message[start..<end])
            fragments.append(fragment.encoded())
            start = end
        } while start < message.count
        return fragments
    }
}

/// Finds the fragments in a stream of bytes.
public struct FragmentReader: Sendable {
    /// The longest slice that is let through.
    public let blobBytesMax: Int

    private var buffer: [UInt8] = []
    private var start = 0

    /// A reader at the beginning of a stream.
    public init(blobBytesMax: Int) {
        self.blobBytesMax = blobBytesMax
    }

    /// The bytes received and not handed out yet.
    public var pendingBytes: Int { buffer.count - start }

    /// Takes bytes as they come.
    public mutating func receive(_ bytes: some Collection<UInt8>) {
        if start == buffer.count {
            buffer = Array(bytes)
        } else {
            buffer.removeSubrange(..<start)
            buffer.append(contentsOf: bytes)
        }
        start = 0
    }

    /// The next whole fragment, or nil when more bytes are needed.
    ///
    /// After a throw there is no next one: where the stream goes on is not known.
    public mutating func next() throws(ProtocolViolation) -> Fragment? {
        guard pendingBytes >= Fragment.headerBytes else { return nil }
        // MS-PSRP 2.2.4: the length counts the slice only, not this header.
        let length = Int(UInt32(bigEndian: buffer.number(at: start + 17)))
        guard length <= blobBytesMax else { throw .blobTooLong(bytes: length, limit: blobBytesMax) }
        let end = start + Fragment.headerBytes + length
        guard end <= buffer.count else { return nil }
        // The other six bits are reserved and ignored.
        let flags = buffer[start + 16]
        let fragment = Fragment(
            objectID: UInt64(bigEndian: buffer.number(at: start)),
            fragmentID: UInt64(bigEndian: buffer.number(at: start + 8)), isStart: flags & 1 != 0, isEnd: flags & 2 != 0,
            blob: buffer[start + Fragment.headerBytes..<end])
        start = end
        if start == buffer.count {
            buffer = []
            start = 0
        }
        return fragment
    }
}

extension [UInt8] {
    mutating func appendBigEndian(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
    }

    /// The number at an index, in the byte order of this machine.
    fileprivate func number<Number: FixedWidthInteger & BitwiseCopyable>(at index: Int) -> Number {
        precondition(index >= 0 && index + MemoryLayout<Number>.size <= count, "the number is inside")
        return withUnsafeBytes { $0.loadUnaligned(fromByteOffset: index, as: Number.self) }
    }

    mutating func appendLittleEndian(_ number: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}
