import Foundation
import Testing

@testable import UsherCommands

@Suite struct KeyReaderTests {
    private func keys(_ text: String, inPiecesOf size: Int = .max) -> [Key] {
        var reader = KeyReader()
        var keys: [Key] = []
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            reader.receive(rest.prefix(size))
            rest = rest.dropFirst(size)
            while let key = reader.next() { keys.append(key) }
        }
        return keys
    }

    @Test(
        arguments: [
            ("a", [.character("a")]), ("é漢", [.character("é"), .character("漢")]), ("😀", [.character("😀")]),
            ("\r\n\t", [.enter, .enter, .tab]), ("\u{7F}\u{08}", [.backspace, .backspace]),
            ("\u{01}\u{05}\u{0B}", [.control("a"), .control("e"), .control("k")]),
            ("\u{1B}[A\u{1B}OB\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
            ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[3~", [.home, .end, .home, .end, .delete]),
            ("\u{1B}[1;5C\u{1B}b\u{1B}d\u{1B}\u{7F}", [.wordRight, .wordLeft, .alt("d"), .alt("\u{7F}")]),
            ("\u{1B}[200~two\nlines\u{1B}[A\u{1B}[201~x", [.paste("two\nlines\u{1B}[A"), .character("x")]),
            ("\u{1B}[?25hx", [.character("x")]), ("\u{1B}\u{1B}[A", [.up]),
        ] as [(String, [Key])])
    func `bytes are keys, in whatever pieces they come`(text: String, expected: [Key]) {
        for size in [1, 2, 3, .max] { #expect(keys(text, inPiecesOf: size) == expected, "pieces of \(size)") }
    }

    @Test func `no bytes trap`() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<2000 {
            var reader = KeyReader()
            reader.receive(
                (0..<40).map { _ in
                    [0x1B, 0x5B, 0x4F, 0x7E, 0x32, 0x30, 0xE6, 0xC3].randomElement(using: &random)
                        ?? UInt8.random(in: 0...255, using: &random)
                })
            reader.receive((0..<40).map { _ in UInt8.random(in: 0...255, using: &random) })
            while reader.next() != nil {}
        }
    }
}

@Suite struct LineEditorTests {
    /// The line after these keys, with `|` where the cursor is.
    private func edited(_ keys: [Key], history: [String] = []) -> String {
        var editor = LineEditor(history: history)
        for key in keys { _ = editor.press(key) }
        var text = editor.text
        text.insert("|", at: editor.cursor)
        return String(text)
    }

    private func typed(_ text: String) -> [Key] { text.map { .character($0) } }

    @Test(
        arguments: [
            ([.left, .left, .character("x")], "ab c xde|".replacingOccurrences(of: "xde|", with: "x|de")),
            ([.home, .delete], "|b c de"), ([.control("a"), .control("f"), .backspace], "|b c de"),
            ([.wordLeft], "ab c |de"), ([.wordLeft, .wordLeft, .wordRight], "ab c| de"), ([.control("w")], "ab c |"),
            ([.control("w"), .control("w")], "ab |"), ([.control("u")], "|"), ([.home, .control("k")], "|"),
            ([.control("w"), .control("a"), .control("y")], "de|ab c "), ([.control("t")], "ab c ed|"),
            ([.home, .left, .backspace], "|ab c de"), ([.end, .right, .delete], "ab c de|"),
            ([.paste("x\ny\u{1B}[A\t")], "ab c dex y[A|"), ([.character("\u{301}")], "ab c dé|"),
        ] as [([Key], String)])
    func `keys edit the line`(keys: [Key], line: String) {
        #expect(edited(typed("ab c de") + keys) == line)
    }

    @Test func `lines before can be gone through, and the one being typed comes back`() {
        let history = ["first", "second"]
        #expect(edited(typed("now") + [.up], history: history) == "second|")
        #expect(edited(typed("now") + [.up, .up, .up], history: history) == "first|")
        #expect(edited(typed("now") + [.up, .up, .down, .down], history: history) == "now|")
    }

    @Test func `enter, tab and control-d lead out`() {
        var editor = LineEditor()
        #expect(editor.press(.control("d")) == .endOfInput)
        _ = editor.press(.character("a"))
        #expect(editor.press(.control("d")) == .edited && editor.line == "a")
        #expect(editor.press(.tab) == .completion && editor.press(.enter) == .submitted("a"))
    }
}

@Suite struct LineScreenTests {
    @Test func `the cursor is put back over the rows that the line takes`() {
        var screen = LineScreen(prompt: "> ")
        var editor = LineEditor()
        for character in "12345678901" { _ = editor.press(.character(character)) }
        #expect(screen.drawing(editor, width: 10) == "\r\u{1B}[J> 12345678901\r\u{1B}[3C")
        _ = editor.press(.home)
        #expect(screen.drawing(editor, width: 10) == "\u{1B}[1A\r\u{1B}[J> 12345678901\r\u{1B}[1A\u{1B}[2C")
    }

    @Test func `controls in a line are shown and not acted upon`() {
        var screen = LineScreen(prompt: "> ")
        let editor = LineEditor(history: ["a\u{9B}31m\u{202E}"])
        var recalled = editor
        _ = recalled.press(.up)
        #expect(screen.drawing(recalled, width: 80).contains(#"a\u009b31m\u202e"#))
    }
}

@Suite struct ShellLineTests {
    @Test(
        arguments: [
            ("", .empty), ("  # nothing", .empty), (":quit", .quit), ("exit", .quit), (" :help ", .help),
            (":session", .session),
            (":format json", .format(.json)), (":format auto", .format(nil)),
            (":script $x = 1 | y", .script("$x = 1 | y")),
            ("Get-X", .pipeline([PipelineCommand(name: "Get-X")])),
        ] as [(String, ShellLine)])
    func `a line is for the tenant or for the shell`(text: String, line: ShellLine) throws {
        #expect(try ShellLine(text) == line)
    }

    @Test(arguments: [":hlep", ":format", ":format xml", ":script", ":quit now", ":", ":nothing"])
    func `what is none of the shell's words is told`(text: String) {
        #expect(throws: PipelineMistake.self) { try ShellLine(text) }
    }
}

@Suite struct ShellCompletionTests {
    private let completion: ShellCompletion = {
        var completion = ShellCompletion()
        completion.add([
            "name": "Get-CsTenant",
            "parameters": [
                ["name": "Identity", "type": "System.String", "isSwitch": false, "aliases": ["Id"]],
                ["name": "ResultSize", "type": "System.Int32", "isSwitch": false, "aliases": ["Size"]],
            ],
        ])
        completion.add(["name": "Get-CsUser"])
        completion.add(["name": "Evil\u{1B}[31m"])
        return completion
    }()

    @Test(arguments: [
        ("get-cs", ["Get-CsTenant", "Get-CsUser"]), ("Get-CsT", ["Get-CsTenant"]), ("e", []),
        ("Get-CsTenant -", ["-Identity", "-ResultSize"]), ("get-cstenant -r", ["-ResultSize"]),
        ("Get-CsTenant -si", ["-Size"]), ("Get-CsTenant x", []), ("Get-X -", []),
        ("Get-CsUser | Get-CsT", ["Get-CsTenant"]), ("Get-CsUser |Get-CsT", ["Get-CsTenant"]),
        ("Get-CsUser 'a | b' -", []), (":f", [":format"]), ("Get-CsUser | :f", []),
    ])
    func `what a tab proposes`(line: String, words: [String]) {
        let text = Array(line)
        #expect(completion.proposal(for: text, at: text.count).words == words)
    }

    @Test func `what all proposals begin with is put in, in the case of the first`() {
        #expect(ShellCompletion.commonPrefix(["Get-CsTenant", "Get-CsTest"]) == "Get-CsTe")
        #expect(ShellCompletion.commonPrefix([]) == "" && ShellCompletion.commonPrefix(["a", "b"]) == "")
    }

    @Test func `many proposals stand in columns`() {
        #expect(ShellCompletion.columns(["a", "bb", "c"], width: 8) == ["a   c   ", "bb  "])
    }
}

@Suite struct HistoryTests {
    private let folder = NSTemporaryDirectory() + "usher-\(UUID().uuidString.prefix(8))"

    @Test func `lines are kept for the user alone`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["XDG_STATE_HOME": folder]
        var history = History { environment[$0] }
        for line in ["one", "one", " hidden", "", "two"] { history.add(line) }
        #expect(history.lines == ["one", "two"])
        #expect(History { environment[$0] }.lines == ["one", "two"])
        let facts = try FileManager.default.attributesOfItem(atPath: folder + "/usher/history")
        #expect(facts[.posixPermissions] as? Int == 0o600)
    }

    @Test func `only so many are kept`() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let environment = ["HOME": folder]
        var history = History { environment[$0] }
        for number in 0..<2001 { history.add("line \(number)") }
        #expect(History { environment[$0] }.lines.first == "line 1001")
        let text = try String(contentsOfFile: folder + "/.local/state/usher/history", encoding: .utf8)
        #expect(text.split(separator: "\n").count == 1000)
    }
}
