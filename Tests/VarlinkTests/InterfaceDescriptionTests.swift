import Testing

@testable import Varlink

@Suite struct InterfaceDescriptionTests {
    func parse(_ text: String) throws(InterfaceSyntaxError) -> InterfaceDescription {
        try InterfaceDescription(parsing: text)
    }

    @Test func `a long interface is read whole`() throws {
        let broker = try parse(Samples.brokerInterface)
        #expect(broker.name == "org.usher.broker" && broker.text == Samples.brokerInterface)
        #expect(broker.documentation.hasPrefix("Usher hands out"))
        #expect(broker.types.count == 15 && broker.methods.count == 22 && broker.errors.count == 19)
        #expect(broker.types[0].type == .enumeration(["admin", "organization"]))
        let invoke = try #require(broker.method(named: "Invoke"))
        #expect(invoke.streaming == .supported && invoke.input.map(\.name).first == "session")
        #expect(invoke.documentation.hasPrefix("Run a pipeline.") && !invoke.documentation.contains("flag]"))
        #expect(
            invoke.input[1].documentation == "Exactly one of commands and script. Restricted endpoints refuse scripts.")
        #expect(
            invoke.output[2].type == .nullable(.enumeration(["completed", "failed", "stopped", "prompt", "limit"])))
        #expect(broker.method(named: "Subscribe")?.streaming == .required)
        #expect(broker.method(named: "Stop")?.streaming == .never)
        #expect(broker.method(named: "GetMetrics")?.output[0].type == .map(.float))
        #expect(broker.method(named: "Resume")?.output == [])
        #expect(broker.error(named: "QuotaExceeded")?.fields.count == 9)
        #expect(broker.method(named: "Nope") == nil && broker.error(named: "Nope") == nil)
    }

    @Test(arguments: [
        ("bool", InterfaceDescription.TypeExpression.bool), ("int", .int), ("float", .float), ("string", .string),
        ("object", .object), ("any", .any), ("T", .named("T")), ("?int", .nullable(.int)), ("[]int", .array(.int)),
        ("[string]int", .map(.int)), ("?[][string]?T", .nullable(.array(.map(.nullable(.named("T")))))),
        ("()", .structure([])), ("[string]()", .map(.structure([]))), ("(a)", .enumeration(["a"])),
        ("(a,b_2,C)", .enumeration(["a", "b_2", "C"])),
        (
            "(a: (b: int))",
            .structure([
                .init(name: "a", type: .structure([.init(name: "b", type: .int, documentation: "")]), documentation: "")
            ])
        ),
    ])
    func `every form of type is read`(text: String, type: InterfaceDescription.TypeExpression) throws {
        let interface = try parse("interface a.b\ntype T ()\nmethod M(x:\(text))->()")
        #expect(interface.method(named: "M")?.input.first?.type == type)
    }

    @Test func `a comment directly before belongs to what follows, others to nothing`() throws {
        let interface = try parse(
            """
            # Cut off by the blank line.

            # About
            #  the interface.
            interface org.example.docs # not about A

            # Lost.

            # About A.
            type A ( # not about x
              # About x.
              # Twice.
              x: int, # not about y
              y: int
            )
            # [Requires 'more' flag]
            # About M.
            method M() -> ()
            """)
        #expect(interface.documentation == "About\n the interface.")
        #expect(interface.types[0].documentation == "About A.")
        #expect(
            interface.types[0].type
                == .structure([
                    .init(name: "x", type: .int, documentation: "About x.\nTwice."),
                    .init(name: "y", type: .int, documentation: ""),
                ]))
        #expect(interface.methods[0].documentation == "About M." && interface.methods[0].streaming == .required)
    }

    @Test(arguments: [
        "a.b", "org.usher.broker", "A.b", "a-b.c--d.0", "com.example.0example", "x.1-2",
    ])
    func `a name of an interface is taken`(name: String) throws {
        #expect(try parse("interface \(name)").name == name)
    }

    @Test(arguments: ["", "a", "1a.b", "a.", ".a.b", "a..b", "-a.b", "a-.b", "a.-b", "a.b-", "ä.b", "a_b.c"])
    func `what is no name of an interface is refused`(name: String) {
        #expect(throws: InterfaceSyntaxError.self) { try parse("interface \(name)") }
    }

    @Test(
        arguments: [
            ("", 1, .expected("the word interface")), ("# x\n\ntype A ()", 3, .expected("the word interface")),
            ("interface a.b\nstruct A ()", 2, .expected("type, method or error")),
            ("interface a.b\ntype a ()", 2, .expected("a name that begins with a capital letter")),
            ("interface a.b\ntype A_B ()", 2, .expected("a name that begins with a capital letter")),
            ("interface a.b type A ()", 1, .expected("a new line")),
            ("interface a.b\ntype A () type B ()", 2, .expected("a new line")),
            ("interface a.b\ntype A", 2, .expected("an opening parenthesis")),
            ("interface a.b\ntype A (", 2, .expected("a name")),
            ("interface a.b\ntype A (a", 2, .expected("a comma or a closing parenthesis")),
            ("interface a.b\ntype A (a,)", 2, .expected("a name")),
            ("interface a.b\ntype A (a: int, b)", 2, .expected("a colon")),
            ("interface a.b\ntype A (a, b: int)", 2, .expected("a comma or a closing parenthesis")),
            ("interface a.b\ntype A (a__b: int)", 2, .expected("a name")),
            ("interface a.b\ntype A (a_: int)", 2, .expected("a name")),
            ("interface a.b\ntype A (_a: int)", 2, .expected("a name")),
            ("interface a.b\ntype A (a: )", 2, .expected("a type")),
            ("interface a.b\ntype A (a: integer)", 2, .expected("a type")),
            ("interface a.b\ntype A (a: ??int)", 2, .expected("a type after one question mark")),
            ("interface a.b\ntype A (a: [int]int)", 2, .expected("[] or [string]")),
            ("interface a.b\ntype A (a:\n []B)", 3, .unknownType("B")),
            ("interface a.b\ntype A (\na: int,\na: int)", 4, .duplicate("a")),
            ("interface a.b\ntype A (x, x)", 2, .duplicate("x")),
            ("interface a.b\ntype A ()\n\nerror A ()", 4, .duplicate("A")),
            ("interface a.b\nmethod A() ()", 2, .expected("an arrow ->")),
            ("interface a.b\nmethod A() -", 2, .expected("an arrow ->")),
            ("interface a.b\nmethod A(a, b) -> ()", 2, .expected("fields with types")),
            ("interface a.b\nerror A (a, b)", 2, .expected("fields with types")),
            ("interface a.b\ntype A int", 2, .expected("an opening parenthesis")),
        ] as [(String, Int, InterfaceSyntaxError.Problem)])
    func `a faulty text is refused with its line`(text: String, line: Int, problem: InterfaceSyntaxError.Problem) {
        let error = #expect(throws: InterfaceSyntaxError.self) { try parse(text) }
        #expect(error?.line == line && error?.problem == problem)
    }

    @Test(arguments: ["[]", "?[]", "[string]", "(a:"]) func `nesting without end is refused`(opening: String) {
        let text = "interface a.b\ntype A (a: " + String(repeating: opening, count: 100_000)
        let error = #expect(throws: InterfaceSyntaxError.self) { try parse(text) }
        #expect(error?.problem == .tooDeep(limit: 32))
    }

    @Test func `one changed byte gives an interface or an error, never a trap`() {
        var random = SeededRandom(seed: 4)
        let text = InterfaceDescription.service.text.bytes
        for _ in 0..<3000 {
            var bytes = text
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            let changed = String(decoding: bytes, as: UTF8.self)
            #expect((try? parse(changed))?.text ?? changed == changed)
        }
    }

    @Test func `every prefix of a text is an interface or an error`() {
        let text = Samples.brokerInterface
        var taken = 0
        for length in stride(from: 0, to: text.utf8.count, by: 7) where (try? parse(String(text.prefix(length)))) != nil
        {
            taken += 1
        }
        #expect(taken < text.utf8.count / 14)
    }
}
