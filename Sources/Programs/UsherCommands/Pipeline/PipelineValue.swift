import Varlink

/// A value of an argument, as the interface has it.
indirect enum PipelineValue: Hashable, Sendable {
    case null
    case string(String)
    case int(Int64)
    case float(Double)
    case bool(Bool)
    case list([PipelineValue])
    case map([Entry])
    /// What stands behind a name that `--secret` or `--credential` gave. It is not shown.
    case named(NamedValue)

    /// A key of a hashtable and its value.
    struct Entry: Hashable, Sendable {
        let key: String
        let value: PipelineValue
    }

    var json: JSON {
        switch self {
        case .null: [:]
        case .string(let text): ["string": .string(text)]
        case .int(let number): ["int": .int(number)]
        case .float(let number): ["float": .double(number)]
        case .bool(let value): ["bool": .bool(value)]
        case .list(let elements): ["list": .array(elements.map(\.json))]
        case .map(let entries): ["map": .object(JSONObject(present: entries.map { ($0.key, $0.value.json) }))]
        case .named(let value): value.json
        }
    }

    /// What a single word without commas means: `$true`, `$false`, `$null`, a number, or text.
    ///
    /// A number is only what PowerShell would write the same way again. Everything else that looks like one stays text,
    /// which the tenant turns into a number where a parameter wants one: nothing is lost of `007`, `1.10`, `+1425`,
    /// `0x1F`, `10MB`, or of digits beyond 64 bits.
    init(reading text: String) {
        switch text.lowercased() {
        case "$true": self = .bool(true)
        case "$false": self = .bool(false)
        case "$null": self = .null
        default:
            if let number = Int64(text), "\(number)" == text {
                self = .int(number)
            } else if let number = Self.fraction(text) {
                self = .float(number)
            } else {
                self = .string(text)
            }
        }
    }

    /// `-0.25`, `3.5`: digits, a point, digits of which the last is not 0, not more than a double keeps.
    private static func fraction(_ text: String) -> Double? {
        guard text.utf8.count <= 17, !text.hasSuffix("0"), text.utf8.contains(UInt8(ascii: ".")),
            text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }),
            let number = Double(text), "\(number)" == text
        else { return nil }
        return number
    }
}
