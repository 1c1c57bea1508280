import Testing

@testable import CLIXML

@Suite struct EscapingTests {
    let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 20))

    func read(_ text: String) throws -> PSValue { try decoder.decode([UInt8]("<S>\(text)</S>".utf8)) }
    func written(_ value: PSValue) -> String { String(decoding: CLIXMLEncoder.encode(value), as: UTF8.self) }

    @Test(arguments: [
        ("_x005F_x0041_", "_x0041_"), ("_x0041_", "A"), ("_x00e9_", "é"), ("_xD83D__xDE00_", "😀"), ("_x000A_", "\n"),
        ("_x41_", "_x41_"), ("_X0041_", "_X0041_"), ("_x00G1_", "_x00G1_"), ("_x0041", "_x0041"), ("__x0041__", "_A_"),
        ("_x005F_", "_"), ("_x005F__x005F_x", "__x"), ("a_x0000_b", "a\u{0}b"), ("\n", "\n"), ("\r\n", "\n"),
        ("_", "_"),
        ("_x", "_x"), ("😀", "😀"), ("_xFFFE_", "\u{FFFE}"), ("&lt;_x003C_", "<<"), ("_x0065__x0301_", "e\u{301}"),
    ])
    func `escapes are read once from left to right`(text: String, meaning: String) throws {
        #expect(try read(text).string?.unicodeScalars.elementsEqual(meaning.unicodeScalars) == true)
    }

    @Test(arguments: [
        ("\n", "_x000A_"), ("😀", "_xD83D__xDE00_"), ("_x0041_", "_x005F_x0041_"), ("_X", "_x005F_X"), ("_y_", "_y_"),
        ("\u{0}\u{1F}\u{7F}\u{80}\u{9F}\u{A0}", "_x0000__x001F__x007F__x0080__x009F_\u{A0}"),
        ("&<>\"'", "&amp;&lt;&gt;\"'"),
        ("\u{FFFE}\u{FFFF}\u{FFFD}", "_xFFFE__xFFFF_\u{FFFD}"), ("é€", "é€"), ("a_", "a_"), ("_", "_"),
        ("__x", "__x005F_x"),
    ])
    func `what Windows escapes is escaped`(text: String, escaped: String) {
        #expect(written(.string(text)) == "<S>\(escaped)</S>")
    }

    @Test func `half a surrogate pair is kept as it is`() throws {
        let halves: [[UInt16]] = [
            [0xD83D], [0xDE00, 0xD83D], [0x41, 0xDC00, 0x42], [0xD800, 0x5F, 0x78], [0xDFFF, 0x26, 0xFFFE, 0x0A],
        ]
        for units in halves {
            let text = written(.utf16(units))
            #expect(try decoder.decode([UInt8](text.utf8)) == .utf16(units))
            #expect(try decoder.decode([UInt8](text.utf8)).text.unicodeScalars.contains("\u{FFFD}"))
        }
        // Two halves that meet are a character, and a string.
        #expect(try read("_xD83D_\u{200B}_xDE00_") == .utf16([0xD83D, 0x200B, 0xDE00]))
        #expect(try read("a_xD83D__xDE00_") == .string("a😀"))
    }

    @Test func `every character goes both ways, in texts and in names`() throws {
        for value in UInt32(0)...0x10FFFF where value < 0x400 || value % 1009 == 0 || value & 0xFFFF >= 0xFFF0 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = "_\(scalar)x\(scalar)"
            let object = PSObject(typeNames: [text], toString: text, extended: [PSProperty(text, .string(text))])
            let back = try #require(try decoder.decode(CLIXMLEncoder.encode(.object(object))).object)
            guard back == object else { return #expect(back == object, "\(value)") }
            guard back.extended[0].name.unicodeScalars.elementsEqual(text.unicodeScalars) else {
                return #expect(Bool(false), "\(value)")
            }
        }
    }

    @Test func `noncharacters that Windows writes raw are read`() throws {
        #expect(try read("a\u{FFFE}b\u{FFFF}") == .string("a\u{FFFE}b\u{FFFF}"))
        #expect(throws: CLIXMLError.self) { try read("a\u{FFFE}<") }
    }

    @Test func `texts are not trimmed`() throws {
        for text in ["", " ", "  a ", "\t", "\n\n"] {
            #expect(try read(text) == .string(text))
            #expect(try decoder.decode(CLIXMLEncoder.encode(.string(text))) == .string(text))
        }
        #expect(try decoder.decode([UInt8]("<S/>".utf8)) == .string(""))
    }
}
