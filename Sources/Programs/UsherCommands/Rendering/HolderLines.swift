import Varlink

/// Who has the seats, as lines under a refusal or while somebody waits: id, user, purpose or terminal, state, and when
/// the seat frees by itself.
enum HolderLines {
    /// The lines, indented. `width` is that of the terminal, nil away from one, where nothing is cut.
    static func lines(_ holders: [JSON], at now: Instant, width: Int?) -> [String] {
        let records = holders.compactMap(\.object)
        let visible = records.filter { !isMasked($0) }
        let masked = records.filter(isMasked)
        return aligned(visible.map { cells($0, at: now) }, width: width) + summary(masked, besides: visible.count)
    }

    /// Whether the lines of these say when a seat frees.
    static func tellNextFree(_ holders: [JSON]) -> Bool {
        holders.contains { $0.object?["freesInSeconds"]?.int != nil }
    }

    /// The caller may not see whose it is: only counts and times are told.
    private static func isMasked(_ holder: JSONObject) -> Bool {
        holder["session"]?.string == nil && holder["user"]?.string == nil && holder["owner"]?.string == nil
            && holder["name"]?.string == nil
    }

    private static func cells(_ holder: JSONObject, at now: Instant) -> [String] {
        [
            holder["session"]?.string ?? "",
            holder["user"]?.string ?? holder["owner"]?.string ?? "",
            holder["purpose"]?.string ?? holder["terminal"]?.string ?? holder["address"]?.string ?? "",
            state(holder, at: now),
            holder["freesInSeconds"]?.int.map { "frees in \(Span(seconds: $0))" } ?? "",
        ].map(\.madeVisible)
    }

    /// `idle 14m 02s`, `running Get-CsOnlineUser, 3m`, `held 12m`.
    private static func state(_ holder: JSONObject, at now: Instant) -> String {
        let foreign = holder["state"]?.string == "foreign" ? "opened \(opener(holder["name"]?.string))" : nil
        if let idle = holder["idleSeconds"]?.int {
            return "\(foreign.map { "\($0), " } ?? "")idle \(Span(seconds: idle))"
        }
        if let foreign { return foreign }
        let age = holder["since"]?.string.flatMap(Instant.init(rfc3339:)).map { $0.age(at: now) }
        switch holder["state"]?.string ?? "" {
        // Ready and not idling: a lease keeps it that does not idle.
        case "ready": return age.map { "held \($0)" } ?? "held"
        case "busy": return running(holder)
        case let other: return other
        }
    }

    /// What runs, and for how long it has; no more than that it does, where more is not told.
    static func running(_ record: JSONObject) -> String {
        let name = record["running"]?.string.map { "running \($0)" } ?? "running"
        return record["runningSeconds"]?.int.map { "\(name), \(Span(seconds: $0))" } ?? name
    }

    /// Who opened a shell that is not on the books: `usher/HOST/SESSION` is what an Usher calls its own.
    private static func opener(_ name: String?) -> String {
        let parts = (name ?? "").split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "usher" ? "by the usher of \(parts[1])" : "outside"
    }

    private static func aligned(_ rows: [[String]], width: Int?) -> [String] {
        guard let first = rows.first else { return [] }
        // The last cell of a line takes the room that it wants, so that what runs does not push aside when seats free.
        let ends = rows.map { row in row.lastIndex { !$0.isEmpty } ?? 0 }
        var widths = first.indices.map { column in
            zip(rows, ends).lazy.filter { $1 > column }.map { $0.0[column].terminalColumns }.max() ?? 0
        }
        func start(of column: Int) -> Int { widths[..<column].reduce(2) { $0 + ($1 > 0 ? $1 + 2 : 0) } }
        // What people wrote gives way first, so that the state and the time stay in view: the purpose, then the name, and
        // in the end the purpose as a whole.
        for (column, least) in [(2, 8), (1, 8), (2, 0)] {
            let longest = zip(rows, ends).map { start(of: $1) + $0[$1].terminalColumns }.max() ?? 0
            let excess = width.map { longest - $0 } ?? 0
            guard excess > 0 else { break }
            widths[column] = least == 0 ? 0 : max(min(widths[column], least), widths[column] - excess)
        }
        return zip(rows, ends).map { row, end in
            var line = ""
            for (cell, width) in zip(row[..<end], widths) where width > 0 {
                line += "  " + cell.fitted(to: width).padded(to: width)
            }
            line += "  " + row[end]
            return width.map { line.fitted(to: $0) } ?? line
        }
    }

    private static func summary(_ masked: [JSONObject], besides visible: Int) -> [String] {
        guard !masked.isEmpty else { return [] }
        var parts = ["\(masked.count) \(visible > 0 ? "more " : "")held by others"]
        if let idle = masked.compactMap({ $0["idleSeconds"]?.int }).max() {
            parts.append("the longest idle \(Span(seconds: idle))")
        }
        if let frees = masked.compactMap({ $0["freesInSeconds"]?.int }).min() {
            parts.append("the first frees in \(Span(seconds: frees))")
        }
        return ["  " + parts.joined(separator: ", ")]
    }
}
