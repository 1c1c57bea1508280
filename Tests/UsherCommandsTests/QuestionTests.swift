import Testing
import Varlink

@testable import UsherCommands

/// Questions as they are put on a terminal.
@Suite struct QuestionTests {
    func dialog(_ prompt: JSON) throws -> QuestionDialog {
        let facts = try #require(prompt.object)
        return try #require(QuestionDialog(facts))
    }

    /// Types these lines, and returns what was asked and shown, and the answer.
    func play(_ prompt: JSON, _ lines: String...) throws -> (shown: [String], answer: JSON?) {
        var dialog = try dialog(prompt)
        var shown = dialog.heading
        for line in lines {
            let ask = try #require(dialog.ask, "nothing is asked for \(line)")
            shown.append(ask.text + (ask.isHidden ? "(hidden)" : line))
            shown += dialog.receive(line)
        }
        if dialog.answer == nil, let ask = dialog.ask { shown.append(ask.text) }
        return (shown, dialog.answer)
    }

    @Test func `a question that was refused, or of a kind nobody knows, is not put`() throws {
        #expect(QuestionDialog(["kind": "line"]) == nil)
        #expect(QuestionDialog(["prompt": 1, "kind": "key"]) == nil)
    }

    @Test func `help is told, nonsense is asked again, Enter takes the preset`() throws {
        let prompt: JSON = [
            "prompt": 1, "kind": "choice", "caption": "Confirm", "message": "Sure?",
            "choices": [["label": "&Yes", "help": "Do it."], ["label": "Yes to &All"], ["label": "&No"]],
            "presets": [2],
        ]
        let menu = "[Y] Yes  [A] Yes to All  [N] No  [?] Help (default is \"N\"): "
        let (shown, answer) = try play(prompt, "?", "what", "")
        #expect(
            shown == [
                "Confirm", "Sure?", menu + "?", "Y - Do it.", "A - Yes to All", "N - No", menu + "what", menu,
            ])
        #expect(answer == ["int": 2])
        #expect(try play(prompt, " yes to all ").answer == ["int": 1])
        #expect(try play(prompt, "Y").answer == ["int": 0])
    }

    @Test func `without a preset Enter is no choice`() throws {
        let prompt: JSON = ["prompt": 1, "kind": "choice", "choices": [["label": "One"], ["label": ""]]]
        #expect(try play(prompt, "").answer == nil)
        #expect(try play(prompt, "one").answer == ["int": 0])
    }

    @Test func `a credential may have its name already`() throws {
        let (shown, answer) = try play(["prompt": 1, "kind": "credential", "userName": "ann"], "hush")
        #expect(shown == ["Password for user ann: (hidden)"])
        #expect(answer == ["credential": ["userName": "ann", "password": "hush"]])
        #expect(
            try play(["prompt": 1, "kind": "credential"], "", "bob", "x").answer == [
                "credential": ["userName": "bob", "password": "x"]
            ])
    }

    @Test func `fields are asked for by their types`() throws {
        let prompt: JSON = [
            "prompt": 1, "kind": "fields",
            "fields": [
                ["name": "Count", "type": "System.Int32", "isMandatory": true],
                ["name": "Ratio", "type": "System.Double", "isMandatory": true],
                ["name": "On", "label": "Switched &on", "type": "System.Boolean", "isMandatory": true],
                ["name": "Tags", "type": "System.String[]", "isMandatory": true],
                ["name": "Pin", "type": "System.Security.SecureString", "isMandatory": true, "help": "Four digits."],
            ],
        ]
        let (shown, answer) = try play(prompt, "x", "5", "2.5", "maybe", "$true", "a", "b", "", "!?", "0815")
        #expect(
            shown == [
                "Count: x", "\"x\" is no System.Int32.", "Count: 5", "Ratio: 2.5", "Switched on: maybe",
                "\"maybe\" is no System.Boolean.", "Switched on: $true", "Tags[0]: a", "Tags[1]: b", "Tags[2]: ",
                "Pin: (hidden)", "Four digits.", "Pin: (hidden)",
            ])
        #expect(
            answer == [
                "map": [
                    "Count": ["int": 5], "Ratio": ["float": 2.5], "On": ["bool": true],
                    "Tags": ["list": [["string": "a"], ["string": "b"]]], "Pin": ["secret": "0815"],
                ]
            ])
    }

    @Test func `a form without fields is filled in`() throws {
        #expect(try dialog(["prompt": 1, "kind": "fields"]).answer == ["map": [:]])
    }

    @Test func `what a tenant asks does no harm to a terminal`() throws {
        let prompt: JSON = [
            "prompt": 1, "kind": "fields", "caption": "a\u{1B}[2J", "message": "b\nc\u{202E}",
            "fields": [["name": "x\u{1B}]0;t\u{7}", "type": "S", "isMandatory": true]],
        ]
        let (shown, _) = try play(prompt)
        #expect(shown.count == 4)
        for line in shown {
            #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F && $0.value != 0x202E })
        }
    }
}

/// Hashtables and lists, in one word.
@Suite struct PipelineLiteralTests {
    @Test(arguments: [
        ("@{}", PipelineValue.map([])), ("@()", .list([])), ("@( )", .list([])),
        ("@{a=1}", .map([.init(key: "a", value: .int(1))])),
        (
            "@{ a = 1 ; 'b c' = \"x\"\"y\"\n d=$null; }",
            .map([
                .init(key: "a", value: .int(1)), .init(key: "b c", value: .string("x\"y")),
                .init(key: "d", value: .null),
            ])
        ),
        ("@{a='it''s; }'}", .map([.init(key: "a", value: .string("it's; }"))])),
        ("@{a=1, 'two',\n 3.5}", .map([.init(key: "a", value: .list([.int(1), .string("two"), .float(3.5)]))])),
        ("@(1, @(2), @{b=$true})", .list([.int(1), .list([.int(2)]), .map([.init(key: "b", value: .bool(true))])])),
        ("@{a=007}", .map([.init(key: "a", value: .string("007"))])),
        ("@{a=sip:ann@x.com}", .map([.init(key: "a", value: .string("sip:ann@x.com"))])),
    ])
    func `means what it says`(text: String, value: PipelineValue) throws {
        #expect(try PipelineLiteral.value(of: text) == value)
    }

    @Test(arguments: [
        "@{", "@{a", "@{a=", "@{a=}", "@{a=1", "@{a=1 b=2}", "@{=1}", "@{a=1;A=2}", "@{a=$x}", "@{a='x}", "@(1",
        "@(1 2)",
        "@(1,)", "@{a=1}x", "@{a=(1)}", String(repeating: "@(", count: 40),
    ])
    func `what is not whole, or would be computed, is refused`(text: String) {
        #expect(throws: PipelineMistake.self) { try PipelineLiteral.value(of: text) }
    }
}

/// Objects out of standard input.
@Suite struct InputReaderTests {
    func values(_ format: InputFormat, _ text: String, pieces: Int) throws -> [JSON] {
        var reader = InputReader(format)
        var values: [JSON] = []
        let bytes = Array(text.utf8)
        for start in stride(from: 0, to: bytes.count, by: pieces) {
            reader.receive(bytes[start..<min(start + pieces, bytes.count)])
            values += try reader.values(isLast: false)
        }
        return values + (try reader.values(isLast: true))
    }

    @Test(arguments: [1, 2, 3, 7, 1000])
    func `pieces do not matter`(pieces: Int) throws {
        #expect(
            try values(.lines, "\u{FEFF}ä\r\n\nlast", pieces: pieces) == [
                ["string": "ä"], ["string": ""], ["string": "last"],
            ])
        #expect(
            try values(.csv, "a,\"b\nc\"\n1,\"x \"\"y\"\"\n\"\n,\n", pieces: pieces) == [
                [
                    "object": [
                        ["name": "a", "value": ["string": "1"]], ["name": "b\nc", "value": ["string": "x \"y\"\n"]],
                    ]
                ],
                ["object": [["name": "a", "value": ["string": ""]], ["name": "b\nc", "value": ["string": ""]]]],
            ])
        #expect(
            try values(.jsonl, "{\"a\":[1,null,2.5]}\n\n\"x\"", pieces: pieces) == [
                ["object": [["name": "a", "value": ["list": [["int": 1], [:], ["float": 2.5]]]]]], ["string": "x"],
            ])
    }

    @Test(arguments: [
        (InputFormat.jsonl, "{}\n{", "Line 2 of standard input is no JSON"), (.csv, "a,b\n1,2,3\n", "Line 2"),
        (.csv, "a\n\"x", "a quote that is not closed"),
        (.jsonl, String(repeating: "[", count: 12) + String(repeating: "]", count: 12), "nested deeper"),
        (.lines, String(repeating: "x", count: 600 << 10), "longer than"),
    ])
    func `what cannot be read is told with its line`(format: InputFormat, text: String, words: String) {
        do {
            _ = try values(format, text, pieces: 4096)
            Issue.record("it was read")
        } catch {
            #expect("\(error)".contains(words), "\(error)")
        }
    }

    @Test func `messages are as large as a call may be`() throws {
        let value: JSON = ["string": .string(String(repeating: "x", count: 400 << 10))]
        #expect(try InputReader(.lines).messages([value, value, value]).map(\.count) == [2, 1])
        #expect(throws: InputReader.Mistake.self) {
            try InputReader(.lines).messages([["string": .string(String(repeating: "x", count: 2 << 20))]])
        }
    }
}
