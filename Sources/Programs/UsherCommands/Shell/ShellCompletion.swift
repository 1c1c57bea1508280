import Varlink

/// What the tab key makes of a line: names of commands, their parameters, the shell's own words.
struct ShellCompletion {
    private var commands: [String: [CommandParameter]] = [:]

    mutating func add(_ command: JSONObject) {
        guard let name = command["name"]?.string, name == name.madeVisible else { return }
        commands[name] = (command["parameters"]?.array ?? []).compactMap(\.object).map(CommandParameter.init)
            .filter { $0.name == $0.name.madeVisible }
    }

    /// The part of the line that a word is to replace, and the words that fit.
    struct Proposal: Hashable {
        let range: Range<Int>
        let words: [String]
    }

    func proposal(for text: [Character], at cursor: Int) -> Proposal {
        var wordStart = cursor
        while wordStart > 0, !text[wordStart - 1].isWhitespace, text[wordStart - 1] != "|" { wordStart -= 1 }
        let range = wordStart..<cursor
        let word = String(text[range])
        let command = Self.command(in: text[..<wordStart])
        if word.hasPrefix(":") && command == nil && wordStart == 0 {
            let own = ShellLine.words.map { String($0.name.split(separator: " ")[0]) }
            return Proposal(range: range, words: Self.matching(word, own))
        }
        guard let command else { return Proposal(range: range, words: Self.matching(word, Array(commands.keys))) }
        guard word.hasPrefix("-") else { return Proposal(range: range, words: []) }
        let known = commands.first { $0.key.lowercased() == command.lowercased() }?.value ?? []
        let names = Self.matching(word, known.map { "-" + $0.name })
        let aliases = names.isEmpty ? Self.matching(word, known.flatMap(\.aliases).map { "-" + $0 }) : names
        return Proposal(range: range, words: aliases)
    }

    /// The name of the command that `before` is in, nil where one has to come.
    private static func command(in before: ArraySlice<Character>) -> String? {
        var quote: Character?
        var start = before.startIndex
        for index in before.indices {
            let character = before[index]
            if character == quote {
                quote = nil
            } else if quote == nil {
                if character == "'" || character == "\"" { quote = character }
                if character == "|" { start = index + 1 }
            }
        }
        return before[start...].split(whereSeparator: \.isWhitespace).first.map { String($0) }
    }

    private static func matching(_ word: String, _ names: [String]) -> [String] {
        names.filter { $0.lowercased().hasPrefix(word.lowercased()) }.sorted { $0.lowercased() < $1.lowercased() }
    }

    /// What all of `words` begin with, in any case.
    static func commonPrefix(_ words: [String]) -> String {
        guard var prefix = words.first else { return "" }
        for word in words.dropFirst() {
            prefix = String(zip(prefix, word).prefix { $0.lowercased() == $1.lowercased() }.map(\.0))
        }
        return prefix
    }

    /// The words side by side, as many columns as fit.
    static func columns(_ words: [String], width: Int) -> [String] {
        let cell = (words.map(\.terminalColumns).max() ?? 0) + 2
        let perRow = max(1, width / max(1, cell))
        let rows = (words.count + perRow - 1) / perRow
        return (0..<rows).map { row in
            stride(from: row, to: words.count, by: rows).map { words[$0].padded(to: cell) }.joined()
        }
    }
}
