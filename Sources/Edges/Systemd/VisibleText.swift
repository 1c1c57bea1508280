/// The text with everything spelled out that could move a cursor, end a line or turn the reading direction.
///
/// Tenants and users choose some of the words that reach a log or a status line. What they choose must not be able
/// to forge a second line or to hide in the first: so C0 and C1 controls, DEL, the line and paragraph separators and
/// the controls of bidirectional text are written as `\n`, `\r`, `\t` or `\u{1b}`. A backslash stays as it is; a reader
/// may take one for the other, which does no harm, and names like `CORP\ken` stay legible.
public func visible(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isUnseen) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": result += #"\n"#
        case "\r": result += #"\r"#
        case "\t": result += #"\t"#
        case _ where isUnseen(scalar): result += #"\u{"# + String(scalar.value, radix: 16) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

private func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1f, 0x7f...0x9f: true
    case 0x2028, 0x2029: true
    case 0x061c, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069: true
    default: false
    }
}
