// The escapes of CLIXML (MS-PSRP 2.2.5.3.2): `_x` + four hexadecimal digits + `_` stands for one UTF-16 code unit. They
// carry what XML cannot (control characters, half surrogates) and what it would change (line ends), on top of XML's own.
//
// Reading replaces escapes once, from left to right, and does not look again at what it made: `_x005F_x0041_` is
// `_x0041_`. Two escaped halves become one character. A half that stays alone has no place in a Swift string.

/// What a text with escapes was.
enum UnescapedText {
    case string(String)
    /// Code units with half a surrogate pair among them.
    case utf16([UInt16])

    /// The text; what no string can hold becomes U+FFFD.
    var string: String {
        switch self {
        case .string(let text): text
        case .utf16(let units): String(decoding: units, as: UTF16.self)
        }
    }
}

enum Escaping {
    typealias Bytes = UnsafeBufferPointer<UInt8>

    /// Replaces the escapes in UTF-8 text.
    static func unescape(_ text: Bytes) -> UnescapedText {
        guard var found = firstEscape(in: text, from: 0) else { return .string(String(decoding: text, as: UTF8.self)) }
        var units: [UInt16] = []
        units.reserveCapacity(text.count)
        var start = 0
        while true {
            units.append(contentsOf: String(decoding: text[start..<found.index], as: UTF8.self).utf16)
            units.append(found.unit)
            start = found.index + 7
            guard let next = firstEscape(in: text, from: start) else { break }
            found = next
        }
        units.append(contentsOf: String(decoding: text[start...], as: UTF8.self).utf16)
        return String(validating: units, as: UTF16.self).map(UnescapedText.string) ?? .utf16(units)
    }

    /// Appends text with CLIXML's escapes and XML's.
    static func escape(_ text: String, inAttribute: Bool = false, into bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { escape(utf8: $0, inAttribute: inAttribute, into: &bytes) }
    }

    /// Appends UTF-16 with CLIXML's escapes and XML's; half surrogates are fine.
    static func escape(utf16 units: [UInt16], into bytes: inout [UInt8]) {
        for (index, unit) in units.enumerated() {
            let beginsEscape = unit == 0x5F && index + 1 < units.count && (units[index + 1] | 0x20) == 0x78
            if beginsEscape || (0xD800...0xDFFF).contains(unit) {
                appendEscape(of: unit, to: &bytes)
            } else {
                escape(String(decoding: [unit], as: UTF16.self), into: &bytes)
            }
        }
    }

    private static func escape(utf8 text: Bytes, inAttribute: Bool, into bytes: inout [UInt8]) {
        // What needs no escape is copied in runs; `start` is where the present one began.
        var start = 0
        var index = 0
        func endRun(skipping count: Int) {
            bytes.append(contentsOf: text[start..<index])
            index += count
            start = index
        }
        func replace(with entity: StaticString) {
            endRun(skipping: 1)
            entity.withUTF8Buffer { bytes.append(contentsOf: $0) }
        }
        while index < text.count {
            let byte = text[index]
            switch byte {
            case 0x26: replace(with: "&amp;")
            case 0x3C: replace(with: "&lt;")
            case 0x3E: replace(with: "&gt;")
            case 0x22 where inAttribute: replace(with: "&quot;")
            case 0x00...0x1F, 0x7F:
                endRun(skipping: 1)
                appendEscape(of: UInt16(byte), to: &bytes)
            case 0x5F where index + 1 < text.count && (text[index + 1] | 0x20) == 0x78:
                endRun(skipping: 1)
                appendEscape(of: 0x5F, to: &bytes)
            // U+0080 to U+009F.
            case 0xC2 where text[index + 1] < 0xA0:
                endRun(skipping: 2)
                appendEscape(of: UInt16(text[index - 1]), to: &bytes)
            // U+FFFE and U+FFFF, which XML cannot hold.
            case 0xEF where text[index + 1] == 0xBF && text[index + 2] >= 0xBE:
                endRun(skipping: 3)
                appendEscape(of: 0xFFC0 | UInt16(text[index - 1] & 0x3F), to: &bytes)
            // A character beyond the 16 bits goes as its two halves.
            case 0xF0...0xFF:
                endRun(skipping: 4)
                for unit in String(decoding: text[index - 4..<index], as: UTF8.self).utf16 {
                    appendEscape(of: unit, to: &bytes)
                }
            default: index += 1
            }
        }
        endRun(skipping: 0)
    }

    /// A document with U+FFFE and U+FFFF escaped, or nil when there are none in it.
    static func escapingNoncharacters(_ document: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var start = document.startIndex
        var index = start
        while index + 3 <= document.endIndex {
            if document[index] == 0xEF, document[index + 1] == 0xBF, document[index + 2] >= 0xBE {
                bytes.append(contentsOf: document[start..<index])
                appendEscape(of: 0xFFC0 | UInt16(document[index + 2] & 0x3F), to: &bytes)
                start = index + 3
                index += 2
            }
            index += 1
        }
        guard start > document.startIndex else { return nil }
        bytes.append(contentsOf: document[start...])
        return bytes
    }

    private static func appendEscape(of unit: UInt16, to bytes: inout [UInt8]) {
        bytes.append(0x5F)
        bytes.append(0x78)
        for shift in [12, 8, 4, 0] as [UInt16] {
            let digit = UInt8(truncatingIfNeeded: unit >> shift & 15)
            bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit)
        }
        bytes.append(0x5F)
    }

    private static func firstEscape(in text: Bytes, from start: Int) -> (index: Int, unit: UInt16)? {
        var index = start
        while index + 7 <= text.count {
            if text[index] == 0x5F, let unit = escapedUnit(in: text, at: index) { return (index, unit) }
            index += 1
        }
        return nil
    }

    /// Only a small x begins an escape; the digits may have either case.
    private static func escapedUnit(in text: Bytes, at index: Int) -> UInt16? {
        guard text[index + 1] == 0x78, text[index + 6] == 0x5F else { return nil }
        var unit: UInt64 = 0
        for place in index + 2..<index + 6 {
            guard let digit = text[place].hexValue else { return nil }
            unit = unit << 4 | digit
        }
        return UInt16(unit)
    }
}
