import Varlink

/// A value of a tenant in one line, as PowerShell shows it.
enum ValueText {
    /// So many elements of a list are shown where there is little room.
    static let elementsInTable = 4
    /// Values in values are shown down to here; what is deeper is told to be there.
    private static let depthMax = 4

    /// The text, not made harmless yet. `type` is what the record says of it beyond JSON; `elementsMax` bounds lists.
    static func text(_ value: JSON, type: String? = nil, elementsMax: Int? = nil, depth: Int = 0) -> String {
        switch value {
        case .null: return ""
        case .bool(let value): return value ? "True" : "False"
        case .int(let number): return "\(number)"
        case .double(let number):
            let text = number.description
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        case .string(let text):
            switch type {
            case "dateTime": return ReadableTime.dateTime(text)
            case "duration": return ReadableTime.duration(text)
            default: return text
            }
        case .array(let elements):
            guard depth < depthMax else { return "{...}" }
            let shown = elements.prefix(elementsMax ?? elements.count).map {
                self.text($0, elementsMax: elementsMax, depth: depth + 1)
            }
            return "{" + (shown + (shown.count < elements.count ? ["..."] : [])).joined(separator: ", ") + "}"
        case .object(let members):
            guard depth < depthMax else { return "@{...}" }
            let shown = members.map { "\($0.key)=\(text($0.value, elementsMax: elementsMax, depth: depth + 1))" }
            return "@{" + shown.joined(separator: "; ") + "}"
        }
    }

    /// Whether PowerShell puts it at the right of a column.
    static func isNumber(_ value: JSON, type: String?) -> Bool {
        switch value {
        case .int, .double: true
        case .string: type == "int" || type == "decimal" || type == "float"
        case .null, .bool, .array, .object: false
        }
    }

    /// A `Value` of the interface as JSON: exactly one field is set, none for $null.
    static func json(of value: JSON) -> JSON {
        guard let field = value.object?.first(where: { !$0.value.isNull }) else { return .null }
        let value = field.value
        switch field.key {
        case "list": return .array((value.array ?? []).map(json))
        case "map":
            return .object(JSONObject(present: (value.object ?? [:]).map { ($0.key, json(of: $0.value)) }))
        default: return value
        }
    }

    /// What the name of a .NET type says of a value that has no properties.
    static func type(named name: String?) -> String? {
        switch name {
        case "System.DateTime", "System.DateTimeOffset": "dateTime"
        case "System.TimeSpan": "duration"
        default: nil
        }
    }
}

extension String {
    /// The lines of this text, each harmless to a terminal.
    var visibleLines: [String] {
        split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }.map { String($0).madeVisible }
    }

    /// This text cut into pieces of at most `width` columns.
    func wrapped(to width: Int) -> [String] {
        guard terminalColumns > width, width > 0 else { return [self] }
        var pieces: [String] = []
        var (piece, used) = ("", 0)
        for character in self {
            let columns = String(character).terminalColumns
            if used + columns > width, !piece.isEmpty {
                pieces.append(piece)
                (piece, used) = ("", 0)
            }
            piece.append(character)
            used += columns
        }
        return pieces + [piece]
    }
}
