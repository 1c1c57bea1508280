// The three kinds of ids that mean the same sixteen bytes: the wire's, PowerShell's and the broker's.

internal import CLIXML
public import UsherCore
internal import WSMan

extension GUID {
    /// One that nobody else has.
    static func random() -> GUID {
        var random = SystemRandomNumberGenerator()
        // RFC 9562, version 4.
        let high = random.next() & ~0xF000 | 0x4000
        let low = random.next() & ~(3 << 62) | 2 << 62
        return GUID(high: high, low: low)
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
