// What standard input holds for a pipeline, as Values of the interface: one object a line of JSON, a row of a table with
// commas, or a line.

import ArgumentParser
import Varlink

/// How objects lie in standard input.
enum InputFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case jsonl, csv, lines
}

/// Cuts what was read into values.
struct InputReader {
    private let format: InputFormat
    private var pending: [UInt8] = []
    private var searched = 0
    private var lineNumber = 0
    private var header: [String]?

    /// A line, or a row of several.
    private static let lineBytesMax = 512 << 10

    /// What is wrong with what was read.
    struct Mistake: Error, Hashable {
        let message: String
    }

    init(_ format: InputFormat) { self.format = format }

    mutating func receive(_ bytes: some Collection<UInt8>) { pending += bytes }

    /// The values that are whole by now; with `isLast` also what no line break follows.
    mutating func values(isLast: Bool) throws(Mistake) -> [JSON] {
        var values: [JSON] = []
        var start = 0
        while let end = lineEnd(from: start, isLast: isLast) {
            lineNumber += 1
            var line = pending[start..<end]
            if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
            if lineNumber == 1, line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
            if let value = try value(Array(line)) { values.append(value) }
            start = min(end + 1, pending.count)
            searched = start
        }
        pending.removeFirst(start)
        searched -= start
        guard pending.count <= Self.lineBytesMax else { throw mistake("is longer than \(Self.lineBytesMax) bytes") }
        return values
    }

    /// Where the line ends that begins at `start`; in a table a line break in quotes ends none.
    private mutating func lineEnd(from start: Int, isLast: Bool) -> Int? {
        if format == .csv {
            var isQuoted = false
            for index in start..<pending.count {
                switch pending[index] {
                case UInt8(ascii: "\""): isQuoted.toggle()
                case UInt8(ascii: "\n") where !isQuoted: return index
                default: break
                }
            }
        } else if let index = pending[max(start, searched)...].firstIndex(of: UInt8(ascii: "\n")) {
            return index
        }
        searched = pending.count
        return isLast && start < pending.count ? pending.count : nil
    }

    private mutating func value(_ line: [UInt8]) throws(Mistake) -> JSON? {
        guard let text = String(validating: line, as: UTF8.self) else { throw mistake("is no UTF-8") }
        switch format {
        case .lines: return ["string": .string(text)]
        case .jsonl:
            guard !text.allSatisfy(\.isWhitespace) else { return nil }
            let json: JSON
            do {
                json = try JSON(parsing: line)
            } catch {
                throw mistake("is no JSON (\(error))")
            }
            guard let value = Self.value(of: json, depth: 0) else {
                throw mistake("is nested deeper than \(Self.depthMax) levels")
            }
            return value
        case .csv:
            let row = try row(text)
            guard let header else {
                header = row
                return nil
            }
            if row == [""] { return nil }
            guard row.count <= header.count else {
                throw mistake("has \(row.count) values, and the first line names \(header.count)")
            }
            // What is missing at the end of a row is $null, as with Import-Csv.
            let properties = header.enumerated().map { index, name in
                JSON.object(
                    JSONObject(present: [
                        ("name", .string(name)),
                        ("value", row.indices.contains(index) ? ["string": .string(row[index])] : nil),
                    ]))
            }
            return ["object": .array(properties)]
        }
    }

    /// What fits into a message with all the levels that the interface puts around each.
    private static let depthMax = 8

    /// A value as Windows would make it of JSON: objects with properties, lists, and what is plain. Nil for one too deep.
    private static func value(of json: JSON, depth: Int) -> JSON? {
        guard depth <= depthMax else { return nil }
        switch json {
        case .null: return [:]
        case .bool: return ["bool": json]
        case .int: return ["int": json]
        case .double: return ["float": json]
        case .string: return ["string": json]
        case .array(let elements):
            let values = elements.compactMap { value(of: $0, depth: depth + 1) }
            return values.count == elements.count ? ["list": .array(values)] : nil
        case .object(let members):
            let values = members.compactMap { member -> JSON? in
                value(of: member.value, depth: depth + 1).map { ["name": .string(member.key), "value": $0] }
            }
            return values.count == members.count ? ["object": .array(values)] : nil
        }
    }

    /// The fields of a row (RFC 4180).
    private func row(_ text: String) throws(Mistake) -> [String] {
        var fields: [String] = []
        var field = ""
        var isQuoted = false
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch character {
            case "\"" where isQuoted && rest.first == "\"":
                field.append("\"")
                rest.removeFirst()
            case "\"" where isQuoted: isQuoted = false
            case "\"" where field.isEmpty: isQuoted = true
            case "," where !isQuoted:
                fields.append(field)
                field = ""
            default: field.append(character)
            }
        }
        guard !isQuoted else { throw mistake("has a quote that is not closed") }
        return fields + [field]
    }

    private func mistake(_ what: String) -> Mistake {
        Mistake(message: "Line \(max(1, lineNumber)) of standard input \(what).")
    }

    /// Messages of these values, as many in each as fit.
    func messages(_ values: [JSON]) throws(Mistake) -> [[JSON]] {
        var messages: [[JSON]] = []
        var size = 0
        for value in values {
            let bytes = value.text.utf8.count
            guard bytes <= Self.messageBytesMax else {
                throw Mistake(message: "An object on standard input is too large: it makes \(bytes) bytes.")
            }
            if messages.isEmpty || size + bytes > Self.messageBytesMax {
                messages.append([])
                size = 0
            }
            messages[messages.count - 1].append(value)
            size += bytes + 1
        }
        return messages
    }

    /// A call is a mebibyte at most, with what stands around the values.
    private static let messageBytesMax = 1000 << 10
}
