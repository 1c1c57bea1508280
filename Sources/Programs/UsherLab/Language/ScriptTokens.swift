// The words of a script, as far as the lab's language goes (about_Parsing): names, parameters, variables, strings, numbers,
// and what joins them. Anything else is a parser error that names it, so that no text is taken for something it is not.

internal import CLIXML

/// A word of a script.
enum ScriptToken: Equatable {
    case word(String)
    /// `-Name`, without its dash; a colon behind it is left out too.
    case parameter(String)
    case variable(String)
    case string(String)
    case number(PSValue)
    case pipe
    case comma
    case equals
    case openBrace
    case closeBrace
    case openParenthesis
    case closeParenthesis
    /// A line or a semicolon ends.
    case end

    /// The value of one that stands for itself.
    var literal: PSValue? {
        switch self {
        case .string(let text), .word(let text): .string(text)
        case .number(let value): value
        case .variable(let name): Self.constants[name.lowercased()]
        default: nil
        }
    }

    static let constants: [String: PSValue] = ["true": .bool(true), "false": .bool(false), "null": .null]
}

/// Cuts a script into words.
enum ScriptTokens {
    static let bytesMax = 65536

    static func tokens(of script: String) throws(BindingFailure) -> [ScriptToken] {
        guard script.utf8.count <= bytesMax else {
            throw BindingFailure(
                record: .parserError("The script is longer than \(bytesMax) bytes.", id: "TooLong", at: ""))
        }
        var scanner = Scanner(rest: Array(script)[...])
        var tokens: [ScriptToken] = []
        while let token = try scanner.next() { tokens.append(token) }
        return tokens
    }

    private struct Scanner {
        var rest: ArraySlice<Character>

        mutating func next() throws(BindingFailure) -> ScriptToken? {
            while let character = rest.first, character == " " || character == "\t" { rest.removeFirst() }
            guard let character = rest.first else { return nil }
            switch character {
            case "\n", "\r\n", "\r", ";": return one(.end)
            case "|": return one(.pipe)
            case ",": return one(.comma)
            case "=": return one(.equals)
            case "{": return one(.openBrace)
            case "}": return one(.closeBrace)
            case "(": return one(.openParenthesis)
            case ")": return one(.closeParenthesis)
            case "#":
                rest = rest.drop { $0 != "\n" && $0 != "\r\n" }
                return try next()
            case "'", "\"": return .string(try string(character))
            case "$": return try variable()
            case "-" where rest.dropFirst().first?.isLetter ?? false:
                rest.removeFirst()
                let name = word()
                return .parameter(name.hasSuffix(":") ? String(name.dropLast()) : name)
            default: return try plain()
            }
        }

        private mutating func one(_ token: ScriptToken) -> ScriptToken {
            rest.removeFirst()
            return token
        }

        /// RFC-like rules of PowerShell: the quotation mark itself is doubled; a back quote escapes in double ones.
        private mutating func string(_ mark: Character) throws(BindingFailure) -> String {
            rest.removeFirst()
            var text = ""
            while let character = rest.popFirst() {
                if character == mark {
                    guard rest.first == mark else { return text }
                    rest.removeFirst()
                } else if character == "`", mark == "\"", let escaped = rest.popFirst() {
                    text.append(escaped == "n" ? "\n" : escaped == "t" ? "\t" : escaped == "r" ? "\r" : escaped)
                    continue
                } else if character == "$", mark == "\"", let next = rest.first,
                    next.isLetter || next == "(" || next == "{"
                {
                    throw failure("Variables inside strings are not expanded by the lab.", "ExpandableString")
                }
                text.append(character)
            }
            throw failure("The string is missing the terminator: \(mark).", "TerminatorExpectedAtEndOfString")
        }

        private mutating func variable() throws(BindingFailure) -> ScriptToken {
            rest.removeFirst()
            let name = rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" }
            guard !name.isEmpty else { throw failure("The token '$' stands for nothing here.", "UnexpectedToken") }
            rest = rest.dropFirst(name.count)
            return .variable(String(name))
        }

        private mutating func word() -> String {
            let ends: Set<Character> = [
                " ", "\t", "\n", "\r\n", "\r", ";", "|", ",", "=", "{", "}", "(", ")", "'", "\"", "$",
            ]
            let text = rest.prefix { !ends.contains($0) }
            rest = rest.dropFirst(text.count)
            return String(text)
        }

        private mutating func plain() throws(BindingFailure) -> ScriptToken {
            let refused: Set<Character> = ["&", "<", ">", "[", "]", "@", "!", "%", "+", "/"]
            if let character = rest.first, refused.contains(character) {
                throw failure("Unexpected token '\(character)' in expression or statement.", "UnexpectedToken")
            }
            let text = word()
            if let number = Int64(text) {
                return .number(Int32(exactly: number).map(PSValue.int32) ?? .int64(number))
            }
            let looksLikeANumber =
                text.allSatisfy { $0.isNumber || $0 == "." || $0 == "-" } && text.contains { $0.isNumber }
            if looksLikeANumber, let number = Double(text) { return .number(.double(number)) }
            return .word(text)
        }

        private func failure(_ message: String, _ id: String) -> BindingFailure {
            BindingFailure(record: .parserError(message, id: id, at: String(rest.prefix(40))))
        }
    }
}
