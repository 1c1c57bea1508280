import Varlink

/// Objects of one kind as rows. The widths are chosen from the first rows, then each row goes out as it comes.
struct ObjectTable {
    /// So many rows are looked at before the widths are settled.
    private static let rowsToSettle = 100
    /// A column of a terminal keeps so much, unless it needs less.
    private static let shrunkWidthMin = 8

    private let names: [String]
    private let layout: Table.Layout
    private var early: [[Cell]] = []
    private var settled: [Column]?

    private struct Cell {
        let text: String
        let isNumber: Bool
    }

    private struct Column {
        let index: Int
        var width: Int
        let isRight: Bool
    }

    init(_ names: [String], layout: Table.Layout) {
        self.names = names
        self.layout = layout
    }

    /// Whether every property of `object` has a column.
    func fits(_ object: JSONObject) -> Bool { object.allSatisfy { member in names.contains(member.key) } }

    /// Takes an object; returns the lines that can be shown now.
    mutating func add(_ object: JSONObject, types: JSONObject) -> [String] {
        let elementsMax = layout.width == nil ? nil : ValueText.elementsInTable
        let row = names.map { name in
            let value = object[name] ?? .null
            let type = types[name]?.string
            return Cell(
                text: ValueText.text(value, type: type, elementsMax: elementsMax).madeVisible,
                isNumber: ValueText.isNumber(value, type: type))
        }
        if let settled { return [line(row, settled)] }
        early.append(row)
        return early.count < Self.rowsToSettle ? [] : settle()
    }

    /// Whether rows wait for the widths.
    var isWaiting: Bool { settled == nil && !early.isEmpty }

    /// Chooses the widths from what has come so far, and returns the lines that waited for it.
    mutating func settle() -> [String] {
        guard isWaiting else { return [] }
        var columns = names.indices.map { index in
            let cells = early.map { $0[index] }
            let widest = cells.lazy.map(\.text.terminalColumns).max() ?? 0
            let hasText = cells.contains { !$0.text.isEmpty && !$0.isNumber }
            return Column(
                index: index, width: max(widest, layout.hasHeader ? names[index].madeVisible.terminalColumns : 0),
                isRight: !hasText && cells.contains(where: \.isNumber))
        }
        if let width = layout.width { Self.fit(&columns, into: width) }
        settled = columns
        defer { early = [] }
        return (layout.hasHeader ? header(columns) : []) + early.map { line($0, columns) }
    }

    /// Shrinks the widest column, again and again; then the last ones are left out, as PowerShell does.
    private static func fit(_ columns: inout [Column], into width: Int) {
        func excess() -> Int { columns.reduce(-1) { $0 + $1.width + 1 } - width }
        while excess() > 0 {
            guard let widest = columns.indices.max(by: { columns[$0].width < columns[$1].width }),
                columns[widest].width > shrunkWidthMin
            else {
                guard columns.count > 1 else { return }
                columns.removeLast()
                continue
            }
            let next = columns.map(\.width).filter { $0 < columns[widest].width }.max() ?? 0
            columns[widest].width = max(shrunkWidthMin, next, columns[widest].width - excess())
            // Several as wide as that: one step each, in turn.
            if columns[widest].width == next, excess() > 0 { columns[widest].width = max(shrunkWidthMin, next - 1) }
        }
    }

    private func header(_ columns: [Column]) -> [String] {
        let titles = columns.map { names[$0.index].madeVisible.fitted(to: $0.width) }
        let dashes = titles.map { String(repeating: "-", count: $0.terminalColumns) }
        return [layout.emphasis.strong(row(titles, columns)), row(dashes, columns)]
    }

    private func line(_ cells: [Cell], _ columns: [Column]) -> String {
        let isFitted = layout.width != nil
        let texts = columns.map { isFitted ? cells[$0.index].text.fitted(to: $0.width) : cells[$0.index].text }
        return row(texts, columns)
    }

    private func row(_ texts: [String], _ columns: [Column]) -> String {
        var line = ""
        for (place, (text, column)) in zip(texts, columns).enumerated() {
            if place > 0 { line += " " }
            let blanks = String(repeating: " ", count: max(0, column.width - text.terminalColumns))
            line += column.isRight ? blanks + text : text + blanks
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
