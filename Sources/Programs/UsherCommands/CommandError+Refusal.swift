import Varlink

extension CommandError {
    /// The refusal in five parts (contract, section 4.4): what was refused; which limit, with its numbers and the
    /// setting's name; who holds the seats; when the next one frees; what to type.
    mutating func tellRefusal(_ facts: JSONObject, _ attempt: Attempt, at now: Instant) {
        let waited = facts["waitedSeconds"]?.int.map { "No seat in \(Span(seconds: $0)): " } ?? ""
        message = waited + Self.limit(facts)

        let holders = facts["holders"]?.array ?? []
        details = HolderLines.lines(holders, at: now, width: attempt.width)
        if let waiting = facts["waiting"]?.int, waiting > 0 {
            details.append("  \(waiting) waiting for a seat")
        }
        let next = facts["retryAfterSeconds"]?.int
        // A holder's line mostly says it already.
        if let next, !HolderLines.tellNextFree(holders) {
            details.append("  The next seat frees in \(Span(seconds: next)).")
        }

        var ways = [attempt.waiting(next)]
        if let own = OwnSessions.closable(facts).first { ways.append("usher close \(own.madeVisible)") }
        let others = facts["otherAdmins"]?.array?.compactMap(\.string) ?? []
        if let other = others.first {
            ways.append("usher \(attempt.verb) \(facts.name("tenant")) --as \(other.madeVisible)\(attempt.tail)")
        }
        hint = ways.joined(separator: "   or   ")
    }

    private static func limit(_ facts: JSONObject) -> String {
        let plural = facts["limit"]?.int == 1 ? "session" : "sessions"
        let numbers = "\(facts.number("inUse")) of \(facts.number("limit")) \(plural)"
        let setting = facts.name("setting")
        // An unknown scope of a newer broker reads as the tenant's.
        return facts["scope"]?.string == "admin"
            ? "\(facts.name("admin")) holds \(numbers) on \(facts.name("tenant")) (\(setting))."
            : "\(facts.name("tenant")) has \(numbers) open (\(setting))."
    }
}
