internal import CLIXML

extension PSDateTime {
    /// RFC 3339 in UTC; as it came where nobody knows whose time it is.
    var rfc3339: String {
        guard let fields, fields.place != .unspecified, var seconds = fields.unixSeconds else { return description }
        if case .offset(let minutes) = fields.place { seconds -= Int64(minutes) * 60 }
        // In UTC it may be in another year, and the last and first ones are how .NET says never.
        guard (-62_135_596_800..<253_402_300_800).contains(seconds) else { return description }
        let text = UsherDaemon.rfc3339(seconds)
        guard fields.ticks > 0 else { return text }
        var fraction = String(String(10_000_000 + fields.ticks).dropFirst())
        while fraction.last == "0" { fraction.removeLast() }
        return "\(text.dropLast()).\(fraction)Z"
    }
}

extension PSDateTime.Fields {
    /// Seconds since 1970 of the reading of the clock, wherever it hangs. Nil for years that RFC 3339 has no room for.
    fileprivate var unixSeconds: Int64? {
        guard (1...9999).contains(year) else { return nil }
        // Days from the civil calendar, with years that begin in March.
        let (march, era) = (month > 2 ? month - 3 : month + 9, month > 2 ? year : year - 1)
        let days = era * 365 + era / 4 - era / 100 + era / 400 + (153 * march + 2) / 5 + day - 1 - 719_468
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }
}
