import Varlink

/// Writes records to standard output in the format that was asked for.
final class RecordWriter {
    private let console: Console
    private let format: OutputFormat
    private let columns: [Column]
    private let isSingle: Bool
    private var table: Table
    private var count = 0

    /// Whether there was no record so far.
    var isEmpty: Bool { count == 0 }

    /// A writer of one record, which people read as a list, or of several, which they read as a table.
    init(_ columns: [Column], single: Bool, options: SharedOptions, console: Console) {
        self.console = console
        self.columns = columns
        isSingle = single
        format = options.format ?? (single ? .list : .table)
        table = Table(
            columns,
            layout: Table.Layout(
                width: console.output.terminalWidth, hasHeader: !options.noHeader,
                emphasis: console.emphasis(on: console.output), now: console.now()))
    }

    /// Writes one record, or keeps it until the widths of a table are settled.
    func add(_ record: JSONObject) throws {
        let output = console.output
        defer { count += 1 }
        switch format {
        case .table: try write(table.add(record))
        case .list:
            if count > 0 { try output.write("\n") }
            try write(PropertyList.lines(record, at: console.now(), width: output.terminalWidth))
        case .plain: try output.write(line: columns.map { $0.plain(record) }.joined(separator: "\t"))
        case .json:
            try output.write(count > 0 ? ",\n" : isSingle ? #"{"item":"# : #"{"items":["#)
            try write(json: record)
        case .jsonl:
            try write(json: record)
            try output.write("\n")
        }
    }

    /// Shows what waits: nothing more has come for a while.
    func settle() throws {
        if format == .table { try write(table.settle()) }
        try console.output.flush()
    }

    /// Ends what was begun and hands it over.
    func finish() throws {
        if format == .json {
            if count == 0 && !isSingle { try console.output.write(#"{"items":["#) }
            try console.output.write(isSingle ? "}\n" : "]}\n")
        }
        try settle()
    }

    private func write(_ lines: [String]) throws {
        for line in lines { try console.output.write(line: line) }
    }

    private func write(json record: JSONObject) throws {
        var bytes: [UInt8] = []
        record.write(into: &bytes)
        try console.output.write(bytes: bytes)
    }
}
