/// What shells, commands and messages are known by: 128 bits, written in hexadecimal groups.
///
/// Who makes one says where its randomness comes from; this type only reads, writes and compares. Case does not count
/// when comparing: servers answer in either.
public struct GUID: Hashable, Sendable, CustomStringConvertible {
    /// The sixteen bytes as they stand in the text, most significant first.
    public let high: UInt64
    public let low: UInt64

    /// From its two halves in the order of its text.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Nil unless `text` is 32 hexadecimal digits in groups of 8, 4, 4, 4 and 12, perhaps in braces, perhaps behind
    /// `uuid:` as WS-Addressing has it.
    public init?(_ text: some StringProtocol) {
        var bytes = Array(text.utf8)
        let prefix = Array("uuid:".utf8)
        if bytes.count > 36, bytes.prefix(5).map({ $0 | 0x20 }) == prefix.map({ $0 | 0x20 }) { bytes.removeFirst(5) }
        if bytes.count == 38, bytes[0] == UInt8(ascii: "{"), bytes[37] == UInt8(ascii: "}") {
            bytes = Array(bytes[1..<37])
        }
        guard bytes.count == 36 else { return nil }
        var halves: (UInt64, UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexValue(byte) else { return nil }
            halves.0 = halves.0 << 4 | halves.1 >> 60
            halves.1 = halves.1 << 4 | digit
        }
        (high, low) = halves
    }

    /// In upper case, without braces, as Windows writes it.
    public var description: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(36)
        for place in 0..<32 {
            if [8, 12, 16, 20].contains(place) { bytes.append(UInt8(ascii: "-")) }
            let half = place < 16 ? high : low
            bytes.append(digits[Int(half >> UInt64(60 - place % 16 * 4) & 15)])
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// As WS-Addressing and MS-WSMV write the ids of messages and clients.
    public var uri: String { "uuid:\(description)" }

    /// The id that stands `distance` behind this one. It wraps around within the last twelve digits.
    func advanced(by distance: UInt64) -> GUID {
        let node = (low &+ distance) & 0xFFFF_FFFF_FFFF
        return GUID(high: high, low: low & ~0xFFFF_FFFF_FFFF | node)
    }
}

private func hexValue(_ byte: UInt8) -> UInt64? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
    default: nil
    }
}

/// The ids of one shell's messages: each the one after the last.
///
/// WS-Addressing asks for no more than that no two messages share an id, so one random beginning is enough for all of
/// them, and what a shell sends can be told beforehand.
public struct MessageIDs: Hashable, Sendable {
    private let first: GUID
    private var used: UInt64 = 0

    /// Ids from `first` on. Two shells must not be given the same.
    public init(from first: GUID) { self.first = first }

    /// An id that was not given out before.
    public mutating func next() -> GUID {
        defer { used &+= 1 }
        return first.advanced(by: used)
    }
}
