// A question of a pipeline as PowerShell puts it on a console: what is shown, which lines are asked for, and the answer that
// comes of them. No terminal is touched here: lines go in, texts and at last a value come out.

import Varlink

/// One question, while it is being answered.
struct QuestionDialog {
    /// What its answer has to name.
    let id: Int64
    /// What is shown before the first line is asked for.
    let heading: [String]
    /// The line to be asked for next; nil once the answer is there.
    private(set) var ask: Line?
    /// A Value of the interface, once all lines are there.
    private(set) var answer: JSON?

    private let kind: Kind
    private var values: [(name: String, value: JSON)] = []
    private var list: [JSON] = []
    private var userName = ""

    /// A line to be asked for.
    struct Line: Hashable {
        let text: String
        var isHidden = false
    }

    private enum Kind {
        case line(isSecret: Bool)
        case choice(QuestionChoices)
        case choices(QuestionChoices)
        case credential
        case fields([QuestionField])
    }

    /// Nil for a question of a kind that this usher does not know, or one that nobody can answer any more.
    init?(_ prompt: JSONObject) {
        guard let id = prompt["prompt"]?.int else { return nil }
        self.id = id
        heading = Self.heading(of: prompt)
        switch prompt["kind"]?.string {
        case "line": kind = .line(isSecret: false)
        case "secret": kind = .line(isSecret: true)
        case "choice": kind = .choice(QuestionChoices(prompt))
        case "choices": kind = .choices(QuestionChoices(prompt))
        case "credential":
            kind = .credential
            userName = prompt["userName"]?.string ?? ""
        case "fields": kind = .fields((prompt["fields"]?.array ?? []).compactMap(\.object).map(QuestionField.init))
        default: return nil
        }
        begin()
    }

    /// What a question says before it asks: caption, message.
    static func heading(of prompt: JSONObject) -> [String] {
        ["caption", "message"].compactMap { prompt[$0]?.string }.filter { !$0.isEmpty }.flatMap(\.visibleLines)
    }

    private mutating func begin() {
        switch kind {
        case .line(let isSecret): ask = Line(text: "", isHidden: isSecret)
        case .choice(let choices): ask = Line(text: choices.menu)
        case .choices: ask = Line(text: "Choice[0]: ")
        case .credential: askForCredential()
        case .fields: askForField()
        }
    }

    /// Takes the line that was asked for. What is returned is shown before the next one.
    mutating func receive(_ line: String) -> [String] {
        switch kind {
        case .line(let isSecret):
            finish([isSecret ? "secret" : "string": .string(line)])
            return []
        case .choice(let choices): return choose(line, of: choices)
        case .choices(let choices): return chooseSome(line, of: choices)
        case .credential:
            if userName.isEmpty { userName = line } else { finish(credential(line)) }
            if answer == nil { askForCredential() }
            return []
        case .fields(let fields): return fill(fields[values.count], line)
        }
    }

    private mutating func finish(_ value: JSON) {
        ask = nil
        answer = value
    }

    // MARK: choices

    private mutating func choose(_ line: String, of choices: QuestionChoices) -> [String] {
        if line == "?" { return choices.help }
        guard let index = line.isEmpty ? choices.presets.first : choices.index(of: line) else { return [] }
        finish(["int": .int(Int64(index))])
        return []
    }

    private mutating func chooseSome(_ line: String, of choices: QuestionChoices) -> [String] {
        if line == "?" { return choices.help }
        if line.isEmpty {
            let taken = list.isEmpty ? choices.presets.map { ["int": .int(Int64($0))] as JSON } : list
            finish(["list": .array(taken)])
            return []
        }
        guard let index = choices.index(of: line) else { return ["\(line.madeVisible) is none of these."] }
        list.append(["int": .int(Int64(index))])
        ask = Line(text: "Choice[\(list.count)]: ")
        return []
    }

    // MARK: credentials

    private mutating func askForCredential() {
        ask =
            userName.isEmpty
            ? Line(text: "User: ") : Line(text: "Password for user \(userName.madeVisible): ", isHidden: true)
    }

    private func credential(_ password: String) -> JSON {
        ["credential": ["userName": .string(userName), "password": .string(password)]]
    }

    // MARK: fields

    private mutating func askForField() {
        guard case .fields(let fields) = kind else { return }
        guard values.count < fields.count else {
            return finish(["map": .object(JSONObject(present: values.map { ($0.name, $0.value) }))])
        }
        let field = fields[values.count]
        switch field.shape {
        case .list: ask = Line(text: "\(field.label)[\(list.count)]: ")
        case .secret: ask = Line(text: "\(field.label): ", isHidden: true)
        case .credential where userName.isEmpty:
            ask = Line(text: "\(field.label), user: ")
        case .credential: askForCredential()
        case .text, .integer, .number, .bool: ask = Line(text: "\(field.label): ")
        }
    }

    private mutating func fill(_ field: QuestionField, _ line: String) -> [String] {
        if line == "!?" { return field.help.isEmpty ? ["There is no help for it."] : field.help.visibleLines }
        switch field.shape {
        case .list where !line.isEmpty:
            list.append(["string": .string(line)])
            askForField()
            return []
        case .credential where userName.isEmpty:
            guard !line.isEmpty else { return [] }
            userName = line
            askForField()
            return []
        default: break
        }
        let value: JSON
        switch field.shape {
        case .list: value = ["list": .array(list)]
        case .secret: value = ["secret": .string(line)]
        case .credential: value = credential(line)
        case .text: value = ["string": .string(line)]
        case .integer, .number, .bool:
            guard let read = field.shape.value(of: line) else {
                return ["\"\(line.madeVisible)\" is no \(field.type.madeVisible)."]
            }
            value = read
        }
        (list, userName) = ([], "")
        values.append((field.name, value))
        askForField()
        return []
    }
}

/// What can be chosen.
struct QuestionChoices {
    /// Taken where somebody just presses Enter.
    let presets: [Int]
    private let choices: [(label: String, key: String, help: String)]

    init(_ prompt: JSONObject) {
        presets = (prompt["presets"]?.array ?? []).compactMap { $0.int.map(Int.init) }
        choices = (prompt["choices"]?.array ?? []).compactMap(\.object).map { choice in
            let label = choice["label"]?.string ?? ""
            let parts = label.split(separator: "&", maxSplits: 1, omittingEmptySubsequences: false)
            let key = parts.count == 2 ? parts[1].prefix(1).uppercased() : ""
            return (parts.joined(), key, choice["help"]?.string ?? "")
        }
    }

    /// `[Y] Yes  [N] No  [?] Help (default is "Y"): `
    var menu: String {
        var text = choices.map { "[\(name(of: $0))] \($0.label.madeVisible)" }.joined(separator: "  ") + "  [?] Help"
        if let preset = presets.first, choices.indices.contains(preset) {
            text += " (default is \"\(name(of: choices[preset]))\")"
        }
        return text + ": "
    }

    var help: [String] {
        choices.map { "\(name(of: $0)) - \(($0.help.isEmpty ? $0.label : $0.help).madeVisible)" }
    }

    private func name(of choice: (label: String, key: String, help: String)) -> String {
        (choice.key.isEmpty ? choice.label : choice.key).madeVisible
    }

    /// The number of the choice whose letter or label this is, in any case.
    func index(of line: String) -> Int? {
        let line = line.trimmingBlanks.lowercased()
        return choices.firstIndex { $0.key.lowercased() == line && !line.isEmpty }
            ?? choices.firstIndex { $0.label.lowercased() == line }
    }
}

/// A value that is asked for by name.
struct QuestionField {
    let name: String
    let label: String
    let type: String
    let help: String
    let shape: Shape

    /// What is typed for it.
    enum Shape: Hashable {
        case text
        case secret
        case credential
        case integer
        case number
        case bool
        /// One a line, until an empty one.
        case list

        /// The Value that `line` means, nil where it means none.
        func value(of line: String) -> JSON? {
            switch self {
            case .integer: return Int64(line.trimmingBlanks).map { ["int": .int($0)] }
            case .number: return Double(line.trimmingBlanks).map { ["float": .double($0)] }
            case .bool:
                let words = ["true": true, "$true": true, "1": true, "false": false, "$false": false, "0": false]
                return words[line.trimmingBlanks.lowercased()].map { ["bool": .bool($0)] }
            case .text, .secret, .credential, .list: return nil
            }
        }
    }

    init(_ facts: JSONObject) {
        name = facts["name"]?.string ?? ""
        // The letter behind & is for windows.
        label = (facts["label"]?.string ?? name).filter { $0 != "&" }.madeVisible
        type = facts["type"]?.string ?? ""
        help = facts["help"]?.string ?? ""
        shape = Self.shape(of: type)
    }

    private static func shape(of type: String) -> Shape {
        switch type.split(separator: ".").last.map(String.init) ?? "" {
        case "SecureString": .secret
        case "PSCredential": .credential
        case "Int16", "Int32", "Int64", "UInt16", "UInt32", "UInt64", "Byte", "SByte": .integer
        case "Single", "Double": .number
        case "Boolean", "SwitchParameter": .bool
        case let last where last.hasSuffix("[]") || type.hasPrefix("System.Collections."): .list
        default: .text
        }
    }
}

extension String {
    fileprivate var trimmingBlanks: String {
        String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
    }
}
