import Testing
import XML

@Suite struct XMLWriterTests {
    @Test func `elements, attributes and namespaces come out as told`() throws {
        var writer = XMLWriter()
        writer.element("s:E", namespaces: ["s": "urn:s", "": "urn:d"]) { writer in
            writer.element("a", ["b": "1", "s:c": "2"], text: "x")
            writer.element("empty")
        }
        let text = String(decoding: try writer.finish(), as: UTF8.self)
        #expect(text == #"<s:E xmlns:s="urn:s" xmlns="urn:d"><a b="1" s:c="2">x</a><empty/></s:E>"#)
    }

    @Test(arguments: [
        "", "a<b>&\"'", "]]>", "a\r\nb\tc\n", " x ", "é€𝄞🦆", "_x000D_", "\u{7F}\u{85}\u{2028}\u{E000}\u{10FFFF}",
    ])
    func `text and values read back as they were`(text: String) throws {
        var writer = XMLWriter()
        writer.element("a", ["b": text], text: text)
        let root = try XMLElement(document: try writer.finish(), limits: XMLLimits(bytesMax: 1000))
        #expect(root.text == text)
        #expect(root.attribute("b") == text)
    }

    @Test(arguments: ["\u{0}", "\u{1B}", "\u{8}", "\u{C}", "\u{FFFE}", "\u{FFFF}"])
    func `a character that XML cannot hold is refused by its number`(scalar: Unicode.Scalar) {
        var writer = XMLWriter()
        writer.element("a", text: "x\(scalar)\u{0}")
        #expect(throws: XMLCharacterRefused.self) { try writer.finish() }
        do { _ = try writer.finish() } catch {
            #expect(error.scalar == scalar)
            #expect(error.element == "a")
        }
    }

    @Test func `base64 goes both ways at every length`() throws {
        for length in 0..<100 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 89 &+ length) }
            let text = Base64.encode(bytes)
            #expect(text.count == (length + 2) / 3 * 4)
            #expect(Base64.decode(text) == bytes)
            var writer = XMLWriter()
            writer.element("a") { $0.base64(bytes) }
            #expect(try XMLElement(document: try writer.finish(), limits: XMLLimits(bytesMax: 1000)).utf8 == text)
        }
        #expect(Base64.encode([0xFB, 0xFF, 0xBF]) == [UInt8]("+/+/".utf8))
    }

    @Test func `base64 with blanks is read and anything else is not`() {
        #expect(Base64.decode(" TW\r\nFu ".utf8) == [UInt8]("Man".utf8))
        #expect(Base64.decode("TQ==".utf8) == [UInt8]("M".utf8))
        for wrong in ["T", "TQ", "TQ=", "TQ===", "T===", "=", "====", "TQ==TWFu", "TWFu=", "TW-u", "TWFuT"] {
            #expect(Base64.decode(wrong.utf8) == nil, "\(wrong)")
        }
    }
}
