import Testing

@testable import UsherCommands

/// What the words of a command line mean as a pipeline.
@Suite struct PipelineArgumentsTests {
    typealias Argument = PipelineCommand.Argument

    private func commands(_ words: [String]) throws -> [PipelineCommand] {
        try PipelineArguments.commands(words.map { PipelineWord($0) }, scriptHint: "--script")
    }

    private static func named(_ name: String, _ value: PipelineValue?) -> Argument {
        Argument(name: name, value: value)
    }
    private static func free(_ value: PipelineValue) -> Argument { Argument(name: nil, value: value) }

    @Test(
        arguments: [
            // -Name value binds, unless the next word is -letter... or | or there is none.
            (["-A", "x"], [named("A", .string("x"))]),
            (["-A", "-B", "y"], [named("A", nil), named("B", .string("y"))]),
            (["-A"], [named("A", nil)]), (["-A", "-5"], [named("A", .int(-5))]),
            (["-A", "-.5"], [named("A", .string("-.5"))]), (["-A", "--"], [named("A", .string("--"))]),
            (["-A", "-"], [named("A", .string("-"))]), (["-A", ""], [named("A", .string(""))]),
            (["-A", "-é"], [named("A", nil), named("é", nil)]),
            (["-A", "-not (X -eq 1)"], [named("A", .string("-not (X -eq 1)"))]),
            (["-Filter", "DisplayName -eq \"a,b\""], [named("Filter", .string("DisplayName -eq \"a,b\""))]),
            // -Name:value always binds; -Name: takes the next word, whatever it is.
            (["-A:-B"], [named("A", .string("-B"))]), (["-Identity:-5"], [named("Identity", .int(-5))]),
            (["-A:", "-B", "c"], [named("A", .string("-B")), free(.string("c"))]),
            (["-A:b:c"], [named("A", .string("b:c"))]),
            (["-A:$false"], [named("A", .bool(false))]),
            (["-A:a,b"], [named("A", .list([.string("a"), .string("b")]))]),
            (["-A:x -B y"], [named("A", .string("x -B y"))]),
            // Constants, in any case.
            (["$true", "$False", "$NULL"], [free(.bool(true)), free(.bool(false)), free(.null)]),
            (["$x"], [free(.string("$x"))]), (["true"], [free(.string("true"))]),
            // Numbers that PowerShell would write the same way, and what stays text.
            (["0", "-3", "2.5", "-0.25"], [free(.int(0)), free(.int(-3)), free(.float(2.5)), free(.float(-0.25))]),
            (["9223372036854775807"], [free(.int(.max))]),
            (["9223372036854775808"], [free(.string("9223372036854775808"))]),
            (["007", "+5", "-0", "1e3"], ["007", "+5", "-0", "1e3"].map { free(.string($0)) }),
            (["0x1F", "10MB", "1.10", "2.0"], ["0x1F", "10MB", "1.10", "2.0"].map { free(.string($0)) }),
            (["nan", "inf", ".5", "5."], ["nan", "inf", ".5", "5."].map { free(.string($0)) }),
            (["1.2.3"], [free(.string("1.2.3"))]),
            (["0.1234567890123456789"], [free(.string("0.1234567890123456789"))]),
            // Lists.
            (["a,2,$true"], [free(.list([.string("a"), .int(2), .bool(true)]))]),
            (["-A", "x,", "y"], [named("A", .list([.string("x"), .string("y")]))]),
            (["x", ",y"], [free(.list([.string("x"), .string("y")]))]),
            (["x", ",", "y"], [free(.list([.string("x"), .string("y")]))]),
            (["x, y"], [free(.string("x, y"))]),
            // --% takes the next word as it is.
            (["--%", "a,b"], [free(.string("a,b"))]), (["-A", "--%", "-B"], [named("A", .string("-B"))]),
            (["--%", "|"], [free(.string("|"))]), (["--%", "--%"], [free(.string("--%"))]),
            (["--%", "5"], [free(.string("5"))]),
            (["-A:", "--%", "$true"], [named("A", .string("$true"))]),
            // What the shell's quotes held is as good as bare; blanks make it text.
            (["{550e8400-e29b}"], [free(.string("{550e8400-e29b}"))]), (["C:\\x"], [free(.string("C:\\x"))]),
        ] as [([String], [Argument])])
    func `words bind as the table says`(words: [String], arguments: [Argument]) throws {
        #expect(try commands(["Get-X"] + words) == [PipelineCommand(name: "Get-X", arguments: arguments)])
    }

    @Test func `a lone bar separates commands, and one inside a word does not`() throws {
        #expect(
            try commands(["Get-X", "-A", "|", "Select-Object", "a|b", "|", "Measure-Object"]) == [
                PipelineCommand(name: "Get-X", arguments: [Self.named("A", nil)]),
                PipelineCommand(name: "Select-Object", arguments: [Self.free(.string("a|b"))]),
                PipelineCommand(name: "Measure-Object"),
            ])
    }

    @Test(arguments: [
        [], ["|"], ["Get-X", "|"], ["Get-X", "|", "|", "Get-Y"], [""], ["-Foo"], ["Get-X | Get-Y"], ["$x"], ["(Get-X)"],
        ["{"], ["&"], ["Get-X", "-A:"], ["Get-X", "-A:", "|", "Get-Y"], ["Get-X", "--%"], ["Get-X", "a,,b"],
        ["Get-X", "a,"], ["Get-X", ",a"], ["Get-X", ","], ["Get-X", "a,", "-B"], ["Get-X", "{", "$_.A", "}"],
        ["Get-X", "{$_.A}"],
    ])
    func `what means nothing is refused with words`(words: [String]) throws {
        let mistake = try #require(#expect(throws: PipelineMistake.self) { try commands(words) })
        #expect(mistake.message.hasSuffix(".") && mistake.message == mistake.message.madeVisible)
    }

    @Test(
        arguments: [
            (
                ["where-object", "Enabled", "-eq", "$true"],
                [free(.string("Enabled")), named("eq", nil), free(.bool(true))]
            ),
            (["?", "A", "-CNotLike", "x*"], [free(.string("A")), named("CNotLike", nil), free(.string("x*"))]),
            (
                ["Where-Object", "-Property", "A", "-in", "1,2"],
                [named("Property", .string("A")), named("in", nil), free(.list([.int(1), .int(2)]))]
            ),
            (["Where-Object", "A", "-eq:5"], [free(.string("A")), named("eq", .int(5))]),
            (["Get-X", "-eq", "5"], [named("eq", .int(5))]),
        ] as [([String], [Argument])])
    func `the operators of Where-Object are switches`(words: [String], arguments: [Argument]) throws {
        #expect(try commands(words)[0].arguments == arguments)
    }

    @Test func `every value travels in one field`() {
        let value = PipelineValue.list([.null, .string("a"), .int(1), .float(1.5), .bool(false)])
        #expect(value.json.text == #"{"list":[{},{"string":"a"},{"int":1},{"float":1.5},{"bool":false}]}"#)
    }
}

/// The same in a line that is typed.
@Suite struct PipelineLineTests {
    private func commands(_ line: String) throws -> [PipelineCommand] {
        try PipelineArguments.commands(
            PipelineLine.words(line, scriptHint: ":script"), scriptHint: ":script")
    }

    @Test(arguments: [
        ("Get-X -A 5|Get-Y", "Get-X -A 5 | Get-Y"), ("Get-X 'a b' \"c d\"", "Get-X 'a b' 'c d'"),
        ("Get-X -A '5' '-B' '$true' 'a,b'", "Get-X -A '5' '-B' '$true' 'a,b'"),
        ("Get-X 'O''Brien' \"a\"\"b\" \"`\"`n``\"", "Get-X 'O''Brien' 'a\"b' '\"\n`'"),
        ("Get-X ''", "Get-X ''"), ("Get-X -A:'x y'", "Get-X -A 'x y'"), ("Get-X a` b", "Get-X 'a b'"),
        ("Get-X 'a b','c',3", "Get-X 'a b','c',3"), ("Get-X # all of them", "Get-X"), ("Get-X a#b", "Get-X a#b"),
        ("Get-X $TRUE -B:$null", "Get-X $true -B:$null"), ("Get-X “a b” ‘c’", "Get-X 'a b' 'c'"),
        ("Get-X ken@litwareinc.com", "Get-X ken@litwareinc.com"), ("Get-X a`|b", "Get-X 'a|b'"),
        ("  Get-X\t-A  ", "Get-X -A"), ("'Get-X' a", "Get-X a"),
    ])
    func `a line means the same as another`(line: String, other: String) throws {
        #expect(try commands(line) == commands(other))
    }

    @Test func `what stands in quotes is text`() throws {
        #expect(
            try commands("Get-X '5' '-B' '$true' '' 'a,b' '|'")[0].arguments.map(\.value) == [
                .string("5"), .string("-B"), .string("$true"), .string(""), .string("a,b"), .string("|"),
            ])
        #expect(
            try commands("Get-X 'a','','5',5")[0].arguments[0].value
                == .list([.string("a"), .string(""), .string("5"), .int(5)]))
    }

    @Test(arguments: [
        "Get-X 'a", "Get-X \"a", "Get-X $x", "Get-X -A:$env:HOME", "Get-X; Get-Y", "Get-X & ", "Get-X (Get-Y)",
        "$x = 5",
        "Get-X @splat", "Get-X @(1", "Get-X @{a=$x}", "Get-X @{a}", "Get-X @{a=1;a=2}", "Get-X @{a='1}", "Get-X { $_ }",
        "Get-X |", "| Get-X", "Get-X a`", "'a b' c", "Get-X a,$x",
    ])
    func `what PowerShell would compute is refused`(line: String) {
        #expect(throws: PipelineMistake.self) { try commands(line) }
    }
}
