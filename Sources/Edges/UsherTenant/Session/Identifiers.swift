// The three kinds of ids that mean the same sixteen bytes: the wire's, PowerShell's and the broker's.

internal import CLIXML
internal import Glibc
internal import Synchronization
public import UsherCore
internal import WSMan

/// Random numbers of the kernel, fetched some at a time: each acquire wants two, whether or not they come to be used.
private struct RandomNumbers: ~Copyable {
    private var left: [UInt64] = []

    mutating func next() -> UInt64 {
        if let next = left.popLast() { return next }
        // As many as the kernel always gives at once.
        left = [UInt64](repeating: 0, count: 256 / 8)
        let failure = left.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) }
        precondition(failure == 0, "The kernel has no random numbers: \(String(cString: strerror(errno)))")
        return left.removeLast()
    }
}

private let randomNumbers = Mutex(RandomNumbers())

extension GUID {
    /// One that nobody else has.
    static func random() -> GUID {
        let (first, second) = randomNumbers.withLock { ($0.next(), $0.next()) }
        // RFC 9562, version 4.
        return GUID(high: first & ~0xF000 | 0x4000, low: second & ~(3 << 62) | 2 << 62)
    }

    init(_ id: ShellID) {
        let halves = unsafeBitCast(id.bytes, to: SIMD2<UInt64>.self)
        self.init(high: UInt64(bigEndian: halves[0]), low: UInt64(bigEndian: halves[1]))
    }

    init(_ id: PSGuid) {
        let bytes = id.bytes
        func half(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(bytes[$1]) } }
        self.init(high: half(0..<8), low: half(8..<16))
    }
}

extension PSGuid {
    init(_ id: GUID) { self.init(high: id.high, low: id.low) }
}

extension ShellID {
    init(_ id: GUID) {
        let halves = SIMD2(id.high.bigEndian, id.low.bigEndian)
        self.init(unsafeBitCast(halves, to: SIMD16<UInt8>.self))
    }

    /// One that nobody else has.
    public static func random() -> ShellID { ShellID(GUID.random()) }
}
