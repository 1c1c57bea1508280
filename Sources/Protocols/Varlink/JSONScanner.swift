// Where values lie in JSON text, without making them.
//
// Result objects go through the command to whoever reads it as they came; decoding ten thousand of them to write them
// again would be most of what the command does. The scanner holds to the parser's grammar and to the writer's: text
// that a terminal would act upon makes it give up, as a repeated or escaped key does where its caller looks at keys.
// Whoever scans falls back to the parser then, which knows better; giving up is never an answer.
//
// What it does not see: a key that comes twice inside a value that is skipped.

/// Walks through one JSON text.
public struct JSONScanner {
    private var parser: JSONParser
    private var depth = 0

    /// A scanner in front of one value that fills `bytes`.
    public init(_ bytes: UnsafeBufferPointer<UInt8>, depthMax: Int = JSON.depthMax) {
        parser = JSONParser(bytes: bytes, depthMax: depthMax)
    }

    /// Where it stands.
    public var position: Int { parser.position }

    /// The first byte of the next value, 0 at the end.
    public mutating func peek() -> UInt8 {
        parser.skipSpace()
        return parser.current
    }

    /// Goes through an object. `each` gets a key as it is written, and has to skip or walk through its value.
    public mutating func members(
        _ each: (UnsafeBufferPointer<UInt8>, inout JSONScanner) throws(JSONError) -> Void
    ) throws(JSONError) {
        try enter(UInt8(ascii: "{"), .value)
        if peek() == UInt8(ascii: "}") { return leave() }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw parser.missing(.key) }
            let start = parser.position + 1
            try skipString()
            let key = UnsafeBufferPointer(rebasing: parser.bytes[start..<parser.position - 1])
            guard peek() == UInt8(ascii: ":") else { throw parser.missing(.colon) }
            parser.position += 1
            try each(key, &self)
            switch peek() {
            case UInt8(ascii: ","): parser.position += 1
            case UInt8(ascii: "}"): return leave()
            default: throw parser.missing(.commaOrBrace)
            }
        }
    }

    /// Goes through an array. `each` has to skip or walk through the element.
    public mutating func elements(_ each: (inout JSONScanner) throws(JSONError) -> Void) throws(JSONError) {
        try enter(UInt8(ascii: "["), .value)
        if peek() == UInt8(ascii: "]") { return leave() }
        while true {
            try each(&self)
            switch peek() {
            case UInt8(ascii: ","): parser.position += 1
            case UInt8(ascii: "]"): return leave()
            default: throw parser.missing(.commaOrBracket)
            }
        }
    }

    /// Goes past the next value; returns where it lies.
    @discardableResult
    public mutating func skip() throws(JSONError) -> Range<Int> {
        let first = peek()
        let start = parser.position
        switch first {
        case UInt8(ascii: "\""): try skipString()
        case UInt8(ascii: "{"): try skipObject()
        case UInt8(ascii: "["): try skipArray()
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try skipNumber()
        case UInt8(ascii: "t"): _ = try parser.word("true", .null)
        case UInt8(ascii: "f"): _ = try parser.word("false", .null)
        case UInt8(ascii: "n"): _ = try parser.word("null", .null)
        default: throw parser.missing(.value)
        }
        return start..<parser.position
    }

    /// Holds that nothing follows the value.
    public mutating func end() throws(JSONError) {
        guard peek() == 0, parser.position == parser.bytes.count else { throw parser.failure(.trailingBytes) }
    }

    private mutating func enter(_ bracket: UInt8, _ expected: JSONError.Expected) throws(JSONError) {
        guard peek() == bracket else { throw parser.missing(expected) }
        guard depth < parser.depthMax else { throw parser.failure(.tooDeep(limit: parser.depthMax)) }
        depth += 1
        parser.position += 1
    }

    private mutating func leave() {
        depth -= 1
        parser.position += 1
    }

    // As `members` and `elements` go, without handing anything over: this is most of what the scanner does.
    private mutating func skipObject() throws(JSONError) {
        try enter(UInt8(ascii: "{"), .value)
        if peek() == UInt8(ascii: "}") { return leave() }
        while true {
            guard peek() == UInt8(ascii: "\"") else { throw parser.missing(.key) }
            try skipString()
            guard peek() == UInt8(ascii: ":") else { throw parser.missing(.colon) }
            parser.position += 1
            try skip()
            switch peek() {
            case UInt8(ascii: ","): parser.position += 1
            case UInt8(ascii: "}"): return leave()
            default: throw parser.missing(.commaOrBrace)
            }
        }
    }

    private mutating func skipArray() throws(JSONError) {
        try enter(UInt8(ascii: "["), .value)
        if peek() == UInt8(ascii: "]") { return leave() }
        while true {
            try skip()
            switch peek() {
            case UInt8(ascii: ","): parser.position += 1
            case UInt8(ascii: "]"): return leave()
            default: throw parser.missing(.commaOrBracket)
            }
        }
    }

    private mutating func skipNumber() throws(JSONError) {
        if parser.current == UInt8(ascii: "-") { parser.position += 1 }
        if parser.current == UInt8(ascii: "0") { parser.position += 1 } else { _ = try parser.digits() }
        // Fractions and exponents may be out of range, which the parser finds out.
        guard parser.current == UInt8(ascii: ".") || parser.current | 0x20 == UInt8(ascii: "e") else { return }
        if parser.current == UInt8(ascii: ".") {
            parser.position += 1
            _ = try parser.digits()
        }
        guard parser.current | 0x20 != UInt8(ascii: "e") else { throw parser.failure(.numberTooLarge) }
    }

    private mutating func skipString() throws(JSONError) {
        parser.position += 1
        let start = parser.position
        var isASCII = true
        while true {
            isASCII = try parser.skipUnescaped() && isASCII
            parser.position += 1
            guard parser.bytes[parser.position - 1] == UInt8(ascii: "\\") else { break }
            try skipEscape()
        }
        guard !isASCII else { return }
        let text = UnsafeBufferPointer(rebasing: parser.bytes[start..<parser.position - 1])
        guard String(validating: text, as: UTF8.self) != nil, !text.hasHarmfulCharacter else {
            throw parser.failure(.invalidUTF8)
        }
    }

    private mutating func skipEscape() throws(JSONError) {
        guard parser.current != UInt8(ascii: "u") else {
            _ = try parser.escapedScalar()
            return
        }
        switch parser.current {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            parser.position += 1
        default: throw parser.missing(.escape)
        }
    }
}
