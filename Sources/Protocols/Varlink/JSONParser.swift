// The JSON parser: strict RFC 8259, over bytes that are all there.
//
// Varlink frames a message before anyone looks into it, so this parser never waits for more. It is as strict as it can
// be, because whatever two parsers read differently is a way round a check made with one of them: repeated keys, text
// that is not UTF-8, halves of surrogate pairs, numbers beyond a double and bytes behind the value are refused.
//
// It is written for requests of some hundred bytes, hundreds of thousands of times a second: one pass over the bytes,
// strings made straight from the buffer when they hold no escape, no look-ahead beyond one byte.
//
// Invariant: `position` never passes `bytes.count`; `current` is 0 there, and 0 is no part of any JSON text.

extension JSON {
    /// Reads one value from all of `bytes`.
    ///
    /// An array or object counts as one level of depth, what is inside it as the next. A limit far above the standard
    /// one needs a stack to match.
    public init(parsing bytes: UnsafeBufferPointer<UInt8>, depthMax: Int = JSON.depthMax) throws(JSONError) {
        var parser = JSONParser(bytes: bytes, depthMax: depthMax)
        self = try parser.document()
    }

    /// Reads one value from all of `bytes`.
    public init(parsing bytes: some Collection<UInt8>, depthMax: Int = JSON.depthMax) throws(JSONError) {
        self = try withContiguousBytes(of: bytes) { bytes in
            Result { () throws(JSONError) in try JSON(parsing: bytes, depthMax: depthMax) }
        }.get()
    }
}

/// Lends the bytes of any collection as one buffer, copied only when they do not lie together.
func withContiguousBytes<R>(of bytes: some Collection<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    bytes.withContiguousStorageIfAvailable(body) ?? Array(bytes).withUnsafeBufferPointer(body)
}

/// The state of one parse.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let depthMax: Int
    var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>, depthMax: Int) {
        self.bytes = bytes
        self.depthMax = depthMax
    }

    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    func failure(_ kind: JSONError.Kind) -> JSONError { JSONError(kind: kind, offset: position) }

    /// The error for a byte that does not belong here; the end of the bytes is an error of its own.
    func missing(_ expected: JSONError.Expected) -> JSONError {
        failure(position < bytes.count ? .expected(expected) : .endOfInput)
    }

    mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): position += 1
            default: return
            }
        }
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value(depth: 0)
        skipSpace()
        guard position == bytes.count else { throw failure(.trailingBytes) }
        return value
    }

    /// Reads a value inside `depth` arrays and objects.
    mutating func value(depth: Int) throws(JSONError) -> JSON {
        skipSpace()
        switch current {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "{"): return .object(try object(depth: depth))
        case UInt8(ascii: "["): return .array(try array(depth: depth))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw missing(.value)
        }
    }

    mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard current == word.utf8Start[index] else {
                guard position < bytes.count else { throw failure(.endOfInput) }
                throw JSONError(kind: .expected(.value), offset: start)
            }
            position += 1
        }
        return value
    }

    mutating func array(depth: Int) throws(JSONError) -> [JSON] {
        guard depth < depthMax else { throw failure(.tooDeep(limit: depthMax)) }
        position += 1
        skipSpace()
        var elements: [JSON] = []
        if current == UInt8(ascii: "]") {
            position += 1
            return elements
        }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return elements
            default: throw missing(.commaOrBracket)
            }
        }
    }

    mutating func object(depth: Int) throws(JSONError) -> JSONObject {
        guard depth < depthMax else { throw failure(.tooDeep(limit: depthMax)) }
        position += 1
        skipSpace()
        if current == UInt8(ascii: "}") {
            position += 1
            return JSONObject()
        }
        var members: [JSONObject.Member] = []
        members.reserveCapacity(4)
        var manyKeys: Set<String> = []
        while true {
            skipSpace()
            let start = position
            guard current == UInt8(ascii: "\"") else { throw missing(.key) }
            let key = try string()
            guard !Self.isTaken(key, in: members, &manyKeys) else {
                throw JSONError(kind: .duplicateKey, offset: start)
            }
            skipSpace()
            guard current == UInt8(ascii: ":") else { throw missing(.colon) }
            position += 1
            members.append(JSONObject.Member(key, try value(depth: depth + 1)))
            skipSpace()
            switch current {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                return JSONObject(unique: members)
            default: throw missing(.commaOrBrace)
            }
        }
    }

    /// Whether an object has this key already. A few keys are compared one by one; from 16 on a set does it, as a
    /// frame full of keys would otherwise cost the square of its length.
    static func isTaken(
        _ key: String, in members: [JSONObject.Member], _ manyKeys: inout Set<String>
    ) -> Bool {
        guard members.count >= 16 else { return members.contains { $0.key == key } }
        if manyKeys.isEmpty { manyKeys = Set(members.lazy.map(\.key)) }
        return !manyKeys.insert(key).inserted
    }
}

// MARK: Numbers

extension JSONParser {
    mutating func number() throws(JSONError) -> JSON {
        let start = position
        let isNegative = current == UInt8(ascii: "-")
        if isNegative { position += 1 }
        // No leading zeros: after "0" the number is over, and another digit is no comma.
        var magnitude: UInt64? = 0
        if current == UInt8(ascii: "0") {
            position += 1
        } else {
            magnitude = try digits()
        }
        var isInteger = true
        if current == UInt8(ascii: ".") {
            isInteger = false
            position += 1
            _ = try digits()
        }
        if current | 0x20 == UInt8(ascii: "e") {
            isInteger = false
            position += 1
            if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { position += 1 }
            _ = try digits()
        }
        if isInteger, let magnitude, let value = Self.signed(magnitude, isNegative: isNegative) { return .int(value) }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        guard let value = Double(text), value.isFinite else {
            throw JSONError(kind: .numberTooLarge, offset: start)
        }
        return .double(value)
    }

    /// Reads one digit or more; nil when their value does not fit 64 bits.
    mutating func digits() throws(JSONError) -> UInt64? {
        let start = position
        var value: UInt64? = 0
        while case let digit = current &- UInt8(ascii: "0"), digit < 10 {
            if let known = value {
                let (tens, overflow) = known.multipliedReportingOverflow(by: 10)
                let (sum, carry) = tens.addingReportingOverflow(UInt64(digit))
                value = overflow || carry ? nil : sum
            }
            position += 1
        }
        guard position > start else { throw missing(.digit) }
        return value
    }

    static func signed(_ magnitude: UInt64, isNegative: Bool) -> Int64? {
        guard isNegative else { return Int64(exactly: magnitude) }
        return magnitude <= Int64.min.magnitude ? Int64(truncatingIfNeeded: 0 &- magnitude) : nil
    }
}
