import Yams

/// The text of a file, taken apart into settings that know their lines.
///
/// The part of YAML that is read is small on purpose: mappings, lists and words. Anchors and aliases are refused,
/// because they make a short text a long one, and because a value should stand where it holds. What a word means is
/// decided by the setting it is for, never by how it looks: the tenant called `no` is not a truth value.
struct SettingsText {
    let file: String
    let findings: Findings

    /// Deeper than any setting lies.
    private static let depthMax = 12

    /// The file's settings as a section, or nil after noting why not. An empty file has none.
    func settings(_ bytes: [UInt8]) -> Setting? {
        let root = Place(file: file, line: 1, key: "")
        guard let text = String(validating: bytes, as: UTF8.self) else {
            findings.add(root, "is not UTF-8 text")
            return nil
        }
        if let (line, word) = Self.firstReference(in: bytes) {
            findings.add(
                Place(file: file, line: line, key: ""),
                "\(quoted(word)) is an anchor or alias, which are not read here: write the value out")
            return nil
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text, .basic, .default, .utf8)
        } catch {
            note(error, in: text)
            return nil
        }
        guard let node else { return Setting(place: root, content: .section([])) }
        // Each node takes at least a byte; more of them can only come from an alias that was not noticed above.
        var nodesLeft = bytes.count + 1
        let setting = self.setting(node, at: root, depth: 0, &nodesLeft)
        guard nodesLeft > 0 else {
            findings.add(root, "repeats itself by aliases, which are not read here")
            return nil
        }
        switch setting?.content {
        case .section: return setting
        case .empty: return Setting(place: root, content: .section([]))
        case nil: return nil
        case .text, .list:
            findings.add(root, "holds no settings: it should begin with broker:, profiles: or tenants:")
            return nil
        }
    }

    private func setting(_ node: Node, at place: Place, depth: Int, _ nodesLeft: inout Int) -> Setting? {
        nodesLeft -= 1
        guard nodesLeft > 0 else { return nil }
        guard depth < Self.depthMax else {
            findings.add(place, "lies deeper than any setting")
            return nil
        }
        switch node {
        case .scalar(let scalar):
            let isEmpty = scalar.style == .plain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return Setting(place: place, content: isEmpty ? .empty : .text(scalar.string))
        case .sequence(let sequence):
            var list: [Setting] = []
            for element in sequence {
                let place = Place(file: file, line: element.mark?.line ?? place.line, key: place.key)
                guard let setting = setting(element, at: place, depth: depth + 1, &nodesLeft) else { continue }
                list.append(setting)
            }
            return Setting(place: place, content: .list(list))
        case .mapping(let mapping):
            var entries: [Setting.Entry] = []
            for (key, value) in mapping {
                let line = key.mark?.line ?? place.line
                guard case .scalar(let name) = key else {
                    findings.add(Place(file: file, line: line, key: place.key), "has a key that is not a word")
                    continue
                }
                let inner = place.inside(name.string, line: line)
                guard let setting = setting(value, at: inner, depth: depth + 1, &nodesLeft) else { continue }
                entries.append(.init(name: name.string, value: setting))
            }
            return Setting(place: place, content: .section(entries))
        case .alias:
            findings.add(place, "is an alias, which are not read here: write the value out")
            return nil
        }
    }

    private func note(_ error: any Error, in text: String) {
        func add(_ line: Int, _ message: String, key: String = "") {
            findings.add(Place(file: file, line: max(1, line), key: key), message)
        }
        switch error as? YamlError {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            // The parser's words are fixed texts; nothing of the file is in them.
            let whole = context.map { "\(problem) (\($0.text), line \($0.mark.line))" } ?? problem
            add(mark.line, "is not YAML: \(whole)")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let name = duplicates.first ?? ""
            let first = context.mark
            let second = SettingsText.line(of: name, at: first.column, after: first.line, in: text)
            add(second ?? first.line, "is written twice in one section (first in line \(first.line))", key: name)
        case .reader(let problem, let offset, _, _):
            let before = text.prefix(offset ?? 0)
            add(1 + before.utf8.count { $0 == UInt8(ascii: "\n") }, "is not YAML: \(problem)")
        default:
            add(1, "is not YAML")
        }
    }

    /// The next line after `line` that has the word at the column, which is how a second key of a section looks.
    private static func line(of word: String, at column: Int, after line: Int, in text: String) -> Int? {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        let key = "\(word):".utf8
        let found = lines.dropFirst(line).firstIndex { candidate in
            candidate.prefix(column - 1).allSatisfy { $0 == UInt8(ascii: " ") }
                && candidate.dropFirst(column - 1).starts(with: key)
        }
        return found.map { $0 + 1 }
    }

    /// The first word that looks like an anchor or alias, and its line.
    ///
    /// It is looked for before the parser sees the text, because the parser compares keys, and would follow aliases
    /// to do so: a few lines of them would keep it busy for ever. Comments are passed over, as far as
    /// one line shows that they are some.
    private static func firstReference(in bytes: [UInt8]) -> (line: Int, word: String)? {
        let openers = Set(" \t[{,:-?\n".utf8)
        var line = 1
        var isComment = false
        var isBlank = true
        var (singleQuotes, doubleQuotes) = (0, 0)
        for (position, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "\n") {
                (line, isComment, isBlank, singleQuotes, doubleQuotes) = (line + 1, false, true, 0, 0)
                continue
            }
            let before = position == 0 ? UInt8(ascii: "\n") : bytes[position - 1]
            let isQuoted = singleQuotes % 2 + doubleQuotes % 2 > 0
            if byte == UInt8(ascii: "#"), isBlank || !isQuoted && before == UInt8(ascii: " ") { isComment = true }
            if byte == UInt8(ascii: "'") { singleQuotes += 1 }
            if byte == UInt8(ascii: "\"") { doubleQuotes += 1 }
            if byte != UInt8(ascii: " "), byte != UInt8(ascii: "\t") { isBlank = false }
            guard !isComment, byte == UInt8(ascii: "*") || byte == UInt8(ascii: "&"), openers.contains(before) else {
                continue
            }
            let word = bytes[(position + 1)...].prefix { isWordByte($0) }
            if !word.isEmpty { return (line, String(decoding: [byte] + word, as: UTF8.self)) }
        }
        return nil
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
