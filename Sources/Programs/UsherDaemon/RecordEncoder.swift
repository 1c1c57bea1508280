internal import CLIXML
internal import PSRP
internal import Varlink

/// Turns what a pipeline writes into records of the interface, as JSON text. Values go straight from the wire's form into
/// bytes: there may be tens of thousands of them in a second.
///
/// What JSON has no form for travels as a string: integers beyond 2^53, decimals, what is not finite, times. Of an object's
/// own properties `types` tells which those are.
struct RecordEncoder {
    var bytes: [UInt8] = []
    /// Types of properties of the object being written.
    private var types: [(name: String, type: StaticString)] = []
    /// The property whose text is the longest, of the object written last.
    private(set) var longest: (name: String, count: Int)?
    /// Whether somebody answers questions.
    private let takesQuestions: Bool
    private var echoes = EchoFilter()

    /// JSON numbers beyond this are rounded by many who read them.
    private static let integerMax: Int64 = 1 << 53
    /// What a tenant nests deeper is written as text.
    private static let depthMax = 24

    init(takesQuestions: Bool = false) { self.takesQuestions = takesQuestions }

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Appends one event as a record. False for one that is no record.
    mutating func append(_ event: PipelineEvent) -> Bool {
        switch event {
        case .output(let value): output(value)
        case .record(.error(let record)): error(record)
        case .record(.warning(let record)): return show(HostText(record.message, kind: .warning), .record)
        case .record(.verbose(let record)): return show(HostText(record.message, kind: .verbose), .record)
        case .record(.debug(let record)): return show(HostText(record.message, kind: .debug), .record)
        case .record(.information(let record)):
            if let text = record.hostText { return show(text, .record) }
            message("information", record.message)
        case .record(.progress(let record)): progress(record)
        case .undecodable(let type, let error):
            message("warning", "What the tenant wrote here could not be read (\(type): \(error)).")
        case .hostCall(let call):
            switch call.request(for: HostDefaults(size: Size(width: 80, height: 25))) {
            case .show(let text): return show(text, .call)
            case .ask(let question): prompt(question, takesQuestions && call.wantsAnswer ? call.callID : nil)
            case .know, .ignore, .refuse: return false
            }
        case .progressed, .ended: return false
        }
        return true
    }

    // MARK: streams

    /// False for what was shown already, because it came both ways.
    private mutating func show(_ text: HostText, _ way: EchoFilter.Way) -> Bool {
        guard echoes.isNew(text, way) else { return false }
        switch text.kind {
        case .warning: message("warning", text.text)
        case .verbose: message("verbose", text.text)
        case .debug: message("debug", text.text)
        case .plain, .error: host(text)
        }
        return true
    }

    private mutating func message(_ stream: StaticString, _ text: String) {
        begin(stream)
        member("text")
        text.writeJSON(into: &bytes)
        put("}")
    }

    private mutating func error(_ record: ErrorRecord) {
        begin("error")
        member("text")
        record.message.writeJSON(into: &bytes)
        member("error")
        put("{\"category\":")
        record.category.name.writeJSON(into: &bytes)
        text("activity", record.activity)
        text("reason", record.reason)
        text("targetName", record.targetName)
        text("targetType", record.targetType)
        text("id", record.fullyQualifiedErrorID)
        text("recommendedAction", record.recommendedAction ?? "")
        put("}}")
    }

    private mutating func progress(_ record: ProgressRecord) {
        begin("progress")
        text("text", record.status)
        member("progress")
        put("{\"activity\":")
        record.activity.writeJSON(into: &bytes)
        text("operation", record.currentOperation ?? "")
        if (0...100).contains(record.percentComplete) {
            member("percent")
            put(record.percentComplete)
        }
        if record.secondsRemaining >= 0 {
            member("secondsRemaining")
            put(record.secondsRemaining)
        }
        member("isCompleted")
        put(record.isCompleted ? "true" : "false")
        put("}}")
    }

    // MARK: output

    private mutating func output(_ value: PSValue) {
        begin("output")
        types.removeAll(keepingCapacity: true)
        longest = nil
        switch value {
        case .null: break
        case .object(let object) where object.isRecord:
            if let type = object.typeNames.first { text("typeName", type) }
            member("data")
            properties(object.properties, depth: 1, isOutermost: true)
            if !types.isEmpty { writeTypes() }
            if let summary = object.toString { text("text", summary) }
        default:
            text("typeName", value.typeName)
            member("scalar")
            scalar(value, depth: 1)
            text("text", value.text)
        }
        put("}")
    }

    private mutating func writeTypes() {
        member("types")
        var separator: StaticString = "{"
        for (name, type) in types {
            put(separator)
            separator = ","
            name.writeJSON(into: &bytes)
            put(":\"")
            put(type)
            put("\"")
        }
        put("}")
    }

    private mutating func properties(_ properties: [PSProperty], depth: Int, isOutermost: Bool = false) {
        put("{")
        var isFirst = true
        let overridden = Self.overridden(in: properties)
        for (index, property) in properties.enumerated() where !overridden.contains(index) {
            if !isFirst { put(",") }
            isFirst = false
            let start = bytes.count
            property.name.writeJSON(into: &bytes)
            put(":")
            let type = value(property.value, depth: depth + 1)
            guard isOutermost else { continue }
            if let type { types.append((property.name, type)) }
            if bytes.count - start > longest?.count ?? 0 { longest = (property.name, bytes.count - start) }
        }
        put("}")
    }

    /// The places of names that come again. A name that comes twice would make the whole object unreadable to a strict reader;
    /// the later one counts. A few names are compared one by one, many by a table.
    private static func overridden(in properties: [PSProperty]) -> Set<Int> {
        var overridden: Set<Int> = []
        guard properties.count > 16 else {
            for (index, property) in properties.enumerated() {
                let name = property.name
                let isRepeated = properties[(index + 1)...].contains {
                    $0.name.utf8.count == name.utf8.count && $0.name == name
                }
                if isRepeated { overridden.insert(index) }
            }
            return overridden
        }
        var places: [String: Int] = [:]
        for (index, property) in properties.enumerated() {
            if let before = places.updateValue(index, forKey: property.name) { overridden.insert(before) }
        }
        return overridden
    }

    /// The entries of a dictionary by the texts of their keys. Keys of several types may have the same text (1 and "1"); the
    /// second is then `1#2`, so that none is missing.
    private static func named(_ entries: [PSEntry]) -> [PSProperty] {
        var counts: [String: Int] = [:]
        return entries.map { entry in
            let text = entry.key.text
            let count = counts[text, default: 0] + 1
            counts[text] = count
            return PSProperty(count == 1 ? text : "\(text)#\(count)", entry.value)
        }
    }

    /// Writes a value inside another one. Returns its type where the text alone does not tell.
    private mutating func value(_ value: PSValue, depth: Int) -> StaticString? {
        switch value {
        case .null, .reference: put("null")
        case .bool(let flag): put(flag ? "true" : "false")
        case .byte(let number): put(Int64(number))
        case .sbyte(let number): put(Int64(number))
        case .uint16(let number): put(Int64(number))
        case .int16(let number): put(Int64(number))
        case .uint32(let number): put(Int64(number))
        case .int32(let number): put(Int64(number))
        case .int64(let number): return integer(number)
        case .uint64(let number):
            guard let small = Int64(exactly: number), small <= Self.integerMax else {
                number.description.writeJSON(into: &bytes)
                return "int"
            }
            put(small)
        case .single(let number): return floating(Double(number), number.description, value)
        case .double(let number): return floating(number, number.description, value)
        case .decimal(let number):
            number.description.writeJSON(into: &bytes)
            return "decimal"
        case .dateTime(let time):
            time.rfc3339.writeJSON(into: &bytes)
            return "dateTime"
        case .duration(let span):
            span.description.writeJSON(into: &bytes)
            return "duration"
        case .bytes(let data): base64(data)
        case .object(let object): return self.object(object, depth: depth)
        default: value.text.writeJSON(into: &bytes)
        }
        return nil
    }

    private mutating func object(_ object: PSObject, depth: Int) -> StaticString? {
        guard depth < Self.depthMax else {
            object.text.writeJSON(into: &bytes)
            return nil
        }
        switch object.content {
        case .value(let inner):
            // An enumeration: people and scripts know its name, not its number.
            if let name = object.toString, inner.integer != nil, !name.isEmpty {
                name.writeJSON(into: &bytes)
                return nil
            }
            return value(inner, depth: depth)
        case .list(let values), .enumerable(let values), .stack(let values), .queue(let values):
            put("[")
            for (index, element) in values.enumerated() {
                if index > 0 { put(",") }
                _ = value(element, depth: depth + 1)
            }
            put("]")
        case .dictionary(let entries):
            properties(Self.named(entries), depth: depth)
        case .none:
            let inside = object.properties
            if inside.isEmpty {
                object.text.writeJSON(into: &bytes)
            } else {
                properties(inside, depth: depth)
            }
        }
        return nil
    }

    /// A `Value` of the interface: exactly one field, none for `$null`.
    private mutating func scalar(_ value: PSValue, depth: Int) {
        switch value.unwrapped {
        case .null, .reference: put("{}")
        case .bool(let flag): put(flag ? "{\"bool\":true}" : "{\"bool\":false}")
        case .single(let number) where number.isFinite: field("float", number.description)
        case .double(let number) where number.isFinite: field("float", number.description)
        case .bytes(let data):
            put("{\"string\":")
            base64(data)
            put("}")
        case .object(let object) where object.values != nil && depth < Self.depthMax:
            put("{\"list\":[")
            for (index, element) in (object.values ?? []).enumerated() {
                if index > 0 { put(",") }
                scalar(element, depth: depth + 1)
            }
            put("]}")
        case .object(let object) where (object.entries != nil || !object.properties.isEmpty) && depth < Self.depthMax:
            let entries = object.entries.map(Self.named) ?? object.properties
            let overridden = Self.overridden(in: entries)
            put("{\"map\":{")
            var isFirst = true
            for (index, entry) in entries.enumerated() where !overridden.contains(index) {
                if !isFirst { put(",") }
                isFirst = false
                entry.name.writeJSON(into: &bytes)
                put(":")
                scalar(entry.value, depth: depth + 1)
            }
            put("}}")
        case let plain:
            var isName = value.object?.toString != nil
            // A character is a number only on the wire.
            if case .char = plain { isName = true }
            if !isName, let number = plain.integer, number.magnitude <= Self.integerMax.magnitude {
                return field("int", number.description)
            }
            put("{\"string\":")
            string(of: value, plain).writeJSON(into: &bytes)
            put("}")
        }
    }

    private func string(of value: PSValue, _ plain: PSValue) -> String {
        switch plain {
        case .dateTime(let time): time.rfc3339
        default: value.text
        }
    }

    private mutating func field(_ name: StaticString, _ text: String) {
        put("{\"")
        put(name)
        put("\":")
        bytes.append(contentsOf: text.utf8)
        put("}")
    }

    private mutating func integer(_ number: Int64) -> StaticString? {
        guard number.magnitude > Self.integerMax.magnitude else {
            put(number)
            return nil
        }
        number.description.writeJSON(into: &bytes)
        return "int"
    }

    private mutating func floating(_ number: Double, _ text: String, _ value: PSValue) -> StaticString? {
        guard number.isFinite else {
            value.text.writeJSON(into: &bytes)
            return "float"
        }
        bytes.append(contentsOf: text.utf8)
        return nil
    }

    private mutating func base64(_ data: [UInt8]) {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        put("\"")
        var index = 0
        while index < data.count {
            let rest = data.count - index
            let word =
                UInt32(data[index]) << 16 | (rest > 1 ? UInt32(data[index + 1]) << 8 : 0)
                | (rest > 2 ? UInt32(data[index + 2]) : 0)
            bytes.append(digits[Int(word >> 18)])
            bytes.append(digits[Int(word >> 12 & 63)])
            bytes.append(rest > 1 ? digits[Int(word >> 6 & 63)] : UInt8(ascii: "="))
            bytes.append(rest > 2 ? digits[Int(word & 63)] : UInt8(ascii: "="))
            index += 3
        }
        put("\"")
    }

    // MARK: the small words

    mutating func begin(_ stream: StaticString) {
        put("{\"stream\":\"")
        put(stream)
        put("\"")
    }

    mutating func member(_ name: StaticString) {
        put(",\"")
        put(name)
        put("\":")
    }

    mutating func text(_ name: StaticString, _ text: String) {
        guard !text.isEmpty else { return }
        member(name)
        text.writeJSON(into: &bytes)
    }

    mutating func put(_ text: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    mutating func put(_ number: some BinaryInteger) { bytes.append(contentsOf: String(number).utf8) }
}

extension PSObject {
    /// Whether it is shown by its properties: it has some, and is no list, dictionary or number with something added.
    fileprivate var isRecord: Bool {
        switch content {
        case .none: !adapted.isEmpty || !extended.isEmpty
        case .value, .list, .enumerable, .stack, .queue, .dictionary: false
        }
    }
}
