// What a value says when it is asked for something plain. All of it is lenient: a server may wrap a number into an
// object, or send one integer type where the specification has another.

extension PSValue {
    /// The object, when this is one.
    public var object: PSObject? {
        if case .object(let object) = self { object } else { nil }
    }

    /// The value inside when an object only wraps one (an enumeration, a string with added properties), else itself.
    public var unwrapped: PSValue {
        if case .object(let object) = self, case .value(let value) = object.content { return value.unwrapped }
        return self
    }

    /// The value of a property, whatever the case of its name; nil when this has no such property.
    public subscript(_ name: String) -> PSValue? { object?[name] }

    /// Whether this is `$null`.
    public var isNull: Bool { self == .null }

    /// The text of a string and of what is written like one.
    public var string: String? {
        switch unwrapped {
        case .string(let text), .uri(let text), .xml(let text), .scriptBlock(let text): text
        case .utf16(let units): String(decoding: units, as: UTF16.self)
        default: nil
        }
    }

    /// The truth value.
    public var bool: Bool? {
        if case .bool(let value) = unwrapped { value } else { nil }
    }

    /// The integer, of whichever type, when it fits.
    public var integer: Int64? {
        switch unwrapped {
        case .byte(let value): Int64(value)
        case .sbyte(let value): Int64(value)
        case .uint16(let value), .char(let value): Int64(value)
        case .int16(let value): Int64(value)
        case .uint32(let value): Int64(value)
        case .int32(let value): Int64(value)
        case .uint64(let value): Int64(exactly: value)
        case .int64(let value): value
        default: nil
        }
    }

    /// The values in a list of any kind.
    public var values: [PSValue]? { object?.values }

    /// The entries of a dictionary.
    public var entries: [PSEntry]? { object?.entries }

    /// The value a dictionary has for a key that is a string, whatever its case.
    public func entry(_ key: String) -> PSValue? {
        entries?.first { $0.key.string?.isSameName(as: key) ?? false }?.value
    }
}

extension PSValue {
    /// The text PowerShell would show for the value inside another one; empty for `$null`.
    public var text: String {
        switch self {
        case .null: ""
        case .string(let text), .uri(let text), .xml(let text), .scriptBlock(let text): text
        case .utf16(let units): String(decoding: units, as: UTF16.self)
        case .char(let unit): String(decoding: [unit], as: UTF16.self)
        case .bool(let value): value ? "True" : "False"
        case .byte(let value): value.description
        case .sbyte(let value): value.description
        case .uint16(let value): value.description
        case .int16(let value): value.description
        case .uint32(let value): value.description
        case .int32(let value): value.description
        case .uint64(let value): value.description
        case .int64(let value): value.description
        case .single(let value): value.dotNetText(infinity: "Infinity")
        case .double(let value): value.dotNetText(infinity: "Infinity")
        case .decimal(let value): value.description
        case .dateTime(let value): value.description
        case .duration(let value): value.description
        case .bytes(let bytes): bytes.map(\.description).joined(separator: " ")
        case .guid(let guid): guid.description
        case .version(let version): version.description
        case .secureString: "System.Security.SecureString"
        case .progress(let record): record.activity
        case .object(let object): object.text
        case .reference: "..."
        case .unknown(let element): element.text
        }
    }
}

extension PSObject {
    /// The text PowerShell would show for the object inside another one: its ToString, or else what it holds.
    public var text: String {
        if let toString { return toString }
        switch content {
        case .value(let value): return value.text
        case .list(let values), .enumerable(let values), .stack(let values), .queue(let values):
            return values.map(\.text).joined(separator: " ")
        case .dictionary: return typeNames.first.map { String($0.dropPrefix("Deserialized.")) } ?? ""
        case .none:
            let properties = properties
            if properties.isEmpty { return typeNames.first.map { String($0.dropPrefix("Deserialized.")) } ?? "" }
            return "@{\(properties.map { "\($0.name)=\($0.value.text)" }.joined(separator: "; "))}"
        }
    }
}

extension BinaryFloatingPoint where Self: CustomStringConvertible {
    /// The shortest text that reads back as the same number, in .NET's spelling.
    func dotNetText(infinity: String) -> String {
        if isNaN { return "NaN" }
        if isInfinite { return sign == .minus ? "-\(infinity)" : infinity }
        var text = description
        if text.hasSuffix(".0") { text.removeLast(2) }
        guard let exponent = text.firstIndex(of: "e") else { return text }
        var mantissa = text[..<exponent]
        if mantissa.hasSuffix(".0") { mantissa.removeLast(2) }
        return "\(mantissa)E\(text[text.index(after: exponent)...])"
    }
}
