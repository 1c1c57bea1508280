import Varlink

/// One record as lines of `Name : value`, in the order in which the broker told them.
enum PropertyList {
    /// The lines. `width` is that of the terminal, nil away from one.
    static func lines(_ record: JSONObject, at now: Instant, width: Int?) -> [String] {
        let properties = record.filter { !$0.value.isNull }
        let names = properties.map { name($0.key).madeVisible }
        let longest = names.lazy.map(\.terminalColumns).max() ?? 0
        return zip(names, properties).map { name, property in
            let line = "\(name.padded(to: longest)) : \(text(property.value, of: property.key, at: now))"
            return width.map { line.fitted(to: $0) } ?? line
        }
    }

    /// `freesInSeconds` as `Frees in`: the unit is told by the value.
    private static func name(_ field: String) -> String {
        var name = ""
        for character in field.hasSuffix("Seconds") ? field.dropLast("Seconds".count) : field[...] {
            if character.isUppercase { name += " " }
            name += name.isEmpty ? character.uppercased() : character.lowercased()
        }
        return name
    }

    private static func text(_ value: JSON, of field: String, at now: Instant) -> String {
        switch value {
        case .int(let seconds) where field.hasSuffix("Seconds"): return Span(seconds: seconds).description
        case .string(let text):
            // Times come as RFC 3339; nothing else reads like one.
            guard let instant = Instant(rfc3339: text) else { return text.madeVisible }
            return "\(instant.local) (\(instant.age(at: now)) ago)"
        case .array(let elements):
            return elements.map { text($0, of: "", at: now) }.joined(separator: ", ")
        case .object(let object):
            return object.map { "\($0.key.madeVisible) \(text($0.value, of: $0.key, at: now))" }.joined(separator: " ")
        case .null, .bool, .int, .double: return value.plainText
        }
    }
}
