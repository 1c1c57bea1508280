import UsherClient
import Varlink

/// Writes what a pipeline put out, in the format that was asked for.
///
/// For people it decides as PowerShell does: up to four properties make a table, more make a list. A table's widths
/// come from its first hundred rows, or from those of the first 300 ms; another kind of object begins another table.
final class ObjectWriter {
    private let output: Output
    private let format: OutputFormat?
    private let layout: Table.Layout
    private var group: Group = .none
    private var count = 0
    private var settleAt: Deadline?

    /// Objects up to so many properties are a table.
    private static let tablePropertiesMax = 4
    private static let settlesAfter: Duration = .milliseconds(300)

    /// What was written last, and what the next one has to be like to be written the same way.
    private enum Group {
        case none
        case scalars
        case table(String?, ObjectTable)
        case list
    }

    init(format: OutputFormat?, hasHeader: Bool, console: Console) {
        output = console.output
        self.format = format
        layout = Table.Layout(
            width: console.output.terminalWidth, hasHeader: hasHeader,
            emphasis: console.emphasis(on: console.output), now: console.now())
    }

    /// When to call `settle` because rows wait; nil while none do.
    var deadline: Deadline? {
        if case .table(_, let table) = group, table.isWaiting { settleAt } else { nil }
    }

    /// Writes a record of the output stream.
    func add(_ record: JSONObject) throws {
        let type = record["typeName"]?.string
        let scalar = ValueText.json(of: record["scalar"] ?? .null)
        switch (format, record["data"]?.object) {
        case (.json?, let data), (.jsonl?, let data): try write(json: data.map { .object($0) } ?? scalar)
        case (.plain?, let data?):
            try output.write(line: data.map { $0.value.plainText.madeVisible }.joined(separator: "\t"))
        case (.plain?, nil): try output.write(line: scalar.plainText.madeVisible)
        case (_, let data?) where !data.isEmpty: try add(data, types: record["types"]?.object ?? [:], of: type)
        case (_, _?): try add(scalar: .string(record["text"]?.string ?? type ?? ""), of: nil)
        case (_, nil): if !scalar.isNull { try add(scalar: scalar, of: type) }
        }
        count += 1
    }

    /// Writes the objects that lie in a reply, as the bytes they came in. False when the reply has to be decoded.
    ///
    /// `others` gets the records that are no objects, in their places.
    func take(_ frame: UnsafeBufferPointer<UInt8>, others: (JSONObject) throws -> Void) throws -> Bool {
        guard format?.isForPrograms ?? false, let places = RecordFrame.records(in: frame) else { return false }
        var decoded: [JSONObject] = []
        for case .record(let range) in places {
            let bytes = UnsafeBufferPointer(rebasing: frame[range])
            guard let record = try? JSON(parsing: bytes).object else { return false }
            decoded.append(record)
        }
        var next = decoded.makeIterator()
        for place in places {
            switch place {
            case .object(let range):
                try separate()
                try output.write(bytes: UnsafeBufferPointer(rebasing: frame[range]))
                if format == .jsonl { output.write(byte: UInt8(ascii: "\n")) }
                count += 1
            case .record: if let record = next.next() { try others(record) }
            }
        }
        return true
    }

    /// Shows what waits for more rows.
    func settle() throws {
        if case .table(let type, var table) = group {
            try write(table.settle())
            group = .table(type, table)
        }
    }

    /// Ends what was begun and hands it over.
    func finish() throws {
        try settle()
        if format == .json { try output.write(count == 0 ? "{\"items\":[]}\n" : "]}\n") }
        try output.flush()
    }

    private func add(_ object: JSONObject, types: JSONObject, of type: String?) throws {
        if case .table(let kind, var table) = group, kind == type, table.fits(object) {
            try write(table.add(object, types: types))
            group = .table(kind, table)
            return
        }
        let isTable = format.map { $0 == .table } ?? (object.count <= Self.tablePropertiesMax)
        guard isTable else {
            try begin(.list)
            return try write(ObjectList.lines(object, types: types, width: layout.width))
        }
        var table = ObjectTable(object.map(\.key), layout: layout)
        try begin(.table(type, table))
        settleAt = .within(Self.settlesAfter)
        try write(table.add(object, types: types))
        group = .table(type, table)
    }

    private func add(scalar: JSON, of type: String?) throws {
        switch scalar {
        case .object(let map):
            // A hashtable, which PowerShell shows by its entries.
            for entry in map {
                try add(["Name": .string(entry.key), "Value": entry.value], types: [:], of: "hashtable")
            }
        case .array(let elements):
            // What is written as one list is shown one a line, as a pipeline would hand it on.
            for element in elements { try add(scalar: element, of: nil) }
        case .null, .bool, .int, .double, .string:
            if case .scalars = group {} else { try begin(.scalars) }
            try write(ValueText.text(scalar, type: ValueText.type(named: type)).visibleLines)
        }
    }

    /// A line between what is of different kinds, and between objects of a list.
    private func begin(_ next: Group) throws {
        try settle()
        if case .none = group {} else { try output.write("\n") }
        group = next
    }

    private func separate() throws {
        if format == .json { try output.write(count == 0 ? "{\"items\":[" : ",\n") }
    }

    private func write(json value: JSON) throws {
        try separate()
        var bytes: [UInt8] = []
        value.write(into: &bytes)
        if format == .jsonl { bytes.append(UInt8(ascii: "\n")) }
        try output.write(bytes: bytes)
    }

    private func write(_ lines: [String]) throws {
        for line in lines { try output.write(line: line) }
    }
}
