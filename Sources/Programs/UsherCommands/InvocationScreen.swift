import UsherClient
import Varlink

/// What a pipeline says: its objects on standard output, all else on standard error.
final class InvocationScreen {
    private let shared: SharedOptions
    private let console: Console
    private let scriptHint: String
    private let writer: ObjectWriter
    private let progress: ProgressLine
    private var prompts: [JSONObject] = []

    /// `scriptHint` is what to type where the endpoint refuses script text.
    init(shared: SharedOptions, console: Console, scriptHint: String) {
        self.shared = shared
        self.console = console
        self.scriptHint = scriptHint
        writer = ObjectWriter(format: shared.format, hasHeader: !shared.noHeader, console: console)
        progress = ProgressLine(format: shared.format, console: console)
    }

    /// When rows that wait have to be shown; nil while none do.
    var deadline: Deadline? { writer.deadline }

    func show(_ records: [JSON]) throws {
        for record in records { if let record = record.object { try show(record) } }
    }

    /// Shows a reply that needs no decoding. False when it does.
    func take(_ frame: UnsafeBufferPointer<UInt8>) throws -> Bool {
        try writer.take(frame) { try show($0) }
    }

    /// Nothing more has come for now.
    func pause() throws {
        if let deadline, deadline.isOver { try writer.settle() }
        try console.output.flush()
    }

    /// The questions that came since this was last asked and wait for an answer.
    func takePrompts() -> [JSONObject] {
        defer { prompts = [] }
        return prompts
    }

    func clear() { progress.clear() }

    func finish() throws {
        progress.clear()
        try writer.finish()
    }

    private func show(_ record: JSONObject) throws {
        let stream = record["stream"]?.string ?? ""
        if stream == "progress" { return progress.show(record) }
        progress.clear()
        if stream == "output" { return try writer.add(record) }
        // On a terminal what was written before stands before.
        if console.output.terminalWidth != nil { try writer.settle() }
        try console.output.flush()
        if stream == "prompt", let prompt = record["prompt"]?.object, prompt["prompt"] != nil {
            return prompts.append(prompt)
        }
        if shared.format?.isForPrograms ?? false { tellProgram(stream, record) } else { tell(stream, record) }
        // Who closed standard error does not want to be told.
        try? console.diagnostics.flush()
    }

    private func tell(_ stream: String, _ record: JSONObject) {
        let emphasis = console.emphasis(on: console.diagnostics)
        switch stream {
        case "error":
            for line in ErrorRecordText.lines(record) {
                try? console.diagnostics.write(line: emphasis.alarming(line))
            }
            guard ErrorRecordText.refusesScripts(record) else { return }
            try? console.diagnostics.write(
                line: "\(emphasis.strong("Hint:")) This endpoint takes commands only: \(scriptHint)")
        case "information": HostLine.write(record, to: console)
        case "prompt": tellUnanswered(record["prompt"]?.object ?? [:], emphasis)
        default:
            let lines = (record["text"]?.string ?? "").visibleLines
            try? console.diagnostics.write(line: "\(stream.uppercased().madeVisible): \(lines[0])")
            for line in lines.dropFirst() { try? console.diagnostics.write(line: line) }
        }
    }

    /// A question that the tenant was told nobody answers.
    private func tellUnanswered(_ prompt: JSONObject, _ emphasis: Emphasis) {
        let error = UnansweredPrompt.error(prompt)
        try? console.diagnostics.write(line: "\(emphasis.alarming("Error:")) \(error.message)")
        for line in error.causes.flatMap(\.visibleLines) { try? console.diagnostics.write(line: "  \(line)") }
        if let hint = error.hint { try? console.diagnostics.write(line: "\(emphasis.strong("Hint:")) \(hint)") }
    }

    private func tellProgram(_ stream: String, _ record: JSONObject) {
        var object: JSONObject
        if stream == "error" {
            object = ErrorRecordText.object(record)
            if ErrorRecordText.refusesScripts(record) { object["hint"] = .string(scriptHint) }
        } else if stream == "prompt" {
            let error = UnansweredPrompt.error(record["prompt"]?.object ?? [:])
            object = [
                "code": .string(error.code), "message": .string(error.message), "prompt": record["prompt"] ?? [:],
                "origin": "pipeline",
            ]
        } else {
            object = ["stream": .string(stream), "message": record["text"] ?? "", "origin": "pipeline"]
        }
        try? console.diagnostics.write(line: JSON.object(object).text)
    }
}
