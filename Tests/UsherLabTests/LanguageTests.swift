import CLIXML
import PSRP
import Testing
import WSMan

@testable import UsherLab

/// What `--language full` reads, and what it does not.
@Suite struct LanguageTests {
    var visitor: Visitor
    var session: Session

    init() throws {
        var limits = LabLimits()
        limits.language = .full
        visitor = try Visitor(limits)
        session = try Session.open(&visitor, id: 1)
    }

    private mutating func run(_ script: String) throws -> [PipelineEvent] {
        try session.run(&visitor, [Command(script: script)])
    }

    @Test mutating func `literals are what they say`() throws {
        let values = try run("'it''s'; \"a`nb\"; 5; 2.5; $true; $null; 1, 'two'").values
        #expect(values.map(\.text) == ["it's", "a\nb", "5", "2.5", "True", "", "1", "two"])
        #expect(values[2] == .int32(5))
    }

    @Test mutating func `a variable lives as long as its runspace`() throws {
        #expect(try run("$people = Get-CsOnlineUser -ResultSize 2").values.isEmpty)
        #expect(try run("$People | Select-Object -ExpandProperty DisplayName").values.count == 2)
        #expect(try run("$name = 'Ken*'; Get-CsOnlineUser | Where-Object DisplayName -Like $name").values.count == 1)
        #expect(try run("$nothing").values == [.null])
        var other = try Session.open(&visitor, id: 2)
        #expect(try other.run(&visitor, [Command(script: "$people")]).values == [.null])
    }

    @Test(arguments: [
        "if (1) { 2 }", "1 + 1", "(Get-CsTenant)", "$x.Length", "[int]5", "Get-CsTenant |", "'open", "& 'x'",
        "\"a $b\"", "foreach ($x in 1) { }", "$true = 5", "1 |2",
    ])
    func `what is no part of the language is a parser error`(script: String) throws {
        #expect(throws: BindingFailure.self) { _ = try ScriptParser.statements(of: script) }
        var other = try LanguageTests()
        #expect(try other.run(script).failure?.category == .parserError)
    }

    @Test mutating func `what was before the wrong word has happened not at all`() throws {
        _ = try run("Set-LabMark -Token a; if")
        #expect(visitor.tenant.world.executions.keys.isEmpty)
    }
}
