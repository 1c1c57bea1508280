/// Times and durations of a tenant, as people here read them.
enum ReadableTime {
    /// A time of ISO 8601 in the time zone of whoever looks. One that names no zone is the tenant's and is not shifted.
    /// What is none stays as it is.
    static func dateTime(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.count >= 19, bytes[10] == UInt8(ascii: "T") else { return text }
        let clock = String(decoding: bytes[..<19], as: UTF8.self)
        guard let instant = Instant(rfc3339: clock + "Z") else { return text }
        var rest = bytes[19...]
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst().drop { (0x30...0x39).contains($0) }
        }
        if rest.isEmpty { return clock.replacing("T", with: " ") }
        guard let offset = offsetSeconds(String(decoding: rest, as: UTF8.self)) else { return text }
        return Instant(seconds: instant.seconds - offset).local
    }

    /// `Z`, `+01:00`, `-0800`.
    private static func offsetSeconds(_ zone: String) -> Int64? {
        if zone == "Z" { return 0 }
        let digits = zone.dropFirst().filter { $0 != ":" }
        guard let sign = zone.first, sign == "+" || sign == "-", digits.utf8.count == 4,
            let hours = Int64(digits.prefix(2)), let minutes = Int64(digits.suffix(2)), hours <= 14, minutes < 60
        else { return nil }
        return (sign == "-" ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// A duration of ISO 8601, `P1DT2H3M4.5S`, as PowerShell writes it: `1.02:03:04.5`. What is none stays as it is.
    static func duration(_ text: String) -> String {
        var rest = Substring(text)
        let isNegative = rest.first == "-"
        if isNegative { rest.removeFirst() }
        guard rest.popFirst() == "P", !rest.isEmpty, rest.last != "T" else { return text }
        var (days, seconds, fraction): (Int64, Int64, Substring) = (0, 0, "")
        var isTime = false
        while let first = rest.first {
            if first == "T", !isTime {
                isTime = true
                rest.removeFirst()
                continue
            }
            let whole = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(whole.count)
            guard whole.utf8.count <= 9, let number = Int64(whole) else { return text }
            if rest.first == "." {
                fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
                rest = rest.dropFirst(fraction.count + 1)
                guard rest == "S" else { return text }
            }
            switch (rest.popFirst(), isTime) {
            case ("D", false): days += number
            case ("H", true): seconds += number * 3600
            case ("M", true): seconds += number * 60
            case ("S", true): seconds += number
            default: return text
            }
        }
        days += seconds / 86400
        seconds %= 86400
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        while fraction.last == "0" { fraction.removeLast() }
        return (isNegative ? "-" : "") + (days > 0 ? "\(days)." : "")
            + "\(two(seconds / 3600)):\(two(seconds % 3600 / 60)):\(two(seconds % 60))"
            + (fraction.isEmpty ? "" : ".\(fraction)")
    }
}

extension Substring {
    fileprivate mutating func popFirst() -> Character? { isEmpty ? nil : removeFirst() }
}
