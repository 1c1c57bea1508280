import Foundation
import Testing

@testable import Varlink

@Suite struct JSONTests {
    func parse(_ text: String, depthMax: Int = JSON.depthMax) throws(JSONError) -> JSON {
        try JSON(parsing: text.utf8, depthMax: depthMax)
    }

    @Test(
        arguments: [
            ("null", JSON.null), (" true ", true), ("false\n", false), ("0", 0), ("-0", 0), ("-12", -12), ("1.5", 1.5),
            ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
            ("9223372036854775808", 9223372036854775808.0), ("-9223372036854775809", -9223372036854775808.0),
            ("1e2", .double(100)), ("1.0", .double(1)), ("-2.5E-1", -0.25), ("1e-999", .double(0)),
            ("100000000000000000000000", .double(1e23)), (#""""#, ""), (#""a\/b\"\\""#, "a/b\"\\"),
            (#""\b\f\n\r\t""#, "\u{8}\u{c}\n\r\t"), (#""\u00e9\uD834\udd1e\u0000""#, "é𝄞\u{0}"), ("[]", []),
            ("{ }", [:]),
            ("[1 , [2]\t,\r\n{}]", [1, [2], [:]]), (#"{"b":1,"a":{"b":2}}"#, ["b": 1, "a": ["b": 2]]),
        ] as [(String, JSON)])
    func `a valid text gives its value`(text: String, value: JSON) throws {
        #expect(try parse(text) == value)
    }

    @Test(
        arguments: [
            ("", JSONError.Kind.endOfInput, 0), ("  ", .endOfInput, 2), ("nul", .endOfInput, 3),
            ("nulL", .expected(.value), 0),
            ("True", .expected(.value), 0), ("[1,]", .expected(.value), 3), ("[1 2]", .expected(.commaOrBracket), 3),
            ("[1", .endOfInput, 2), ("{", .endOfInput, 1), ("{1:2}", .expected(.key), 1),
            (#"{"a" 1}"#, .expected(.colon), 5),
            (#"{"a":1,}"#, .expected(.key), 7), (#"{"a":1]"#, .expected(.commaOrBrace), 6), ("1 2", .trailingBytes, 2),
            ("{}\0", .trailingBytes, 2), ("01", .trailingBytes, 1), ("-", .endOfInput, 1), ("+1", .expected(.value), 0),
            ("1.", .endOfInput, 2), (".5", .expected(.value), 0), ("1.x", .expected(.digit), 2), ("1e", .endOfInput, 2),
            ("1e+", .endOfInput, 3), ("0x10", .trailingBytes, 1), ("NaN", .expected(.value), 0),
            ("1e999", .numberTooLarge, 0),
            ("[-1e999]", .numberTooLarge, 1), (#""a"#, .endOfInput, 2), ("\"a\nb\"", .controlCharacter, 2),
            ("\"\\n\u{1}\"", .controlCharacter, 3), (#""\x""#, .expected(.escape), 2), (#""\"#, .endOfInput, 2),
            (#""\u12""#, .expected(.hexDigit), 5), (#""\u12"#, .endOfInput, 5), (#""\u+123""#, .expected(.hexDigit), 3),
            (#""\ud800""#, .loneSurrogate, 1), (#""\ud800x""#, .loneSurrogate, 1), (#""\ud800\n""#, .loneSurrogate, 1),
            (#""x\udc00""#, .loneSurrogate, 2), (#""\ud800\u0041""#, .loneSurrogate, 1),
            (#""\udc00\ud800""#, .loneSurrogate, 1),
            (#"{"a":1,"a":1}"#, .duplicateKey, 7), (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
            ("'a'", .expected(.value), 0),
            ("// c\n1", .expected(.value), 0), ("\u{FEFF}1", .expected(.value), 0),
        ] as [(String, JSONError.Kind, Int)])
    func `a faulty text is refused at the byte where the fault is`(text: String, kind: JSONError.Kind, offset: Int) {
        #expect(throws: JSONError(kind: kind, offset: offset)) { try parse(text) }
    }

    @Test(
        arguments: [
            ([0x22, 0xFF, 0x22], 1), ([0x22, 0x61, 0xC3, 0x22], 2), ([0x22, 0xC0, 0x80, 0x22], 1),
            ([0x22, 0xED, 0xA0, 0x80, 0x22], 1),
            ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1), ([0x22, 0xC3, 0xA9, 0x80, 0x22], 3),
            ([0x22, 0x5C, 0x6E, 0xFE, 0x22], 3),
            ([0x22, 0xC3, 0x5C, 0x6E, 0xA9, 0x22], 1),
            ([0x22, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x80, 0x22], 10),
        ] as [([UInt8], Int)])
    func `text that is not UTF-8 is refused at the first wrong byte`(bytes: [UInt8], offset: Int) {
        #expect(throws: JSONError(kind: .invalidUTF8, offset: offset)) { try JSON(parsing: bytes) }
    }

    @Test func `an error is one sentence that names the byte`() {
        #expect(JSONError(kind: .expected(.colon), offset: 5).description == "Expected a colon, at byte 5.")
        #expect(JSONError(kind: .tooDeep(limit: 32), offset: 7).description.contains("deeper than 32, at byte 7"))
    }

    @Test func `nesting is let through up to the limit and not beyond, however deep it goes`() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(32))
        #expect(throws: JSONError(kind: .tooDeep(limit: 32), offset: 32)) { try parse(nested(33)) }
        #expect(throws: JSONError(kind: .tooDeep(limit: 32), offset: 32)) { try parse(nested(100_000)) }
        #expect(throws: JSONError(kind: .tooDeep(limit: 1), offset: 5)) { try parse(#"{"a":{}}"#, depthMax: 1) }
        #expect(throws: JSONError(kind: .tooDeep(limit: 32), offset: 160)) {
            try parse(String(repeating: #"{"a":"#, count: 100_000))
        }
        #expect(throws: JSONError(kind: .tooDeep(limit: 0), offset: 0)) { try parse("[]", depthMax: 0) }
    }

    @Test func `a key that comes again among thousands is found`() throws {
        let keys = (0..<20_000).map { "\"k\($0)\":0" }
        #expect(try parse("{" + keys.joined(separator: ",") + "}").object?.count == 20_000)
        for again in [0, 15, 16, 17, 19_999] {
            let text = "{" + keys.joined(separator: ",") + ",\"k\(again)\":1}"
            #expect(throws: JSONError(kind: .duplicateKey, offset: text.utf8.count - 6 - "\(again)".utf8.count)) {
                try parse(text)
            }
        }
    }

    @Test func `what is written is read back as it was, and has no white space`() throws {
        for value in [
            JSON.null, true, false, 0, -1, .int(.max), .int(.min), 0.1, -0.0, 1e22, .double(.leastNonzeroMagnitude),
            1.7976931348623157e308, "x", [1, [], [:], ["a": nil, "b": [true]]],
        ] {
            #expect(try parse(value.text) == value)
            #expect(!value.text.contains(" "))
        }
        #expect(JSON.double(.nan).text == "null" && JSON.double(-.infinity).text == "null")
    }

    @Test(arguments: Samples.nastyTexts) func `a nasty text survives as value and as key`(text: String) throws {
        let value: JSON = [.string(text), .object([text: .string(text + text)])]
        #expect(try parse(value.text) == value)
        // Scalar by scalar: string equality would not see an accent that was composed on the way.
        #expect(try parse(value.text).array?[0].string.map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
    }

    @Test func `text of any length is written as it is, and escaped wherever something harmful stands`() {
        let lengths = 0...40
        for length in lengths {
            let plain = String(repeating: "x", count: length)
            #expect(JSON.string(plain).text == "\"\(plain)\"")
            for place in 0..<length {
                for (harmful, written) in [
                    ("\"", #"\""#), ("\\", #"\\"#), ("\u{1F}", #"\u001f"#), ("\u{7F}", #"\u007f"#),
                    ("\u{9B}", #"\u009b"#),
                    ("\u{202E}", #"\u202e"#), ("ä", "ä"),
                ] {
                    let (before, after) = (plain.prefix(place), plain.prefix(length - place - 1))
                    let key = "\(before)\(harmful)\(after)"
                    #expect(JSON.object([key: .null]).text == "{\"\(before)\(written)\(after)\":null}")
                }
            }
        }
    }

    @Test(arguments: [
        Int64.min, -1_000, -1, 0, 9, 10, 99, 100, 999_999_999_999_999_999, 1_000_000_000_000_000_000, .max,
    ])
    func `an integer is written with all its digits`(number: Int64) {
        #expect(JSON.int(number).text == String(number))
    }

    @Test func `nothing that a terminal acts upon is written raw`() throws {
        let ranges: [ClosedRange<UInt32>] = [
            0...0x1F, 0x7F...0x9F, 0x061C...0x061C, 0x200E...0x200F, 0x202A...0x202E, 0x2066...0x2069,
        ]
        let harmful = Set(ranges.joined())
        for code in harmful {
            let scalar = try #require(Unicode.Scalar(code))
            let text = JSON.string("a\(scalar)é").text
            #expect(
                !text.unicodeScalars.contains(scalar) && text.unicodeScalars.allSatisfy { !harmful.contains($0.value) })
            #expect(try parse(text) == .string("a\(scalar)é"))
        }
        #expect(JSON.string("\u{1B}\u{9B}\u{202E}\u{2028}\n").text == #""\u001b\u009b\u202e\u2028\n""#)
        #expect(
            JSON.string("\u{A0}\u{200D}\u{2027}\u{202F}\u{2065}\u{206A}ü").text
                == "\"\u{A0}\u{200D}\u{2027}\u{202F}\u{2065}\u{206A}ü\"")
    }

    @Test func `every prefix of an object or array lacks its end`() {
        for message in Samples.messages {
            for length in 0..<message.utf8.count {
                let prefix = message.bytes[..<length]
                // A prefix may also end within a character, which is not UTF-8.
                #expect { try JSON(parsing: prefix) } throws: { error in
                    (error as? JSONError)?.kind == .endOfInput
                }
            }
        }
    }

    @Test func `one changed byte gives a value or an error, never a trap`() {
        var random = SeededRandom(seed: 1)
        for message in Samples.messages + Samples.nastyTexts.map({ JSON.string($0).text }) {
            for _ in 0..<400 {
                var bytes = message.bytes
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                guard let value = try? JSON(parsing: bytes) else { continue }
                #expect((try? JSON(parsing: value.text.utf8)) == value)
            }
        }
    }

    @Test func `members keep their order, are replaced in place and removed by nil`() {
        var object: JSONObject = ["c": 1, "a": 2, "b": nil]
        object["a"] = 3
        object["d"] = .null
        object["c"] = nil
        object["e"] = nil
        #expect(object.map(\.key) == ["a", "b", "d"])
        #expect(object["b"] == .null && object["c"] == nil && object["a"]?.int == 3)
        #expect(JSON.object(object).text == #"{"a":3,"b":null,"d":null}"#)
    }

    @Test func `objects are equal whatever the order of their members`() {
        let left: JSONObject = ["a": 1, "b": ["x": 1, "y": 2]]
        let right: JSONObject = ["b": ["y": 2, "x": 1], "a": 1]
        #expect(left == right && left.hashValue == right.hashValue)
        #expect(left != ["a": 1, "b": ["x": 1, "z": 2]] && left != ["a": 1])
    }

    @Test func `accessors give a value of their type only`() {
        #expect(JSON.int(1).double == 1.0 && JSON.double(1).int == nil && JSON.bool(true).int == nil)
        #expect(
            JSON.null.isNull && JSON.null.string == nil && JSON.array([]).object == nil && JSON.object([:]).array == nil
        )
    }
}

/// Foundation's parser as a second opinion.
@Suite struct JSONOracleTests {
    /// The value as ours, nil where Foundation refuses the text.
    func opinion(_ bytes: [UInt8]) -> JSON? {
        guard let value = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed) else {
            return nil
        }
        return convert(value)
    }

    func convert(_ value: Any) -> JSON? {
        switch value {
        case is NSNull: .null
        case let text as String: .string(text)
        case let elements as [Any]: .array(elements.compactMap(convert))
        case let members as [String: Any]:
            members.reduce(into: JSON.object([:])) { result, member in
                guard var object = result.object else { return }
                object[member.key] = convert(member.value)
                result = .object(object)
            }
        case let number as NSNumber: .double(number.doubleValue)
        default: nil
        }
    }

    /// Foundation does not tell 1 from 1.0 and true, so neither does the comparison.
    func blurred(_ value: JSON) -> JSON {
        switch value {
        case .int(let value): .double(Double(value))
        case .bool(let value): .double(value ? 1 : 0)
        case .array(let elements): .array(elements.map(blurred))
        case .object(let object):
            object.reduce(into: JSON.object([:])) { result, member in
                guard var object = result.object else { return }
                object[member.key] = blurred(member.value)
                result = .object(object)
            }
        case .null, .double, .string: value
        }
    }

    @Test func `what we take, Foundation takes and reads the same`() throws {
        var random = SeededRandom(seed: 2)
        var agreed = 0
        for message in Samples.messages + Samples.nastyTexts.map({ JSON.string($0).text }) {
            for round in 0..<200 {
                var bytes = message.bytes
                if round > 0 {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
                        in: 0x20...0x7E, using: &random)
                }
                guard let ours = try? JSON(parsing: bytes) else { continue }
                #expect(opinion(bytes) == blurred(ours), "\(String(decoding: bytes, as: UTF8.self))")
                agreed += 1
            }
        }
        #expect(agreed > 1000)
    }
}
