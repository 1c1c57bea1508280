// What a terminal sends, as keys. Bytes come in any pieces; what is not whole yet waits for more.

/// A key, or what was pasted.
enum Key: Hashable, Sendable {
    case character(Character)
    case enter, tab, backspace, delete
    case left, right, wordLeft, wordRight, home, end, up, down
    /// Control and this letter.
    case control(Character)
    /// Alt and this letter.
    case alt(Character)
    /// Text between the marks of a bracketed paste.
    case paste(String)
}

/// Turns bytes into keys.
struct KeyReader {
    private var pending: [UInt8] = []

    private static let escape: UInt8 = 0x1B
    private static let pasteEnd = Array("\u{1B}[201~".utf8)
    /// A paste beyond this is cut off; a line is no place for more.
    private static let pasteBytesMax = 1 << 20

    mutating func receive(_ bytes: some Sequence<UInt8>) { pending.append(contentsOf: bytes) }

    /// The next key, nil when more bytes are needed.
    mutating func next() -> Key? {
        while let first = pending.first {
            switch first {
            case Self.escape:
                guard let length = sequenceLength() else { return nil }
                let sequence = pending[1..<length].map { $0 }
                if sequence == Array("[200~".utf8) { return paste(from: length) }
                pending.removeFirst(length)
                if let key = Self.key(of: sequence) { return key }
            case 0x0D, 0x0A: return take(.enter)
            case 0x09: return take(.tab)
            case 0x7F, 0x08: return take(.backspace)
            case 0..<0x20: return take(.control(Character(Unicode.Scalar(first + 0x60))))
            case 0x20..<0x7F: return take(.character(Character(Unicode.Scalar(first))))
            default:
                let length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1
                guard pending.count >= length else { return nil }
                let text = String(validating: pending[..<length], as: UTF8.self)
                pending.removeFirst(text == nil ? 1 : length)
                if let character = text?.first { return .character(character) }
            }
        }
        return nil
    }

    private mutating func take(_ key: Key) -> Key {
        pending.removeFirst()
        return key
    }

    /// The bytes of the escape sequence at the front; nil while it is not whole.
    private func sequenceLength() -> Int? {
        guard pending.count >= 2 else { return nil }
        switch pending[1] {
        case UInt8(ascii: "["):
            guard let final = pending[2...].firstIndex(where: { (0x40...0x7E).contains($0) }) else {
                // No sequence is as long as this.
                return pending.count > 32 ? pending.count : nil
            }
            return final + 1
        case UInt8(ascii: "O"): return pending.count >= 3 ? 3 : nil
        case Self.escape: return 1
        default: return 2
        }
    }

    private mutating func paste(from start: Int) -> Key? {
        let rest = pending[start...]
        var end = rest.startIndex
        while end + Self.pasteEnd.count <= rest.endIndex, !rest[end...].starts(with: Self.pasteEnd) { end += 1 }
        guard end + Self.pasteEnd.count <= rest.endIndex else {
            guard rest.count > Self.pasteBytesMax else { return nil }
            pending = []
            return .paste("")
        }
        let text = String(decoding: rest[..<end], as: UTF8.self)
        pending.removeFirst(end + Self.pasteEnd.count)
        return .paste(text)
    }

    /// The key that a sequence without its escape stands for.
    private static func key(of sequence: [UInt8]) -> Key? {
        let text = String(decoding: sequence, as: UTF8.self)
        switch text {
        case "[A", "OA": return .up
        case "[B", "OB": return .down
        case "[C", "OC": return .right
        case "[D", "OD": return .left
        case "[H", "OH", "[1~", "[7~": return .home
        case "[F", "OF", "[4~", "[8~": return .end
        case "[3~": return .delete
        case "[1;5C", "[1;3C", "f": return .wordRight
        case "[1;5D", "[1;3D", "b": return .wordLeft
        default:
            guard sequence.count == 1, let character = text.first, character.isLetter || sequence[0] == 0x7F else {
                return nil
            }
            return .alt(character)
        }
    }
}
