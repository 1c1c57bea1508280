import Varlink

/// One column of a table: a field of the records and how a person reads it.
struct Column: Sendable {
    /// What to do with it when the table is wider than the terminal.
    enum Fit: Sendable {
        /// It stays as it is.
        case keep
        /// It is cut, to some words at first, and down to a few letters once others are left out.
        case shrink
        /// It is cut only once others are left out. Without a value in any record it is left out, too.
        case shrinkLast
        /// It is left out, and also when no record has a value for it.
        case leaveOut
    }

    let title: String
    /// The field's name on the socket.
    let field: String
    let fit: Fit
    private let make: @Sendable (JSON, JSONObject, Instant) -> String

    /// A column of which the text is made from the value, the whole record and the present time.
    init(
        _ title: String, _ field: String, fit: Fit = .keep,
        make: @escaping @Sendable (JSON, JSONObject, Instant) -> String = { value, _, _ in value.plainText }
    ) {
        self.title = title
        self.field = field
        self.fit = fit
        self.make = make
    }

    /// What stands in the table, harmless to a terminal, empty where the record has no value.
    func text(_ record: JSONObject, at now: Instant) -> String {
        guard let value = record[field], !value.isNull else { return "" }
        return make(value, record, now).madeVisible
    }

    /// The value as it came, for scripts that cut lines at tabs.
    func plain(_ record: JSONObject) -> String {
        record[field]?.plainText.madeVisible ?? ""
    }
}

extension Column {
    /// A column of seconds, shown as `14m 02s`.
    static func span(_ title: String, _ field: String, fit: Fit = .keep) -> Column {
        Column(title, field, fit: fit) { value, _, _ in value.int.map { Span(seconds: $0).description } ?? "" }
    }

    /// A column of times, shown as how long ago they were.
    static func age(_ title: String, _ field: String, fit: Fit = .keep) -> Column {
        Column(title, field, fit: fit) { value, _, now in
            value.string.flatMap(Instant.init(rfc3339:))?.age(at: now).description ?? value.plainText
        }
    }
}

extension JSON {
    /// Text as it is, everything else as JSON; null is nothing.
    var plainText: String {
        switch self {
        case .null: ""
        case .string(let text): text
        case .bool, .int, .double, .array, .object: text
        }
    }
}
