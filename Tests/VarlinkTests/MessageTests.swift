import Testing

@testable import Varlink

@Suite struct CallTests {
    func call(_ text: String) throws(ProtocolViolation) -> Call { try Call(frame: text.utf8) }

    @Test(arguments: [
        (#"{"method":"a.b.C"}"#, Call(method: "a.b.C")),
        (#"{"method":"a.b.C","parameters":null}"#, Call(method: "a.b.C")),
        (#"{"method":"a.b.C","parameters":{}}"#, Call(method: "a.b.C")),
        (#" { "parameters" : {"x": null}, "method" : "a.b.C" } "#, Call(method: "a.b.C", parameters: ["x": nil])),
        (#"{"method":"a.b.C","oneway":true,"more":false}"#, Call(method: "a.b.C", oneway: true)),
        (#"{"method":"a.b.C","more":true,"upgrade":false}"#, Call(method: "a.b.C", more: true)),
        (#"{"method":"a.b.C","upgrade":true}"#, Call(method: "a.b.C", upgrade: true)),
        (#"{"method":"a.b.C","org.example":{"method":1}}"#, Call(method: "a.b.C")),
        (#"{"method":""}"#, Call(method: "")),
    ])
    func `a call is read`(text: String, expected: Call) throws {
        #expect(try call(text) == expected)
    }

    @Test(arguments: [
        ("", ProtocolViolation.malformed(JSONError(kind: .endOfInput, offset: 0))),
        ("GET / HTTP/1.1\r\n", .malformed(JSONError(kind: .expected(.value), offset: 0))),
        (#"{"method":"a.b.C"}x"#, .malformed(JSONError(kind: .trailingBytes, offset: 18))),
        (#"{"method":"a.b.C","method":"a.b.D"}"#, .malformed(JSONError(kind: .duplicateKey, offset: 18))),
        ("[]", .notAnObject), (#""a""#, .notAnObject), ("null", .notAnObject), ("{}", .missingMethod),
        (#"{"parameters":{}}"#, .missingMethod),
        (#"{"method":1}"#, .wrongType(member: "method")), (#"{"method":null}"#, .wrongType(member: "method")),
        (#"{"method":"a.b.C","parameters":[]}"#, .wrongType(member: "parameters")),
        (#"{"method":"a.b.C","parameters":"x"}"#, .wrongType(member: "parameters")),
        (#"{"method":"a.b.C","more":null}"#, .wrongType(member: "more")),
        (#"{"method":"a.b.C","oneway":1}"#, .wrongType(member: "oneway")),
        (#"{"method":"a.b.C","upgrade":"true"}"#, .wrongType(member: "upgrade")),
        (#"{"method":"a.b.C","more":true,"oneway":true}"#, .flagsTogether),
        (#"{"method":"a.b.C","more":true,"upgrade":true}"#, .flagsTogether),
        (#"{"method":"a.b.C","upgrade":true,"oneway":true}"#, .flagsTogether),
        (#"{"method":"a.b.C","id":1}"#, .unknownMember("id")),
        (#"{"method":"a.b.C","continues":true}"#, .unknownMember("continues")),
        (#"{"method":"a.b.C","org.example":1}"#, .wrongType(member: "org.example")),
    ])
    func `a call that breaks a rule ends the connection`(text: String, violation: ProtocolViolation) {
        #expect(throws: violation) { try call(text) }
    }

    @Test func `a call that is not UTF-8 or nests too deep ends the connection`() {
        #expect(throws: ProtocolViolation.malformed(JSONError(kind: .invalidUTF8, offset: 12))) {
            try Call(frame: #"{"method":"a"#.bytes + [0xFF, 0x22, 0x7D])
        }
        #expect(throws: ProtocolViolation.malformed(JSONError(kind: .tooDeep(limit: 32), offset: 66))) {
            try call(#"{"method":"a.b.C","parameters":{"a":"# + String(repeating: "[", count: 100_000))
        }
    }

    @Test(arguments: [
        ("a.b.C", "a.b", "C"), ("nope", "", "nope"), ("a.", "a", ""), (".C", "", "C"), ("", "", ""),
        ("nope.Nope", "nope", "Nope"),
    ])
    func `the last dot parts interface and member`(method: String, interface: String, member: String) {
        #expect(Call(method: method).interface == interface)
        #expect(Call(method: method).member == member)
    }

    @Test func `what a call says is written, what it does not say is left out`() {
        #expect(Call(method: "a.b.C").encoded() == "{\"method\":\"a.b.C\"}\0".bytes)
        #expect(
            Call(method: "a.b.C", parameters: ["x": 1], more: true).encoded()
                == "{\"method\":\"a.b.C\",\"parameters\":{\"x\":1},\"more\":true}\0".bytes)
        #expect(Call(method: "a.b.C", oneway: true).encoded() == "{\"method\":\"a.b.C\",\"oneway\":true}\0".bytes)
        #expect(Call(method: "a.b.C", upgrade: true).encoded() == "{\"method\":\"a.b.C\",\"upgrade\":true}\0".bytes)
    }
}

@Suite struct ReplyTests {
    func reply(_ text: String) throws(ProtocolViolation) -> Reply { try Reply(frame: text.utf8) }

    @Test(arguments: [
        ("{}", Reply()), (#"{"parameters":null}"#, Reply()), (#"{"parameters":{"x":1}}"#, Reply(parameters: ["x": 1])),
        (#"{"continues":true}"#, Reply(continues: true)), (#"{"continues":false}"#, Reply()),
        (#"{"error":"a.b.E","parameters":{"x":1},"continues":false}"#, Reply(error: "a.b.E", parameters: ["x": 1])),
        (#"{"parameters":{},"org.example":{}}"#, Reply()),
    ])
    func `a reply is read`(text: String, expected: Reply) throws {
        #expect(try reply(text) == expected)
    }

    @Test(arguments: [
        ("[]", ProtocolViolation.notAnObject), (#"{"error":null}"#, .wrongType(member: "error")),
        (#"{"parameters":[]}"#, .wrongType(member: "parameters")),
        (#"{"continues":null}"#, .wrongType(member: "continues")),
        (#"{"error":"a.b.E","continues":true}"#, .errorContinues), (#"{"result":{}}"#, .unknownMember("result")),
        (#"{"org.example":true}"#, .wrongType(member: "org.example")),
        ("", .malformed(JSONError(kind: .endOfInput, offset: 0))),
    ])
    func `a reply that breaks a rule ends the connection`(text: String, violation: ProtocolViolation) {
        #expect(throws: violation) { try reply(text) }
    }

    @Test func `replies are written with their three members only, and those only where they say something`() {
        #expect(Reply().encoded() == "{}\0".bytes)
        #expect(Reply(continues: true).encoded() == "{\"continues\":true}\0".bytes)
        #expect(
            Reply(parameters: ["a": "\u{1B}"], continues: true).encoded()
                == "{\"parameters\":{\"a\":\"\\u001b\"},\"continues\":true}\0".bytes)
        #expect(
            Reply.invalidParameter("filter.states").encoded()
                == #"{"error":"org.varlink.service.InvalidParameter","parameters":{"parameter":"filter.states"}}"#.bytes
                + [0])
    }

    @Test func `every standard error is recognized and is declared by org.varlink.service`() {
        let replies: [Reply] = [
            .interfaceNotFound("a"), .methodNotFound("a.b.C"), .methodNotImplemented("a.b.C"), .invalidParameter("x"),
            .permissionDenied, .expectedMore, .expectedUpgrade,
        ]
        #expect(replies.compactMap(\.standardError) == StandardError.allCases)
        for reply in replies { #expect(InterfaceDescription.service.check(error: reply) == nil) }
        #expect(Reply(error: "a.b.E").standardError == nil && Reply().standardError == nil)
    }

    @Test func `a violation is one sentence in which the peer's text is harmless`() {
        #expect(ProtocolViolation.unknownMember("\u{1B}[2J").description == #"The member "\u001b[2J" is unknown."#)
        #expect(ProtocolViolation.frameTooLong(limit: 64).description == "A message is longer than 64 bytes.")
    }
}
