import Testing

@testable import XML

@Suite struct XMLReaderTests {
    let limits = XMLLimits(bytesMax: 4096, depthMax: 5, textBytesMax: 100, attributesMax: 3, tagBytesMax: 200)

    func read(_ text: String) throws(XMLError) -> XMLElement {
        try XMLElement(document: [UInt8](text.utf8), limits: limits)
    }

    func fault(_ text: String) -> XMLError.Fault? { fault([UInt8](text.utf8)) }

    func fault(_ bytes: [UInt8]) -> XMLError.Fault? {
        do throws(XMLError) {
            _ = try XMLElement(document: bytes, limits: limits)
            return nil
        } catch {
            return error.fault
        }
    }

    @Test func `elements and attributes are found by namespace whatever their prefix`() throws {
        for prefix in ["s", "soap", "_x"] {
            let root = try read(
                #"<\#(prefix):E xmlns:\#(prefix)="urn:e" xmlns="urn:d" xml:lang="en">"#
                    + #"<B \#(prefix):A="1" A="2">t</B></\#(prefix):E>"#)
            #expect(root.name == XMLName("urn:e", "E"))
            #expect(root.attribute("http://www.w3.org/XML/1998/namespace", "lang") == "en")
            let child = try #require(root.first("urn:d", "B"))
            #expect(child.attribute("urn:e", "A") == "1")
            #expect(child.attribute("A") == "2")
            #expect(child.text == "t")
            #expect(root.first("urn:e", "B") == nil)
        }
    }

    @Test func `text is joined over references, sections and comments, and blanks are kept`() throws {
        let root = try read("<a> x&amp;&#x41;<!-- no --><![CDATA[<b>&]]>\r\ny </a>")
        #expect(root.text == " x&A<b>&\ny ")
        #expect(root.trimmedText == "x&A<b>&\ny")
    }

    @Test func `elements inside keep their order and can be asked for`() throws {
        let root = try read("<a><b>1</b><c><b>2</b></c><b>3</b></a>")
        #expect(root.all("", "b").map(\.text) == ["1", "3"])
        #expect(root.descendant("", "b")?.text == "1")
        #expect(root.first("", "c")?.descendant("", "b")?.text == "2")
        #expect(root.descendant("", "d") == nil)
    }

    @Test func `a byte order mark is skipped and other encodings are refused by name`() throws {
        #expect(fault([0xEF, 0xBB, 0xBF] + "<a/>".utf8) == nil)
        #expect(fault([0xFF, 0xFE, 0x3C, 0, 0x61, 0]) == .encoding("UTF-16"))
        #expect(fault([0xFE, 0xFF, 0, 0x3C, 0, 0x61]) == .encoding("UTF-16"))
        #expect(fault([0x3C, 0, 0x61, 0, 0x2F, 0]) == .encoding("UTF-16"))
        #expect(fault([0, 0x3C, 0, 0x61]) == .encoding("UTF-16"))
        #expect(fault([0, 0, 0, 0x3C]) == .encoding("UTF-32"))
    }

    @Test func `bytes that are not UTF-8 are refused whatever the document says`() {
        for head in ["", #"<?xml version="1.0" encoding="ISO-8859-1"?>"#, #"<?xml version="1.0" encoding="UTF-16"?>"#] {
            #expect(fault([UInt8](head.utf8) + "<a>é</a>".utf8) == nil)
            guard case .notWellFormed = fault([UInt8](head.utf8) + "<a>".utf8 + [0xE9] + "</a>".utf8) else {
                Issue.record("Latin-1 was read")
                continue
            }
        }
    }

    @Test(arguments: [
        "<!DOCTYPE a><a/>", "  <!-- x --><?p ?>\n<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>", "<!doctype html><html/>",
        "<?xml version='1.0'?><!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>",
    ])
    func `a DOCTYPE is refused`(text: String) {
        #expect(fault(text) == .doctype)
    }

    @Test func `the letters of a DOCTYPE in a text are only text`() throws {
        let root = try read("<a>&lt;!DOCTYPE b><![CDATA[<!DOCTYPE b>]]><!--<!DOCTYPE b>--></a>")
        #expect(root.text == "<!DOCTYPE b><!DOCTYPE b>")
    }

    @Test func `an entity that nobody can have declared is an error`() {
        guard case .notWellFormed(let words) = fault("<a>&x;</a>") else { return #expect(Bool(false)) }
        #expect(words.contains("x"))
    }

    @Test func `each limit is refused by name, and what just fits is not`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)
        }
        #expect(fault(nested(5)) == nil)
        #expect(fault(nested(6)) == .tooDeep(limit: 5))
        #expect(fault(nested(500)) == .tooDeep(limit: 5))
        #expect(fault("<a>\(String(repeating: "x", count: 100))</a>") == nil)
        #expect(fault("<a>\(String(repeating: "x", count: 101))</a>") == .textTooLong(limit: 100))
        #expect(fault("<a>\(String(repeating: "&lt;", count: 101))</a>") == .textTooLong(limit: 100))
        #expect(fault(#"<a b="" c="" d=""/>"#) == nil)
        #expect(fault(#"<a b="" c="" d="" e=""/>"#) == .tooManyAttributes(limit: 3))
        #expect(fault("<a b='\(String(repeating: ">", count: 191))'/>") == nil)
        #expect(fault("<a b='\(String(repeating: ">", count: 192))'/>") == .tagTooLong(limit: 200))
        #expect(fault("<a b='\(String(repeating: ">", count: 300))") == .tagTooLong(limit: 200))
        #expect(fault("<a>\(String(repeating: " ", count: 5000))</a>") == .documentTooLong(limit: 4096))
    }

    @Test func `long comments, sections and instructions are not taken for tags`() throws {
        let long = String(repeating: " '\"<", count: 100)
        #expect(fault("<a><!--\(long)--><?p \(long)?><!--\(long)--></a>") == nil)
        #expect(fault("<a><![CDATA[\(String(repeating: "<", count: 90))]]></a>") == nil)
    }

    @Test func `an attribute flood is refused before it costs anything`() {
        let flood = (0..<200_000).map { " a\($0)=''" }.joined()
        let limits = XMLLimits(bytesMax: 1 << 24)
        #expect(throws: XMLError(line: 2, fault: .tagTooLong(limit: limits.tagBytesMax))) {
            try XMLElement(document: [UInt8]("<r>\n<a\(flood)/></r>".utf8), limits: limits)
        }
    }

    @Test func `a prefix that stands for nothing is refused`() {
        #expect(fault("<p:a/>") == .undeclaredPrefix("p"))
        #expect(fault("<a q:b='1'/>") == .undeclaredPrefix("q"))
    }

    @Test func `every prefix of a document is an error`() {
        let document = [UInt8](#"<?xml version="1.0"?><a b="c"><d>é</d><![CDATA[x]]></a>"#.utf8)
        #expect(fault(document) == nil)
        for length in 0..<document.count { #expect(fault(Array(document[..<length])) != nil, "\(length)") }
        #expect(fault("") == .empty)
        #expect(fault(" \n ") == .empty)
        #expect(fault("<a/><b/>") != nil)
        #expect(fault("<a/>tail") != nil)
    }

    @Test func `one flipped bit gives a document or an error`() {
        let document = [UInt8](#"<a xmlns="u" b="c&#9;"><d>é&amp;</d><!--x--><![CDATA[x]]></a>"#.utf8)
        for index in document.indices {
            for bit in 0..<8 {
                var broken = document
                broken[index] ^= 1 << bit
                _ = fault(broken)
            }
        }
    }

    @Test func `an error tells the line`() {
        #expect(throws: XMLError(line: 3, fault: .undeclaredPrefix("p"))) { try read("<a>\n\n<p:b/></a>") }
        #expect(throws: XMLError(line: 2, fault: .doctype)) { try read("\n<!DOCTYPE a><a/>") }
    }

    @Test func `a reader reads one document after another, also after errors`() throws {
        final class Names: XMLConsumer {
            var names: [String] = []
            func started(_ element: XMLStart) { names.append(element.localName.string) }
            func found(_ text: XMLText) throws { if text == "stop" { throw XMLError(line: 7, fault: .empty) } }
            func ended() {}
        }
        let reader = XMLReader(limits: XMLLimits(bytesMax: 1000, namesKeptMax: 3))
        for round in 0..<50 {
            let names = Names()
            try reader.read([UInt8]("<a\(round)><b/></a\(round)>".utf8), into: names)
            #expect(names.names == ["a\(round)", "b"])
            #expect(throws: XMLError(line: 7, fault: .empty)) {
                try reader.read([UInt8]("<a>stop</a>".utf8), into: names)
            }
            #expect(throws: XMLError.self) { try reader.read([UInt8]("<a>".utf8)[...], into: names) }
        }
    }

    @Test func `short names pack into a number and long ones into none`() throws {
        final class Packed: XMLConsumer {
            var packed: [UInt64] = []
            func started(_ element: XMLStart) { packed.append(element.localName.packed) }
            func found(_ text: XMLText) {}
            func ended() {}
        }
        let packed = Packed()
        try XMLReader(limits: limits).read([UInt8]("<S><ToString/><Enveloped/></S>".utf8), into: packed)
        #expect(packed.packed == [("S" as StaticString).packed, ("ToString" as StaticString).packed, 0])
    }
}
