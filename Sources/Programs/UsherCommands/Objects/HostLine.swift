import Varlink

/// A text of the information stream: as Write-Host would have it shown, where it was written to the host.
enum HostLine {
    static func write(_ record: JSONObject, to console: Console) {
        let lines = (record["text"]?.string ?? "").visibleLines
        let host = record["host"]?.object ?? [:]
        let isColoured = console.emphasis(on: console.diagnostics).allowed
        for (index, line) in lines.enumerated() {
            let shown = isColoured ? coloured(line, host) : line
            let endsLine = index < lines.count - 1 || host["noNewline"]?.bool != true
            try? console.diagnostics.write(endsLine ? shown + "\n" : shown)
        }
    }

    /// The words of System.ConsoleColor in the order of the terminal's sixteen colours.
    private static let colors = [
        "Black", "DarkRed", "DarkGreen", "DarkYellow", "DarkBlue", "DarkMagenta", "DarkCyan", "Gray", "DarkGray", "Red",
        "Green", "Yellow", "Blue", "Magenta", "Cyan", "White",
    ]

    private static func coloured(_ text: String, _ host: JSONObject) -> String {
        func code(_ name: String, _ plain: Int, _ bright: Int) -> String? {
            guard let index = host[name]?.string.flatMap({ colors.firstIndex(of: $0) }) else { return nil }
            return "\(index < 8 ? plain + index : bright + index - 8)"
        }
        let codes = [code("foreground", 30, 90), code("background", 40, 100)].compactMap { $0 }
        return codes.isEmpty || text.isEmpty ? text : "\u{1B}[\(codes.joined(separator: ";"))m\(text)\u{1B}[0m"
    }
}
