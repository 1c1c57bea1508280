import Varlink

/// Rows under headings. The columns are chosen from the first rows, then each row goes out as it comes.
struct Table {
    /// So many rows are looked at before the widths are settled.
    private static let rowsToSettle = 100
    /// A column that may shrink keeps so much while others may yet be left out, and so much in the end.
    private static let shrunkWidths = (first: 16, last: 8)
    private static let gap = "  "

    private let columns: [Column]
    private let layout: Layout
    private var early: [JSONObject] = []
    private var settled: [(column: Column, width: Int)]?

    /// What surrounds a table.
    struct Layout {
        /// The columns of the terminal; nil away from one, where nothing is cut.
        var width: Int?
        var hasHeader: Bool
        var emphasis: Emphasis
        var now: Instant
    }

    init(_ columns: [Column], layout: Layout) {
        self.columns = columns
        self.layout = layout
    }

    /// Takes a record; returns the lines that can be shown now.
    mutating func add(_ record: JSONObject) -> [String] {
        if let settled { return [line(record, settled)] }
        early.append(record)
        return early.count < Self.rowsToSettle ? [] : settle()
    }

    /// Chooses the columns from what has come so far, and returns the lines that waited for it. Once is enough.
    mutating func settle() -> [String] {
        guard settled == nil, !early.isEmpty else { return [] }
        let texts = columns.map { column in early.map { column.text($0, at: layout.now) } }
        var chosen: [(column: Column, width: Int)] = []
        for (column, values) in zip(columns, texts) {
            let widest = values.lazy.map(\.terminalColumns).max() ?? 0
            // A column that may be left out and says nothing is left out.
            if column.fit != .keep && widest == 0 { continue }
            chosen.append((column, max(widest, layout.hasHeader ? column.title.terminalColumns : 0)))
        }
        if let width = layout.width { Self.fit(&chosen, into: width) }
        settled = chosen
        let header = layout.hasHeader ? [header(chosen)] : []
        defer { early = [] }
        return header + early.map { line($0, chosen) }
    }

    private static func fit(_ columns: inout [(column: Column, width: Int)], into width: Int) {
        func excess() -> Int { columns.reduce(0) { $0 + $1.width } + gap.count * (columns.count - 1) - width }
        func shrink(_ fit: Column.Fit, to least: Int) {
            while excess() > 0 {
                let wide = columns.indices.filter { columns[$0].column.fit == fit && columns[$0].width > least }
                guard let widest = wide.max(by: { columns[$0].width < columns[$1].width }) else { return }
                columns[widest].width = max(least, columns[widest].width - excess())
            }
        }
        while true {
            let whole = columns
            shrink(.shrink, to: shrunkWidths.first)
            guard excess() > 0, let last = columns.lastIndex(where: { $0.column.fit == .leaveOut }) else { break }
            columns = whole
            columns.remove(at: last)
        }
        shrink(.shrink, to: shrunkWidths.last)
        shrink(.shrinkLast, to: shrunkWidths.last)
    }

    private func header(_ columns: [(column: Column, width: Int)]) -> String {
        layout.emphasis.strong(row(columns.map { ($0.column.title, $0.width) }))
    }

    private func line(_ record: JSONObject, _ columns: [(column: Column, width: Int)]) -> String {
        row(columns.map { ($0.column.text(record, at: layout.now), $0.width) })
    }

    private func row(_ cells: [(text: String, width: Int)]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = layout.width == nil ? cell.text : cell.text.fitted(to: cell.width)
            // No blanks at the end of a line: they wrap on a narrow terminal and get in the way of a copy.
            line += index == cells.count - 1 ? text : text.padded(to: cell.width) + Self.gap
        }
        while line.hasSuffix(" ") { line.removeLast() }
        return layout.width.map { line.fitted(to: $0) } ?? line
    }
}

/// Whether text may be set off by colour and weight.
struct Emphasis: Sendable {
    let allowed: Bool

    func strong(_ text: String) -> String { allowed ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    func alarming(_ text: String) -> String { allowed ? "\u{1B}[1;31m\(text)\u{1B}[0m" : text }
}
