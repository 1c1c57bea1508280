import Varlink

/// One line on a terminal that tells how far something is, drawn again in place. Away from a terminal, and for
/// programs, there is nothing of it.
final class ProgressLine {
    private let console: Console
    private let isShown: Bool
    private var drawn = ""

    init(format: OutputFormat?, console: Console) {
        self.console = console
        isShown = console.redraws(on: console.diagnostics) && !(format?.isForPrograms ?? false)
    }

    /// Shows this text instead of what was shown.
    func show(_ text: String) {
        guard isShown, text != drawn else { return }
        drawn = text
        let width = (console.diagnostics.terminalWidth ?? 80) - 1
        draw(text.madeVisible.fitted(to: width))
    }

    /// Shows a progress record.
    func show(_ record: JSONObject) {
        let facts = record["progress"]?.object ?? [:]
        guard !(facts["isCompleted"]?.bool ?? false) else { return clear() }
        var parts = [facts["activity"]?.string ?? ""]
        for part in [record["text"]?.string, facts["operation"]?.string].compactMap({ $0 }) where !part.isEmpty {
            parts.append(part)
        }
        var text = parts.joined(separator: ": ")
        if let percent = facts["percent"]?.int, percent >= 0 { text += " \(min(percent, 100))%" }
        if let seconds = facts["secondsRemaining"]?.int, seconds >= 0 { text += ", \(Span(seconds: seconds)) left" }
        show(text)
    }

    /// Takes the line off the screen, before anything else is written.
    func clear() {
        guard !drawn.isEmpty else { return }
        drawn = ""
        draw("")
    }

    private func draw(_ text: String) {
        try? console.diagnostics.write("\r\u{1B}[K" + text)
        try? console.diagnostics.flush()
    }
}
