/// One word of a pipeline: what was typed, and which of it is to be taken as it is.
///
/// The shell has removed its quotes from an argument vector, so nothing of such a word is literal; in a line of
/// `usher shell` what stood in quotes is.
struct PipelineWord: Hashable, Sendable {
    /// A character and whether it stood in quotes.
    struct Letter: Hashable, Sendable {
        let character: Character
        let isLiteral: Bool
    }

    let letters: [Letter]
    /// Whether there were quotes in it, around nothing maybe.
    let isQuoted: Bool

    /// An argument, or a word without quotes.
    init(_ text: String) {
        letters = text.map { Letter(character: $0, isLiteral: false) }
        isQuoted = false
    }

    init(_ letters: [Letter], isQuoted: Bool) {
        self.letters = letters
        self.isQuoted = isQuoted
    }

    var text: String { String(letters.map(\.character)) }

    /// Whether it means what it says and nothing in it is looked for: quoted, empty, or text with blanks.
    var isText: Bool { isQuoted || letters.isEmpty || hasBlanks }

    /// A lone `|`.
    var isBar: Bool { !isQuoted && text == "|" }

    /// The word that says that the next one is to be taken as it is.
    var isVerbatimMark: Bool { !isQuoted && text == "--%" }

    /// Whether it is the beginning of a parameter, `-letter...`. Names have no blanks, so text with one before any colon
    /// is none: a filter may well begin with `-not`.
    var isParameter: Bool {
        guard letters.count >= 2, letters[0] == Letter(character: "-", isLiteral: false), !letters[1].isLiteral,
            letters[1].character.isLetter
        else { return false }
        return !parameterName.contains { $0.character.isWhitespace }
    }

    /// Of a parameter: what stands before the colon, without the hyphen.
    var parameterName: ArraySlice<Letter> {
        letters.dropFirst().prefix { $0.isLiteral || $0.character != ":" }
    }

    /// Of a parameter: the word behind the colon, nil where there is no colon.
    var boundValue: PipelineWord? {
        let name = parameterName
        guard name.endIndex < letters.count else { return nil }
        let rest = Array(letters[(name.endIndex + 1)...])
        return PipelineWord(rest, isQuoted: rest.isEmpty ? isQuoted : rest.allSatisfy(\.isLiteral))
    }

    /// Blanks that stood in no quotes of ours: an argument with blanks was quoted in the shell, so no comma counts in it.
    var hasBlanks: Bool { letters.contains { !$0.isLiteral && $0.character.isWhitespace } }

    /// The words between commas that are not literal; itself where there are none.
    var elements: [PipelineWord] {
        letters.split(separator: Letter(character: ",", isLiteral: false), omittingEmptySubsequences: false).map {
            PipelineWord(Array($0), isQuoted: isQuoted && ($0.isEmpty || $0.contains(where: \.isLiteral)))
        }
    }

    var endsWithComma: Bool { !hasBlanks && letters.last == Letter(character: ",", isLiteral: false) }
    var beginsWithComma: Bool { !hasBlanks && letters.first == Letter(character: ",", isLiteral: false) }

    /// Two words with nothing between them.
    static func + (left: PipelineWord, right: PipelineWord) -> PipelineWord {
        PipelineWord(left.letters + right.letters, isQuoted: left.isQuoted || right.isQuoted)
    }
}
