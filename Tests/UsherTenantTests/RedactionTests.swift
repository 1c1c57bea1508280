import PSRP
import Testing
import XML

@testable import UsherTenant

/// What captures leave out.
@Suite struct RedactionTests {
    /// An envelope with these fragments, one stream each.
    func envelope(_ fragments: [[UInt8]], element: String = "rsp:Stream") -> [UInt8] {
        let streams = fragments.map {
            "<\(element) Name=\"stdin\">\(String(decoding: Base64.encode($0), as: UTF8.self))</\(element)>"
        }
        return Array("<s:Envelope><s:Body>\(streams.joined())</s:Body></s:Envelope>".utf8)
    }

    func fragments(_ text: String, size: Int, objectID: UInt64 = 5) -> [[UInt8]] {
        Fragment.cut(Array(text.utf8), objectID: objectID, bytesMax: Fragment.headerBytes + size)
    }

    /// The text in the streams of an envelope, put together.
    func text(_ envelope: [UInt8]) throws -> String {
        var reader = FragmentReader(blobBytesMax: 1 << 20)
        let document = String(decoding: envelope, as: UTF8.self)
        for part in document.split(separator: ">") {
            if let bytes = Base64.decode(Array(part.prefix { $0 != "<" }.utf8)), !bytes.isEmpty {
                reader.receive(bytes)
            }
        }
        var text: [UInt8] = []
        while let fragment = try reader.next() { text += fragment.blob }
        return String(decoding: text, as: UTF8.self)
    }

    let message = #"<Obj><MS><SS N="Pin">c2VjcmV0</SS><S N="a">SSh</S><SS>b3RoZXI=</SS><SSX>kept</SSX></MS></Obj>"#
    let blanked = #"<Obj><MS><SS N="Pin">AAAAAAAA</SS><S N="a">SSh</S><SS>AAAAAAAA</SS><SSX>kept</SSX></MS></Obj>"#

    @Test(arguments: [1, 2, 3, 5, 8, 13, 40, 1000])
    func `secrets are blanked wherever fragments cut them`(size: Int) throws {
        var redaction = Redaction()
        var found = ""
        // Each fragment in an envelope of its own.
        for fragment in fragments(message, size: size) {
            found += try text(redaction.without(secretsOf: envelope([fragment]), isAnswer: false))
        }
        #expect(found == blanked)
        #expect(
            try text(redaction.without(secretsOf: envelope(fragments(message, size: size)), isAnswer: true)) == blanked)
    }

    @Test func `two messages in turns are two messages`() throws {
        var redaction = Redaction()
        let first = fragments(message, size: 22, objectID: 1)
        let second = fragments("<S>" + String(repeating: "x", count: 90) + "</S>", size: 22, objectID: 2)
        var found = ""
        for (one, other) in zip(first, second) {
            _ = redaction.without(secretsOf: envelope([other]), isAnswer: false)
            found += try text(redaction.without(secretsOf: envelope([one]), isAnswer: false))
        }
        #expect(blanked.hasPrefix(found))
    }

    @Test(arguments: ["rsp:Arguments", "creationXml", "p:connectXml", "rsp:Stream"])
    func `every element that carries fragments is looked at`(element: String) throws {
        var redaction = Redaction()
        let bytes = envelope(fragments(message, size: 500), element: element)
        #expect(try text(redaction.without(secretsOf: bytes, isAnswer: false)) == blanked)
    }

    @Test(arguments: [
        "", "<", "no envelope", "<rsp:Stream>", "<rsp:Stream/>x<a>", "<rsp:Stream>not base64!</rsp:Stream>",
    ])
    func `what is no envelope stays as it is`(text: String) {
        var redaction = Redaction()
        #expect(redaction.without(secretsOf: Array(text.utf8), isAnswer: true) == Array(text.utf8))
    }
}
