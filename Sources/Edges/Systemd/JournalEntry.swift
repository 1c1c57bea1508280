import Logging

/// What is logged at one time: a text for people, and fields to search by.
struct JournalEntry: Hashable, Sendable {
    let level: Logger.Level
    let text: String
    /// By name, in alphabetical order, so that lines of one kind look alike.
    let fields: [Field]

    struct Field: Hashable, Sendable {
        let name: String
        let value: String
    }

    init(_ level: Logger.Level, _ text: String, _ metadata: Logger.Metadata = [:]) {
        self.level = level
        self.text = visible(text)
        fields = metadata.sorted { $0.key < $1.key }.map { Field(name: $0.key, value: visible($0.value.description)) }
    }

    /// The entry in the form of sd_journal_send: `NAME=value`, each name of A-Z, 0-9 and `_`.
    func journalFields(identifier: String) -> [String] {
        ["PRIORITY=\(priority)", "SYSLOG_IDENTIFIER=\(visible(identifier))", "MESSAGE=\(text)"]
            + fields.map { "USHER_\(Self.journalName($0.name))=\($0.value)" }
    }

    /// The entry as one line: `warning: text key=value`.
    var line: String {
        fields.reduce(into: "\(level): \(text)") { line, field in
            line += " \(visible(field.name))=\(Self.delimited(field.value))"
        }
    }

    /// The levels of syslog. What is finer than its finest is that.
    private var priority: Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// `requestID` and `request-id` alike become `REQUEST_ID`. The journal drops a whole entry for one bad name, and
    /// takes 64 characters, of which the prefix has six.
    private static func journalName(_ name: String) -> String {
        var result = ""
        var isInsideWord = false
        for scalar in name.unicodeScalars.prefix(100) {
            switch scalar {
            case "A"..."Z":
                if isInsideWord { result += "_" }
                result.unicodeScalars.append(scalar)
                isInsideWord = false
            case "a"..."z", "0"..."9":
                result += String(scalar).uppercased()
                isInsideWord = true
            default:
                result += "_"
                isInsideWord = false
            }
        }
        return String(result.prefix(58))
    }

    /// A value that begins and ends where it seems to.
    private static func delimited(_ value: String) -> String {
        guard value.isEmpty || value.contains(where: { $0 == " " || $0 == "\"" || $0 == "=" }) else { return value }
        return "\"" + value.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: #"\""#) + "\""
    }
}
