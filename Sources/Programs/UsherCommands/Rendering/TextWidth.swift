// How wide text is on a terminal. The C library's wcwidth answers by locale, and a static program has only the C locale. What
// people see as one character takes one place or two: two where it is wide in East Asia (UAX #11) or shown as a picture.

extension String {
    /// The number of terminal columns this takes.
    var terminalColumns: Int {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return utf8.count }
        return reduce(0) { $0 + $1.terminalColumns }
    }

    /// Padded with spaces to at least `width` columns.
    func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - terminalColumns))
    }

    /// Cut to at most `width` columns, with an ellipsis where something was cut.
    func fitted(to width: Int) -> String {
        guard terminalColumns > width else { return self }
        guard width > 1 else { return width == 1 ? "…" : "" }
        var text = ""
        var used = 0
        for character in self {
            let columns = character.terminalColumns
            guard used + columns < width else { break }
            text.append(character)
            used += columns
        }
        return text + "…"
    }
}

extension Character {
    /// The columns of what people see as one character, however many scalars it is made of.
    fileprivate var terminalColumns: Int {
        let scalars = unicodeScalars
        guard let first = scalars.first, scalars.count > 1 else { return scalars.first?.terminalColumns ?? 0 }
        // A flag is two letters; U+FE0F asks for the picture of what is also a text.
        if first.properties.isEmoji, scalars.contains(where: { $0.value == 0xFE0F }) { return 2 }
        if (0x1F1E6...0x1F1FF).contains(first.value) { return 2 }
        return scalars.reduce(0) { max($0, $1.terminalColumns) }
    }
}

extension Unicode.Scalar {
    fileprivate var terminalColumns: Int {
        switch value {
        case 0x1100...0x115F, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
            0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
            0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x3FFFD:
            2
        // Vowels and finals of Hangul join the consonant before them.
        case 0x1160...0x11FF, 0xD7B0...0xD7FF: 0
        default:
            if properties.isEmojiPresentation {
                2
            } else if properties.isDefaultIgnorableCodePoint, value != 0xAD {
                0
            } else {
                switch properties.generalCategory {
                case .nonspacingMark, .enclosingMark: 0
                default: 1
                }
            }
        }
    }
}
