/// A line of `usher shell`: a pipeline for the tenant, or one of the shell's own words, which begin with a colon.
enum ShellLine: Hashable {
    case empty
    case pipeline([PipelineCommand])
    /// Text for the tenant to parse.
    case script(String)
    case help
    case quit
    case session
    /// The format from now on; nil for the one that fits the object.
    case format(OutputFormat?)

    /// The shell's own words and what they do.
    static let words: [(name: String, meaning: String)] = [
        (":help", "show this"),
        (":session", "show the session"),
        (":format NAME", "write objects as table, list, plain, json or jsonl; auto lets each object decide"),
        (":script TEXT", "send script text, where the endpoint allows it"),
        (":quit", "leave; so do exit and Ctrl-D"),
    ]

    init(_ line: String) throws(PipelineMistake) {
        let trimmed = Substring(line).trimmed
        guard trimmed.first == ":" else {
            self = try Self.pipeline(trimmed)
            return
        }
        let parts = trimmed.split(maxSplits: 1, whereSeparator: \.isWhitespace)
        let rest = parts.count > 1 ? parts[1].trimmed : ""
        switch parts[0] {
        case ":help" where rest.isEmpty: self = .help
        case ":quit" where rest.isEmpty: self = .quit
        case ":session" where rest.isEmpty: self = .session
        case ":script" where !rest.isEmpty: self = .script(rest)
        case ":format" where rest == "auto": self = .format(nil)
        case ":format":
            guard let format = OutputFormat(rawValue: rest) else {
                throw PipelineMistake(
                    message: "\"\(rest.madeVisible)\" is no format.",
                    hint: OutputFormat.allCases.map { ":format \($0)" }.joined(separator: "   or   "))
            }
            self = .format(format)
        default:
            let names = Self.words.map { String($0.name.split(separator: " ")[0]) }
            let near = NearMiss.nearest(to: String(parts[0]), among: names)
            let isKnown = names.contains(String(parts[0]))
            throw PipelineMistake(
                message: "\"\(trimmed.madeVisible)\" is no word of the shell's."
                    + (isKnown ? "" : near.map { " Did you mean \($0)?" } ?? ""), hint: ":help")
        }
    }

    private static func pipeline(_ line: String) throws(PipelineMistake) -> ShellLine {
        let words = try PipelineLine.words(line, scriptHint: ":script \(line)")
        guard !words.isEmpty else { return .empty }
        if words.count == 1, ["exit", "quit"].contains(words[0].text.lowercased()) { return .quit }
        return .pipeline(try PipelineArguments.commands(words, scriptHint: ":script \(line)"))
    }
}

extension Substring {
    /// Without the blanks around it.
    fileprivate var trimmed: String {
        var text = drop(while: \.isWhitespace)
        while text.last?.isWhitespace ?? false { text.removeLast() }
        return String(text)
    }
}
