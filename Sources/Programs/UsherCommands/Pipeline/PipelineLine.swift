// A typed line of `usher shell`. It has the grammar of `usher run` (PipelineArguments), with quotes of its own:
//
//     'as it is'     nothing counts inside; '' is a quote
//     "as it is"     `" is a quote, `n a line break, `t a tab, `` a backtick; there are no variables in it
//     `x             the character x, outside quotes
//     |              separates commands, with or without blanks around it
//     # ...          at the beginning of a word: the rest is a comment
//
//     @{...}  @(...) a hashtable or a list of constants (PipelineLiteral)
//
// What PowerShell would compute is refused rather than sent as text: $variables, (...), ; and &.

/// Cuts a line into the words of a pipeline.
enum PipelineLine {
    static func words(_ line: String, scriptHint: String) throws(PipelineMistake) -> [PipelineWord] {
        var reader = Reader(rest: Array(line)[...], scriptHint: scriptHint)
        try reader.run()
        return reader.words
    }

    private struct Reader {
        var rest: ArraySlice<Character>
        let scriptHint: String
        var words: [PipelineWord] = []
        private var letters: [PipelineWord.Letter] = []
        private var isQuoted = false
        private var isInside = false

        init(rest: ArraySlice<Character>, scriptHint: String) {
            self.rest = rest
            self.scriptHint = scriptHint
        }

        mutating func run() throws(PipelineMistake) {
            while let character = rest.popFirst() {
                switch character {
                case "'", "‘", "’": try quoted(by: "'")
                case "\"", "“", "”": try quoted(by: "\"")
                case "`":
                    guard let next = rest.popFirst() else {
                        throw PipelineMistake(message: "The line ends in a backtick.")
                    }
                    add(next, isLiteral: true)
                    isQuoted = true
                case "|":
                    finish()
                    words.append(PipelineWord("|"))
                case "#" where !isInside: return
                case ";", "&", "(", "{": throw computed("\(character)")
                case "@" where !isInside && (rest.first == "{" || rest.first == "("): try literal()
                case "@" where !isInside: throw computed("\(character)")
                case "$" where !isInside || letters.last?.character == ":" || letters.last?.character == ",":
                    try constant()
                case _ where character.isWhitespace: finish()
                default: add(character, isLiteral: false)
                }
            }
            finish()
        }

        /// `$true`, `$false` and `$null`; other variables are the tenant's to know.
        private mutating func constant() throws(PipelineMistake) {
            let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == ":" })
            guard ["true", "false", "null"].contains(name.lowercased()) else { throw computed("$" + name) }
            rest = rest.dropFirst(name.count)
            for character in "$" + name { add(character, isLiteral: false) }
        }

        /// A hashtable or a list, up to where it closes. What is in it is read later; only what is quoted may hold brackets.
        private mutating func literal() throws(PipelineMistake) {
            add("@", isLiteral: false)
            var depth = 0
            var quote: Character?
            while let character = rest.popFirst() {
                add(character, isLiteral: false)
                if let open = quote {
                    if character == open { quote = nil }
                } else if character == "'" || character == "\"" {
                    quote = character
                } else if "{(".contains(character) {
                    depth += 1
                } else if "})".contains(character) {
                    depth -= 1
                    if depth == 0 { return }
                }
            }
            throw PipelineMistake(message: quote.map { "A quote is not closed: \($0)" } ?? "@{ or @( is not closed.")
        }

        private func computed(_ what: String) -> PipelineMistake {
            PipelineMistake(
                message: "\"\(what.madeVisible)\" is script text, and a line is one pipeline of commands.",
                hint: "Quote it to send it as text. Where the endpoint allows it: \(scriptHint)")
        }

        private mutating func quoted(by quote: Character) throws(PipelineMistake) {
            isQuoted = true
            isInside = true
            while let character = rest.popFirst() {
                let closes =
                    quote == "'"
                    ? "'‘’".contains(character) : "\"“”".contains(character)
                if closes {
                    // Doubled, it stands for itself.
                    guard rest.first == character else { return }
                    rest.removeFirst()
                } else if character == "`", quote == "\"", let next = rest.popFirst() {
                    add(["n": "\n", "t": "\t", "r": "\r", "0": "\0"][next] ?? next, isLiteral: true)
                    continue
                }
                add(character, isLiteral: true)
            }
            throw PipelineMistake(message: "A quote is not closed: \(quote)")
        }

        private mutating func add(_ character: Character, isLiteral: Bool) {
            letters.append(.init(character: character, isLiteral: isLiteral))
            isInside = true
        }

        private mutating func finish() {
            if isInside { words.append(PipelineWord(letters, isQuoted: isQuoted)) }
            (letters, isQuoted, isInside) = ([], false, false)
        }
    }
}
