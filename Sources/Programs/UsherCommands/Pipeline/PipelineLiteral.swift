// Hashtables and lists as PowerShell writes them, in one word: `@{Name='Ann'; Tags=1,2; Inner=@{a=$true}}`, `@('a', 'b')`.
//
//     key = value; ...    keys are words or quoted; a line break separates as `;` does
//     'as it is'          '' is a quote
//     "as it is"          "" is a quote; there are no variables in it
//     a,b                 a list
//
// Nothing is computed: a value is a constant, a number, a quoted text, a bare word, or another literal.

/// Reads such a word.
struct PipelineLiteral {
    private var rest: Substring

    /// What nobody nests.
    private static let depthMax = 8

    /// Whether `text` is meant as one.
    static func isOne(_ text: String) -> Bool { text.hasPrefix("@{") || text.hasPrefix("@(") }

    static func value(of text: String) throws(PipelineMistake) -> PipelineValue {
        var reader = PipelineLiteral(rest: text[...])
        do throws(PipelineMistake) {
            let value = try reader.value(depth: 0)
            reader.skipBlanks()
            guard reader.rest.isEmpty else { throw reader.mistake("\"\(reader.rest.prefix(20))\" follows its end") }
            return value
        } catch {
            throw PipelineMistake(
                message: "\"\(text.madeVisible)\": \(error.message).",
                hint: "As in @{Name='Ann'; Tags=1,2}. To pass it as text: --% '\(text.madeVisible)'")
        }
    }

    private mutating func value(depth: Int) throws(PipelineMistake) -> PipelineValue {
        let first = try single(depth: depth)
        skipBlanks(lines: false)
        guard rest.first == "," else { return first }
        var values = [first]
        while rest.first == "," {
            rest.removeFirst()
            skipBlanks()
            values.append(try single(depth: depth))
            skipBlanks(lines: false)
        }
        return .list(values)
    }

    private mutating func single(depth: Int) throws(PipelineMistake) -> PipelineValue {
        guard depth <= Self.depthMax else { throw mistake("it is nested deeper than \(Self.depthMax) levels") }
        skipBlanks()
        if rest.hasPrefix("@{") { return try table(depth: depth + 1) }
        if rest.hasPrefix("@(") { return try list(depth: depth + 1) }
        if let quote = rest.first, quote == "'" || quote == "\"" { return .string(try quoted(quote)) }
        let word = rest.prefix { !$0.isWhitespace && !",;(){}'\"=".contains($0) }
        guard !word.isEmpty else { throw mistake("a value is missing") }
        rest.removeFirst(word.count)
        let value = PipelineValue(reading: String(word))
        if case .string = value, word.hasPrefix("$") { throw mistake("\(word) is a variable, and there are none") }
        return value
    }

    private mutating func table(depth: Int) throws(PipelineMistake) -> PipelineValue {
        rest.removeFirst(2)
        var entries: [PipelineValue.Entry] = []
        while true {
            skipSeparators()
            if rest.first == "}" {
                rest.removeFirst()
                return .map(entries)
            }
            guard let first = rest.first else { throw mistake("its } is missing") }
            let key: String
            if first == "'" || first == "\"" {
                key = try quoted(first)
            } else {
                key = String(rest.prefix { !$0.isWhitespace && !",;(){}'\"=".contains($0) })
                rest.removeFirst(key.count)
            }
            skipBlanks()
            guard !key.isEmpty, rest.first == "=" else {
                throw mistake("a key and = are missing before \"\(rest.prefix(20))\"")
            }
            rest.removeFirst()
            guard !entries.contains(where: { $0.key.lowercased() == key.lowercased() }) else {
                throw mistake("the key \(key) comes twice")
            }
            entries.append(.init(key: key, value: try value(depth: depth)))
            skipBlanks(lines: false)
            guard let next = rest.first, next == "}" || next == ";" || next.isNewline else {
                throw mistake(rest.isEmpty ? "its } is missing" : "; or } is missing before \"\(rest.prefix(20))\"")
            }
        }
    }

    private mutating func list(depth: Int) throws(PipelineMistake) -> PipelineValue {
        rest.removeFirst(2)
        var values: [PipelineValue] = []
        while true {
            skipBlanks()
            if rest.first == ")" {
                rest.removeFirst()
                return .list(values)
            }
            if !values.isEmpty {
                guard rest.first == "," else { throw mistake("its ) is missing") }
                rest.removeFirst()
            }
            values.append(try single(depth: depth))
        }
    }

    private mutating func quoted(_ quote: Character) throws(PipelineMistake) -> String {
        rest.removeFirst()
        var text = ""
        while let character = rest.popFirst() {
            if character == quote {
                guard rest.first == quote else { return text }
                rest.removeFirst()
            }
            text.append(character)
        }
        throw mistake("a quote is not closed: \(quote)")
    }

    private mutating func skipBlanks(lines: Bool = true) {
        rest = rest.drop { $0.isWhitespace && (lines || !$0.isNewline) }
    }

    private mutating func skipSeparators() { rest = rest.drop { $0.isWhitespace || $0 == ";" } }

    private func mistake(_ what: String) -> PipelineMistake { PipelineMistake(message: what.madeVisible) }
}
