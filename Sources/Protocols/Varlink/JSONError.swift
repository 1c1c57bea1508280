/// Why bytes are not JSON, or not the JSON we take, and where.
public struct JSONError: Error, Hashable, Sendable {
    /// What is wrong.
    public let kind: Kind
    /// The byte it was noticed at, counted from 0.
    public let offset: Int

    /// What can be wrong.
    public enum Kind: Hashable, Sendable {
        /// The bytes end inside a value.
        case endOfInput
        /// Something else stands where this had to come.
        case expected(Expected)
        /// The value is complete and more than white space follows.
        case trailingBytes
        /// Text that is not UTF-8.
        case invalidUTF8
        /// A control character inside a string; it has to be escaped.
        case controlCharacter
        /// Half of a surrogate pair without the other half.
        case loneSurrogate
        /// A key that the object already has. Parsers disagree which of the two counts, so neither does.
        case duplicateKey
        /// A number too large even for a floating point number.
        case numberTooLarge
        /// Arrays and objects nest deeper than the limit.
        case tooDeep(limit: Int)
    }

    /// What the grammar allows at some place.
    public enum Expected: String, Hashable, Sendable {
        case value = "a value"
        case key = "a key in quotes"
        case colon = "a colon"
        case commaOrBrace = "a comma or a closing brace"
        case commaOrBracket = "a comma or a closing bracket"
        case digit = "a digit"
        case escape = "an escape sequence"
        case hexDigit = "four hexadecimal digits"
    }
}

extension JSONError: CustomStringConvertible {
    /// One sentence.
    public var description: String {
        let what =
            switch kind {
            case .endOfInput: "The JSON text ends too early"
            case .expected(let expected): "Expected \(expected.rawValue)"
            case .trailingBytes: "Something follows the JSON value"
            case .invalidUTF8: "The text is not UTF-8"
            case .controlCharacter: "A string holds a raw control character"
            case .loneSurrogate: "A string holds half of a surrogate pair"
            case .duplicateKey: "An object has a key twice"
            case .numberTooLarge: "A number is too large"
            case .tooDeep(let limit): "Arrays and objects nest deeper than \(limit)"
            }
        return "\(what), at byte \(offset)."
    }
}
