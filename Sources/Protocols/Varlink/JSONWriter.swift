// The JSON writer: no white space, members in their order, and nothing a terminal would act upon.
//
// People look at replies with socat, and replies quote what tenants and users wrote. So beside what RFC 8259 wants
// escaped, the characters that move a cursor, change colours or turn text round are written as \uXXXX as well:
// DEL, the C1 controls (U+009B begins an escape sequence just as ESC [ does), the line and paragraph separators, at which
// some programs end a line, and the bidirectional controls.

extension JSON {
    /// Appends the text of this value.
    ///
    /// A number that JSON cannot say, an infinity or NaN, becomes `null`.
    public func write(into bytes: inout [UInt8]) {
        switch self {
        case .null: bytes.append(contentsOf: "null".utf8)
        case .bool(let value): bytes.append(contentsOf: (value ? "true" : "false").utf8)
        case .int(let value): value.writeJSON(into: &bytes)
        case .double(let value): bytes.append(contentsOf: (value.isFinite ? value.description : "null").utf8)
        case .string(let value): value.writeJSON(into: &bytes)
        case .object(let object): object.write(into: &bytes)
        case .array(let elements):
            bytes.append(UInt8(ascii: "["))
            var isFirst = true
            for element in elements {
                if !isFirst { bytes.append(UInt8(ascii: ",")) }
                isFirst = false
                element.write(into: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        }
    }

    /// The value as JSON text.
    public var text: String {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}

extension JSONObject {
    /// Appends the text of this object.
    public func write(into bytes: inout [UInt8]) {
        var lead = UInt8(ascii: "{")
        for member in members {
            bytes.append(lead, quoted: member.key, UInt8(ascii: ":"))
            lead = UInt8(ascii: ",")
            member.value.write(into: &bytes)
        }
        if members.isEmpty { bytes.append(lead) }
        bytes.append(UInt8(ascii: "}"))
    }
}

extension String {
    /// Appends this text in quotes, with everything harmful escaped.
    public func writeJSON(into bytes: inout [UInt8]) { bytes.append(nil, quoted: self, nil) }
}

extension [UInt8] {
    /// Appends a text in quotes and what stands before and behind it: in one go where it needs no escape, as nearly all
    /// do, because with each growing an array asks whether it may.
    @inline(__always)
    fileprivate mutating func append(_ lead: UInt8?, quoted text: String, _ trail: UInt8?) {
        withContiguousBytes(of: text.utf8) { text in
            guard text.isPlainText else { return appendEscaped(lead, text, trail) }
            append(addingCapacity: text.count + 4) { output in
                if let lead { output.append(lead) }
                output.append(UInt8(ascii: "\""))
                output.withUnsafeMutableBufferPointer { buffer, count in
                    _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).update(fromContentsOf: text)
                    count += text.count
                }
                output.append(UInt8(ascii: "\""))
                if let trail { output.append(trail) }
            }
        }
    }

    @inline(never)
    private mutating func appendEscaped(_ lead: UInt8?, _ text: UnsafeBufferPointer<UInt8>, _ trail: UInt8?) {
        if let lead { append(lead) }
        append(UInt8(ascii: "\""))
        var written = 0
        var index = 0
        while true {
            index = text.endOfPlainText(from: index)
            guard index < text.count else { break }
            guard let escape = Escape(at: index, in: text) else {
                index += 1
                continue
            }
            append(contentsOf: UnsafeBufferPointer(rebasing: text[written..<index]))
            escape.write(into: &self)
            index += escape.length
            written = index
        }
        append(contentsOf: UnsafeBufferPointer(rebasing: text[written...]))
        append(UInt8(ascii: "\""))
        if let trail { append(trail) }
    }
}

extension Int64 {
    /// Appends the digits.
    fileprivate func writeJSON(into bytes: inout [UInt8]) {
        // As many as a number of 64 bits has, with its sign.
        bytes.append(addingCapacity: 20) { output in
            if self < 0 { output.append(UInt8(ascii: "-")) }
            var (digits, bound) = (1, 10 as UInt64)
            while digits < 19, magnitude >= bound { (digits, bound) = (digits + 1, bound &* 10) }
            output.withUnsafeMutableBufferPointer { buffer, count in
                var rest = magnitude
                for place in (count..<count + digits).reversed() {
                    buffer[place] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                    rest /= 10
                }
                count += digits
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether a character is in this text, which is UTF-8, that the writer would escape and a string may yet hold as
    /// it is.
    var hasHarmfulCharacter: Bool {
        indices.contains { self[$0] >= 0x7F && Escape(at: $0, in: self) != nil }
    }
}

/// A character that is not written as itself.
private struct Escape {
    /// The character; all of them lie in the basic plane.
    let codeUnit: UInt16
    /// Its bytes in UTF-8.
    let length: Int

    /// Nil when the character that begins at `index` needs no escape, or no character begins there.
    @inline(__always)
    init?(at index: Int, in text: UnsafeBufferPointer<UInt8>) {
        let byte = text[index]
        switch byte {
        case 0..<0x20, UInt8(ascii: "\""), UInt8(ascii: "\\"), 0x7F: (codeUnit, length) = (UInt16(byte), 1)
        // The lead bytes of U+0080-00BF, U+0600-063F and U+2000-2FFF. A Swift string is UTF-8, so the rest is there.
        case 0xC2 where text[index + 1] < 0xA0: (codeUnit, length) = (UInt16(text[index + 1]), 2)
        case 0xD8 where text[index + 1] == 0x9C: (codeUnit, length) = (0x061C, 2)
        case 0xE2 where text[index + 1] == 0x80 || text[index + 1] == 0x81:
            let scalar = 0x2000 | UInt16(text[index + 1] & 0x3F) << 6 | UInt16(text[index + 2] & 0x3F)
            switch scalar {
            case 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: (codeUnit, length) = (scalar, 3)
            default: return nil
            }
        default: return nil
        }
    }

    func write(into bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        switch codeUnit {
        case 0x22, 0x5C: bytes.append(UInt8(codeUnit))
        case 0x08: bytes.append(UInt8(ascii: "b"))
        case 0x09: bytes.append(UInt8(ascii: "t"))
        case 0x0A: bytes.append(UInt8(ascii: "n"))
        case 0x0C: bytes.append(UInt8(ascii: "f"))
        case 0x0D: bytes.append(UInt8(ascii: "r"))
        default:
            bytes.append(UInt8(ascii: "u"))
            for shift in stride(from: 12, through: 0, by: -4) {
                let digit = UInt8(truncatingIfNeeded: codeUnit >> shift & 0xF)
                bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
            }
        }
    }
}
