// White space, comments and words. Everything but comments is ASCII, so bytes are looked at one by one.

extension InterfaceParser {
    /// Passes white space and comments, and collects the comment lines that directly precede the next token.
    @discardableResult
    mutating func skip() -> Bool {
        comments = []
        isOnNewLine = position == 0
        var isBlankLine = false
        while true {
            switch current {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"):
                position += 1
            case UInt8(ascii: "\n"):
                if isBlankLine { comments = [] }
                (isBlankLine, isOnNewLine) = (true, true)
                position += 1
                line += 1
            case UInt8(ascii: "#"):
                position += 1
                if current == UInt8(ascii: " ") { position += 1 }
                let comment = run { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
                // Behind a token on its line it belongs to that token, not to the next one.
                if isOnNewLine { comments.append(comment) }
                isBlankLine = false
            default:
                return true
            }
        }
    }

    /// Takes the bytes that satisfy a condition.
    mutating func run(while isPart: (UInt8) -> Bool) -> String {
        let start = position
        while position < bytes.count, isPart(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard current == UInt8(ascii: character) else { return false }
        position += 1
        return true
    }

    /// A word that begins with a letter: letters, digits, and single underscores between them.
    mutating func word() -> String? {
        guard current.isLetter else { return nil }
        let word = run { $0.isLetterOrDigit || $0 == UInt8(ascii: "_") }
        var previous: UInt8 = 0
        for byte in word.utf8 {
            guard byte != UInt8(ascii: "_") || previous != byte else { return nil }
            previous = byte
        }
        return previous == UInt8(ascii: "_") ? nil : word
    }

    mutating func fieldName() throws(InterfaceSyntaxError) -> String {
        guard let name = word() else { throw expected("a name") }
        return name
    }

    mutating func memberName() throws(InterfaceSyntaxError) -> String {
        guard current.isUpperCase, let name = word(), !name.utf8.contains(UInt8(ascii: "_")) else {
            throw expected("a name that begins with a capital letter")
        }
        return name
    }
}

extension UInt8 {
    var isUpperCase: Bool { UInt8(ascii: "A")...UInt8(ascii: "Z") ~= self }
    var isLetter: Bool { UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }
    var isLetterOrDigit: Bool { isLetter || UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
}
