// One line being typed: keys in, what is to be done out. It knows no terminal; LineScreen draws it.

/// The line, the place in it, and the lines before it.
struct LineEditor {
    private(set) var text: [Character] = []
    /// Between 0 and the number of characters.
    private(set) var cursor = 0
    /// What was cut last.
    private var cut: [Character] = []
    private let history: [String]
    /// Which line of the history is shown; the number of lines for the one being typed.
    private var place: Int
    private var typed: [Character] = []

    /// What a key leads to.
    enum Outcome: Hashable, Sendable {
        /// The line or the place in it changed, or nothing did.
        case edited
        /// The line is done.
        case submitted(String)
        /// The tab key.
        case completion
        /// The screen is to be drawn anew.
        case cleared
        /// Ctrl-D on an empty line.
        case endOfInput
    }

    init(history: [String] = []) {
        self.history = history
        place = history.count
    }

    var line: String { String(text) }

    mutating func press(_ key: Key) -> Outcome {
        switch key {
        case .character(let character): insert([character])
        // What was pasted is not run by itself, whatever line ends are in it.
        case .paste(let pasted):
            let lines = pasted.split(whereSeparator: \.isNewline)
            insert(Array(lines.joined(separator: " ")).filter { $0 >= " " })
        case .enter: return .submitted(line)
        case .tab: return .completion
        case .control("d") where text.isEmpty: return .endOfInput
        case .control("l"): return .cleared
        case .left, .control("b"): cursor = max(0, cursor - 1)
        case .right, .control("f"): cursor = min(text.count, cursor + 1)
        case .home, .control("a"): cursor = 0
        case .end, .control("e"): cursor = text.count
        case .wordLeft: cursor = wordStart
        case .wordRight: cursor = wordEnd
        case .up, .control("p"): recall(place - 1)
        case .down, .control("n"): recall(place + 1)
        case .backspace: remove(max(0, cursor - 1)..<cursor)
        case .delete, .control("d"): remove(cursor..<min(text.count, cursor + 1))
        case .control("k"): cutOut(cursor..<text.count)
        case .control("u"): cutOut(0..<cursor)
        case .control("w"), .alt("\u{7F}"): cutOut(blankStart..<cursor)
        case .alt("d"): cutOut(cursor..<wordEnd)
        case .control("y"): insert(cut)
        case .control("t"): swap()
        case .control, .alt: break
        }
        return .edited
    }

    /// Puts other text in place of a part of the line, and the cursor behind it.
    mutating func replace(_ range: Range<Int>, with other: String) {
        text.replaceSubrange(range, with: Array(other))
        cursor = range.lowerBound + other.count
    }

    private mutating func insert(_ characters: [Character]) {
        text.insert(contentsOf: characters, at: cursor)
        cursor += characters.count
        // A mark that joins the letter before it makes one character of two.
        let joined = Array(String(text))
        guard joined.count != text.count else { return }
        cursor = String(text[..<cursor]).count
        text = joined
    }

    private mutating func remove(_ range: Range<Int>) {
        text.removeSubrange(range)
        cursor = range.lowerBound
    }

    private mutating func cutOut(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        cut = Array(text[range])
        remove(range)
    }

    private mutating func swap() {
        guard cursor > 0, text.count > 1 else { return }
        let right = min(cursor, text.count - 1)
        text.swapAt(right - 1, right)
        cursor = right + 1
    }

    private mutating func recall(_ wanted: Int) {
        guard wanted >= 0, wanted <= history.count, wanted != place else { return }
        if place == history.count { typed = text }
        place = wanted
        text = wanted == history.count ? typed : Array(history[wanted])
        cursor = text.count
    }

    private var wordStart: Int {
        var index = cursor
        while index > 0, !text[index - 1].isWord { index -= 1 }
        while index > 0, text[index - 1].isWord { index -= 1 }
        return index
    }

    private var wordEnd: Int {
        var index = cursor
        while index < text.count, !text[index].isWord { index += 1 }
        while index < text.count, text[index].isWord { index += 1 }
        return index
    }

    /// The beginning of what lies between blanks before the cursor.
    private var blankStart: Int {
        var index = cursor
        while index > 0, text[index - 1].isWhitespace { index -= 1 }
        while index > 0, !text[index - 1].isWhitespace { index -= 1 }
        return index
    }
}

extension Character {
    fileprivate var isWord: Bool { isLetter || isNumber }
}
