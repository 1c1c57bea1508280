/// A GUID. It has two byte orders and one text: .NET's bytes, with the first three groups turned round, stand in the
/// headers of PSRP; the text is the same everywhere but for its case.
public struct PSGuid: Hashable, Sendable, CustomStringConvertible {
    // The bytes in the order of the text, big end first.
    private let high: UInt64
    private let low: UInt64

    /// The GUID of zeros, which headers use for "none".
    public static let zero = PSGuid(high: 0, low: 0)

    /// A GUID from its two halves in the order of its text.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Reads `6f9619ff-8b86-d011-b42d-00cf4fc964ff` in either case, with or without braces. Nil for anything else.
    public init?(_ text: String) {
        self.init(utf8: text.utf8)
    }

    init?(utf8 text: some BidirectionalCollection<UInt8>) {
        var digits = text[...]
        if digits.first == UInt8(ascii: "{"), digits.last == UInt8(ascii: "}") {
            digits = digits.dropFirst().dropLast()
        }
        var halves: (UInt64, UInt64) = (0, 0)
        var count = 0
        var position = 0
        for byte in digits {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let value = byte.hexValue, count < 32 else { return nil }
                if count < 16 { halves.0 = halves.0 << 4 | value } else { halves.1 = halves.1 << 4 | value }
                count += 1
            }
            position += 1
        }
        guard count == 32 else { return nil }
        self.init(high: halves.0, low: halves.1)
    }

    /// The lower-case text without braces, as CLIXML has it.
    public var description: String {
        var text = ""
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if index == 4 || index == 6 || index == 8 || index == 10 { text.append("-") }
            text.append(Self.digit(byte >> 4))
            text.append(Self.digit(byte & 15))
        }
        return text
    }

    /// The upper-case text, as WS-Management has it.
    public var uppercased: String { description.uppercased() }

    /// The sixteen bytes in the order of the text.
    public var bytes: [UInt8] {
        (0..<16).map { UInt8(truncatingIfNeeded: ($0 < 8 ? high : low) >> UInt64(56 - $0 % 8 * 8)) }
    }

    private static func digit(_ value: UInt8) -> Character {
        Character(Unicode.Scalar(value < 10 ? 0x30 + value : 0x57 + value))
    }
}

extension PSGuid {
    /// Reads .NET's byte order. Nil unless there are sixteen bytes.
    public init?(dotNetBytes bytes: ArraySlice<UInt8>) {
        guard bytes.count == 16 else { return nil }
        let (high, low) = bytes.withUnsafeBytes { bytes in
            (
                UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            )
        }
        self.init(high: Self.turned(high), low: low)
    }

    /// The sixteen bytes in .NET's order.
    public var dotNetBytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        let first = Self.turnedBack(high)
        for shift in stride(from: 0 as UInt64, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: first >> shift))
        }
        for shift in stride(from: 0 as UInt64, to: 64, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: low >> (56 - shift)))
        }
        return bytes
    }

    /// The first three groups, read as one little-endian number, in the order of the text.
    private static func turned(_ word: UInt64) -> UInt64 {
        (word & 0xFFFF_FFFF) << 32 | (word >> 32 & 0xFFFF) << 16 | word >> 48
    }

    private static func turnedBack(_ word: UInt64) -> UInt64 {
        word >> 32 | (word >> 16 & 0xFFFF) << 32 | (word & 0xFFFF) << 48
    }
}

extension UInt8 {
    /// The value of a hexadecimal digit in ASCII.
    var hexValue: UInt64? {
        switch self {
        case 0x30...0x39: UInt64(self - 0x30)
        case 0x41...0x46: UInt64(self - 0x37)
        case 0x61...0x66: UInt64(self - 0x57)
        default: nil
        }
    }
}
