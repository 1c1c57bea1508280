// The argument vector is the pipeline. Restricted endpoints take structured commands and refuse script text, so what
// would be PowerShell's parser is this table, and it is all there is:
//
//     |                   a word of its own: the next command begins
//     Name                the first word of a command is its name
//     -Name value         binds, unless the next word is -letter... or | or there is none: then -Name is a switch
//     -Name:value         always binds; -Name: takes the next word, whatever it is
//     Where-Object X -eq y   the operators of Where-Object are switches, and y is its value as in PowerShell
//     --% word            that word is taken as it is: text, not a parameter, number or list
//     a,b    a, b         a list, across words where a comma ends or begins one
//     $true $false $null  in any case
//     12  -3  2.5         numbers, where PowerShell would write them the same way (PipelineValue)
//     @{a=1; b='x'}  @(1,2)  a hashtable, a list: one word (PipelineLiteral)
//     $name               what --secret or --credential gave that name to
//     two words           a word with blanks is text; nothing in it is looked for
//
// Everything else is text. There are no variables, subexpressions or script blocks: those are for --script.

/// Turns words into the commands of a pipeline.
struct PipelineArguments {
    private var rest: ArraySlice<PipelineWord>
    private let scriptHint: String
    /// What `$name` stands for, by the name in lower case.
    private let named: [String: NamedValue]

    /// The commands that `words` mean. `scriptHint` is what to type for script text.
    static func commands(
        _ words: [PipelineWord], scriptHint: String, named: [String: NamedValue] = [:]
    ) throws(PipelineMistake) -> [PipelineCommand] {
        for name in named.keys.sorted() where !words.contains(where: { $0.speaks(of: name) }) {
            throw PipelineMistake(
                message: "No word of the pipeline is $\(name), so what that name was given goes nowhere.",
                hint: "Name it where it belongs: -Password '$\(name)'")
        }
        var reader = PipelineArguments(rest: words[...], scriptHint: scriptHint, named: named)
        var commands = [try reader.command()]
        while reader.rest.first != nil {
            reader.rest.removeFirst()
            commands.append(try reader.command())
        }
        return commands
    }

    private mutating func command() throws(PipelineMistake) -> PipelineCommand {
        guard let name = rest.popFirst() else {
            throw PipelineMistake(
                message: "A command is missing at the end.", hint: "A pipeline begins with one: Get-CsTenant")
        }
        guard !name.isBar else {
            throw PipelineMistake(
                message: "A command is missing before \"|\".", hint: "A pipeline begins with one: Get-CsTenant")
        }
        try check(name)
        var command = PipelineCommand(name: name.text)
        while let word = rest.first, !word.isBar { command.arguments.append(try argument(of: command.name)) }
        return command
    }

    /// A name is one word. What looks like script text is told where it belongs, instead of being looked for at the
    /// tenant as a command of that name.
    private func check(_ name: PipelineWord) throws(PipelineMistake) {
        let text = name.text
        guard !text.isEmpty, !name.isParameter else {
            throw PipelineMistake(
                message: "\"\(text.madeVisible)\" is no command; its name comes first.",
                hint: "A pipeline begins with one: Get-CsTenant")
        }
        if text.contains(where: { $0 == "|" || $0.isWhitespace }) {
            throw PipelineMistake(
                message: "\"\(text.madeVisible)\" is no name of a command.",
                hint: "Each word of a pipeline is an argument of its own, also '|'. For script text: \(scriptHint)"
            )
        }
        if let first = text.first, "$({@[&\"'".contains(first), !name.isQuoted {
            throw PipelineMistake(
                message: "\"\(text.madeVisible)\" is script text, and this takes commands.",
                hint: "Where the endpoint allows it: \(scriptHint)")
        }
    }

    private mutating func argument(of command: String) throws(PipelineMistake) -> PipelineCommand.Argument {
        guard let word = rest.first, word.isParameter else { return .init(name: nil, value: try value()) }
        rest.removeFirst()
        let name = String(word.parameterName.map(\.character))
        if let bound = word.boundValue {
            guard bound.letters.isEmpty, !bound.isQuoted else {
                rest = [bound] + rest
                return .init(name: name, value: try value())
            }
            guard let next = rest.first, !next.isBar else {
                throw PipelineMistake(message: "-\(name.madeVisible): has no value.")
            }
            return .init(name: name, value: try value())
        }
        guard let next = rest.first, !next.isBar, !next.isParameter, !WhereOperators.has(name, in: command) else {
            return .init(name: name, value: nil)
        }
        return .init(name: name, value: try value())
    }

    /// Takes the next word as a value, and those after it that a comma ties to it.
    private mutating func value() throws(PipelineMistake) -> PipelineValue {
        guard var word = rest.popFirst() else { throw PipelineMistake(message: "A value is missing at the end.") }
        if word.isVerbatimMark {
            guard let literal = rest.popFirst() else {
                throw PipelineMistake(message: "--% has nothing after it to take as it is.")
            }
            return .string(literal.text)
        }
        if !word.isQuoted, PipelineLiteral.isOne(word.text) { return try PipelineLiteral.value(of: word.text) }
        if let block = Self.scriptBlock(word) {
            throw PipelineMistake(
                message: "\"\(block.madeVisible)\" begins a script block, and a command can't be given one here.",
                hint: "Where-Object takes a property instead: Where-Object Enabled -eq $true")
        }
        while let next = rest.first, !next.isBar, !next.isParameter, !word.hasBlanks, !next.hasBlanks,
            word.endsWithComma || next.beginsWithComma
        {
            word = word + next
            rest.removeFirst()
        }
        return try value(of: word)
    }

    private func value(of word: PipelineWord) throws(PipelineMistake) -> PipelineValue {
        let elements = word.elements
        guard elements.count > 1, !word.hasBlanks else { return element(word) }
        var values: [PipelineValue] = []
        for part in elements {
            guard !part.letters.isEmpty || part.isQuoted && word.isQuoted else {
                throw PipelineMistake(
                    message: "\"\(word.text.madeVisible)\" lacks an element of a list.",
                    hint: "To pass it as it is: --% '\(word.text.madeVisible)'")
            }
            values.append(element(part))
        }
        return .list(values)
    }

    private func element(_ word: PipelineWord) -> PipelineValue {
        if !word.isQuoted, word.text.hasPrefix("$"), let value = named[word.text.dropFirst().lowercased()] {
            return .named(value)
        }
        return word.isText ? .string(word.text) : PipelineValue(reading: word.text)
    }

    private static func scriptBlock(_ word: PipelineWord) -> String? {
        guard !word.isQuoted, word.text.hasPrefix("{") else { return nil }
        return word.text == "{" || word.text.contains("$_") ? word.text : nil
    }
}

extension PipelineWord {
    /// Whether it, or an element of it, is `$name`.
    fileprivate func speaks(of name: String) -> Bool {
        elements.contains { !$0.isQuoted && $0.text.lowercased() == "$\(name)" }
            || boundValue.map { !$0.isQuoted && $0.text.lowercased() == "$\(name)" } == true
    }
}
