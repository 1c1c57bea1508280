// How wide text is on a terminal. The C library's wcwidth answers by locale, and a static program has only the C locale;
// what we show are names and purposes, so the wide blocks and combining marks are enough.

extension String {
    /// The number of terminal columns this takes.
    var terminalColumns: Int {
        guard utf8.contains(where: { $0 >= 0x80 }) else { return utf8.count }
        return unicodeScalars.reduce(0) { $0 + $1.terminalColumns }
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
            let columns = String(character).unicodeScalars.reduce(0) { $0 + $1.terminalColumns }
            guard used + columns < width else { break }
            text.append(character)
            used += columns
        }
        return text + "…"
    }
}

extension Unicode.Scalar {
    fileprivate var terminalColumns: Int {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            2
        case 0x200B...0x200D, 0xFE00...0xFE0F: 0
        default:
            switch properties.generalCategory {
            case .nonspacingMark, .enclosingMark: 0
            default: 1
            }
        }
    }
}
