internal import CLIXML
internal import PSRP
internal import Varlink

// What a pipeline says to its host, as records.
extension RecordEncoder {
    /// A text of Write-Host.
    mutating func host(_ text: HostText) {
        begin("information")
        member("text")
        text.text.writeJSON(into: &bytes)
        member("host")
        put("{")
        var separator: StaticString = ""
        for (name, color) in [
            ("\"foreground\":" as StaticString, text.kind == .error ? 12 : text.foreground),
            ("\"background\":", text.background),
        ] {
            guard let color, ConsoleColor.names.indices.contains(Int(color)) else { continue }
            put(separator)
            put(name)
            ConsoleColor.names[Int(color)].writeJSON(into: &bytes)
            separator = ","
        }
        if !text.endsLine {
            put(separator)
            put("\"noNewline\":true")
        }
        put("}}")
    }

    /// A question; `id` is what its answer has to name, nil where it was refused.
    mutating func prompt(_ question: Question, _ id: Int64?) {
        begin("prompt")
        member("prompt")
        put("{\"kind\":\"")
        put(question.kind.word)
        put("\"")
        if let id {
            member("prompt")
            put(id)
        }
        text("caption", question.caption)
        text("message", question.message)
        switch question.kind {
        case .line, .secret: break
        case .choice(let choices, let preset): self.choices(choices, preset.map { [$0] } ?? [])
        case .choices(let choices, let presets): self.choices(choices, presets)
        case .credential(let userName, let target):
            text("userName", userName ?? "")
            text("target", target ?? "")
        case .fields(let fields):
            member("fields")
            put("[")
            for (index, field) in fields.enumerated() {
                if index > 0 { put(",") }
                put("{\"name\":")
                field.name.writeJSON(into: &bytes)
                text("label", field.label ?? "")
                member("type")
                field.type.writeJSON(into: &bytes)
                text("help", field.help)
                member("isMandatory")
                put(field.isMandatory ? "true}" : "false}")
            }
            put("]")
        }
        put("}}")
    }

    private mutating func choices(_ choices: [Question.Choice], _ presets: [Int]) {
        member("choices")
        put("[")
        for (index, choice) in choices.enumerated() {
            if index > 0 { put(",") }
            put("{\"label\":")
            choice.label.writeJSON(into: &bytes)
            text("help", choice.help)
            put("}")
        }
        put("]")
        guard !presets.isEmpty else { return }
        member("presets")
        put("[")
        for (index, preset) in presets.enumerated() {
            if index > 0 { put(",") }
            put(preset)
        }
        put("]")
    }
}

/// Tells apart what came twice. With a host, Windows sends a line of Write-Host, of a warning and the like both as a call of
/// the host and as a record, in either order; what a script writes to the host itself comes as a call only.
struct EchoFilter {
    /// How a text came.
    enum Way {
        case call
        case record
    }

    /// Texts whose other half has not come. Of those that never get one the oldest are forgotten.
    private var alone: [(text: HostText, way: Way)] = []
    private static let aloneMax = 64

    /// Whether this is no echo of what came the other way.
    mutating func isNew(_ text: HostText, _ way: Way) -> Bool {
        if let index = alone.firstIndex(where: {
            $0.way != way && $0.text.kind == text.kind && $0.text.text == text.text
        }) {
            alone.remove(at: index)
            return false
        }
        alone.append((text, way))
        if alone.count > Self.aloneMax { alone.removeFirst() }
        return true
    }
}

extension Question.Kind {
    /// The name of the kind in the interface.
    fileprivate var word: StaticString {
        switch self {
        case .line: "line"
        case .secret: "secret"
        case .choice: "choice"
        case .choices: "choices"
        case .credential: "credential"
        case .fields: "fields"
        }
    }
}

extension InformationRecord {
    /// What Write-Host wrote, which comes as a call of the host, too.
    var hostText: HostText? {
        guard tags.contains("PSHOST") else { return nil }
        func color(_ name: String) -> Int32? { data[name]?.integer.flatMap(Int32.init(exactly:)) }
        return HostText(
            message, endsLine: !(data["NoNewLine"]?.bool ?? false), foreground: color("ForegroundColor"),
            background: color("BackgroundColor"))
    }
}
