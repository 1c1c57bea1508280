import Testing
import UsherClient
import Varlink

/// Replies that are handed on without being decoded.
@Suite struct RecordFrameTests {
    private func places(_ text: String) -> [String]? {
        let bytes = Array(text.utf8)
        return bytes.withUnsafeBufferPointer { frame in
            RecordFrame.records(in: frame)?.map {
                switch $0 {
                case .object(let range): "object " + String(decoding: bytes[range], as: UTF8.self)
                case .record(let range): "record " + String(decoding: bytes[range], as: UTF8.self)
                }
            }
        }
    }

    private static let records = """
        {"stream":"output","typeName":"T","data":{"A":"\\u001b\\"}","B":[1,{"C":null}],"D":-1.5},"text":"x"},\
        {"stream":"warning","text":"w"},{"data":{},"stream":"output"},{"stream":"output","scalar":{"int":1}}
        """

    @Test func `objects are found where they lie, and all else is left whole`() {
        #expect(
            places(#"{"parameters":{"records":[\#(Self.records)]},"continues":true}"#) == [
                #"object {"A":"\u001b\"}","B":[1,{"C":null}],"D":-1.5}"#, #"record {"stream":"warning","text":"w"}"#,
                "object {}", #"record {"stream":"output","scalar":{"int":1}}"#,
            ])
        #expect(places(#" { "continues" : true , "parameters" : { "records" : [ ] } } "#) == [])
        #expect(
            places(#"{"parameters":{"records":[{"data":{"A":"björn 漢"},"stream":"output"}]},"continues":true}"#)?.count
                == 1)
    }

    @Test(arguments: [
        #"{"parameters":{"records":[]}}"#, #"{"parameters":{"records":[]},"continues":false}"#,
        #"{"parameters":{"records":[]},"continues":true,"error":"x"}"#, #"{"parameters":{},"continues":true}"#,
        #"{"parameters":{"records":[],"session":{}},"continues":true}"#,
        #"{"parameters":{"records":[],"records":[]},"continues":true}"#,
        #"{"parameters":{"records":[1]},"continues":true}"#, #"{"parameters":null,"continues":true}"#,
        #"{"parameters":{"records":[{"stream":"output","data":{"A":"\#u{9B}"}}]},"continues":true}"#,
        #"{"parameters":{"records":[{"stream":"output","data":{"A":"\#u{202E}"}}]},"continues":true}"#,
        #"{"parameters":{"records":[{"stream":"output","data":{"A":01}}]},"continues":true}"#,
        #"{"parameters":{"records":[{"stream":"output","data":{"A":"\x"}}]},"continues":true}"#,
        #"{"parameters":{"records":[{"stream":"output","data":{"A":"\ud800"}}]},"continues":true}"#,
        #"{"parameters":{"records":[{"stream":"output","data":{"A" 1}}]},"continues":true}"#,
        #"{"parameters":{"records":[]},"continues":true} x"#, "", "{", "[]", "null",
    ])
    func `whatever is not plainly records is left to the decoder`(text: String) { #expect(places(text) == nil) }

    @Test func `deep nesting is left to the decoder`() {
        let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
        #expect(
            places(#"{"parameters":{"records":[{"stream":"output","data":{"A":\#(deep)}}]},"continues":true}"#) == nil)
    }

    @Test func `what is handed on reads as the decoder reads it`() throws {
        let frame = #"{"parameters":{"records":[\#(Self.records)]},"continues":true}"#
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var bytes = Array(frame.utf8)
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            let places = bytes.withUnsafeBufferPointer { RecordFrame.records(in: $0) }
            guard let places, let reply = try? Reply(frame: bytes) else { continue }
            let decoded = try #require(reply.parameters["records"]?.array)
            #expect(reply.continues && decoded.count == places.count)
            for (place, record) in zip(places, decoded) {
                switch place {
                case .object(let range): #expect(try JSON(parsing: bytes[range]) == record.object?["data"])
                case .record(let range): #expect(try JSON(parsing: bytes[range]) == record)
                }
            }
        }
    }
}
