import Glibc

/// A point in time as it travels, RFC 3339 in UTC, turned into what a person here reads.
struct Instant: Hashable, Sendable {
    /// Seconds since 1970.
    let seconds: Int64

    init(seconds: Int64) { self.seconds = seconds }

    /// Reads `2026-11-23T09:12:04Z`; a fraction of the second is left out. Nil for anything else.
    init?(rfc3339 text: String) {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20, bytes[10] == UInt8(ascii: "T"), bytes.last == UInt8(ascii: "Z") else { return nil }
        func number(_ range: Range<Int>) -> Int32? { Int32(String(decoding: bytes[range], as: UTF8.self)) }
        guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
            let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19)
        else { return nil }
        var fields = tm()
        fields.tm_year = year - 1900
        fields.tm_mon = month - 1
        fields.tm_mday = day
        fields.tm_hour = hour
        fields.tm_min = minute
        fields.tm_sec = second
        let wanted = fields
        seconds = Int64(timegm(&fields))
        // A month 13 would be next year's first.
        guard fields.tm_mon == wanted.tm_mon, fields.tm_mday == wanted.tm_mday, fields.tm_hour == wanted.tm_hour,
            fields.tm_min == wanted.tm_min
        else { return nil }
    }

    /// Now, by the wall clock: good for telling ages, not for deadlines.
    static var now: Instant { Instant(seconds: Int64(time(nil))) }

    /// How long ago this was.
    func age(at now: Instant) -> Span { Span(seconds: max(0, now.seconds - seconds)) }

    /// Reads a time as `local` has it, with or without its seconds, or a day, which begins at midnight. Nil for anything
    /// else, and for a day that there is not.
    init?(local text: String) {
        func numbers(_ text: Substring, _ separator: Character) -> [Int32] {
            let parts = text.split(separator: separator, omittingEmptySubsequences: false)
            let numbers = parts.compactMap { $0.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int32($0) : nil }
            return numbers.count == parts.count ? numbers : []
        }
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        let day = numbers(parts[0], "-")
        let time = parts.count > 1 ? numbers(parts[1], ":") : [0, 0, 0]
        guard parts.count <= 2, day.count == 3, (2...3).contains(time.count), (1970...9999).contains(day[0]),
            time[0] < 24, time[1] < 60, time.count < 3 || time[2] < 60
        else { return nil }
        var fields = tm()
        (fields.tm_year, fields.tm_mon, fields.tm_mday) = (day[0] - 1900, day[1] - 1, day[2])
        (fields.tm_hour, fields.tm_min, fields.tm_sec) = (time[0], time[1], time.count > 2 ? time[2] : 0)
        // Summer time or not is for the day to say.
        fields.tm_isdst = -1
        let seconds = mktime(&fields)
        guard fields.tm_mday == day[2], fields.tm_mon == day[1] - 1 else { return nil }
        self.init(seconds: Int64(seconds))
    }

    /// `2026-11-23 10:12:04` in the time zone of whoever looks.
    var local: String {
        var time = time_t(seconds)
        var fields = tm()
        localtime_r(&time, &fields)
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let date = "\(fields.tm_year + 1900)-\(two(fields.tm_mon + 1))-\(two(fields.tm_mday))"
        return "\(date) \(two(fields.tm_hour)):\(two(fields.tm_min)):\(two(fields.tm_sec))"
    }
}
