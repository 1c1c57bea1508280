/// A point in time as .NET writes it: `2018-06-13T23:46:28.0051600+02:00`.
///
/// The text is kept, because it says more than a clock reading: seven digits, and whether the time is UTC, local to the
/// server, or of no known place. It is taken apart on demand.
public struct PSDateTime: Hashable, Sendable, CustomStringConvertible {
    /// The text as it came.
    public let description: String

    /// The fields of a time.
    public struct Fields: Hashable, Sendable {
        public var year: Int
        public var month: Int
        public var day: Int
        public var hour: Int
        public var minute: Int
        public var second: Int
        /// What is left of the second, in steps of 100 nanoseconds.
        public var ticks: Int
        /// What the time is relative to.
        public var place: Place
    }

    /// What a time is relative to.
    public enum Place: Hashable, Sendable {
        /// Coordinated universal time (`Z`).
        case utc
        /// A place that is this many minutes ahead of UTC.
        case offset(minutes: Int)
        /// Nobody knows.
        case unspecified
    }

    /// A time with this text, which is not looked at yet.
    public init(_ text: String) {
        description = text
    }

    /// The fields, or nil when the text is no time.
    public var fields: Fields? {
        var scanner = TimeScanner(description)
        guard let year = scanner.number(digits: 4), scanner.skip("-"), let month = scanner.number(digits: 2),
            scanner.skip("-"), let day = scanner.number(digits: 2), scanner.skip("T"),
            let hour = scanner.number(digits: 2), scanner.skip(":"), let minute = scanner.number(digits: 2),
            scanner.skip(":"), let second = scanner.number(digits: 2),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 61
        else { return nil }
        var ticks = 0
        if scanner.skip(".") {
            guard let fraction = scanner.fraction() else { return nil }
            ticks = fraction
        }
        guard let place = scanner.place(), scanner.isAtEnd else { return nil }
        return Fields(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second, ticks: ticks, place: place)
    }
}

/// A span of time as .NET writes it: `P1DT2H3M4.567S`, or with a minus in front.
public struct PSDuration: Hashable, Sendable, CustomStringConvertible {
    /// The text as it came.
    public let description: String

    /// A span with this text, which is not looked at yet.
    public init(_ text: String) {
        description = text
    }

    /// A span of so many steps of 100 nanoseconds.
    public init(ticks: Int64) {
        let magnitude = ticks.magnitude
        let (seconds, fraction) = magnitude.quotientAndRemainder(dividingBy: 10_000_000)
        let (days, clock) = seconds.quotientAndRemainder(dividingBy: 86400)
        var text = ticks < 0 ? "-P" : "P"
        if days > 0 { text += "\(days)D" }
        if clock > 0 || fraction > 0 || days == 0 {
            text += "T"
            if clock >= 3600 { text += "\(clock / 3600)H" }
            if clock % 3600 >= 60 { text += "\(clock % 3600 / 60)M" }
            if clock % 60 > 0 || fraction > 0 || magnitude == 0 {
                text += "\(clock % 60)"
                if fraction > 0 {
                    var digits = String(String(10_000_000 + fraction).dropFirst())
                    while digits.last == "0" { digits.removeLast() }
                    text += ".\(digits)"
                }
                text += "S"
            }
        }
        description = text
    }

    /// The span in steps of 100 nanoseconds, or nil when the text is no span or is longer than .NET's longest.
    public var ticks: Int64? {
        var scanner = TimeScanner(description)
        let isNegative = scanner.skip("-")
        guard scanner.skip("P"), !scanner.isAtEnd else { return nil }
        var total: UInt64 = 0
        var inClock = false
        while !scanner.isAtEnd {
            if !inClock, scanner.skip("T") {
                inClock = true
                continue
            }
            guard let number = scanner.number() else { return nil }
            var fraction = 0
            if inClock, scanner.skip(".") {
                guard let ticks = scanner.fraction() else { return nil }
                fraction = ticks
            }
            guard let seconds = scanner.unit(inClock: inClock) else { return nil }
            guard fraction == 0 || seconds == 1 else { return nil }
            let (ticks, isTooLong) = UInt64(number).multipliedReportingOverflow(by: seconds * 10_000_000)
            let (sum, overflows) = total.addingReportingOverflow(ticks)
            let (all, overflowsToo) = sum.addingReportingOverflow(UInt64(fraction))
            guard !isTooLong, !overflows, !overflowsToo else { return nil }
            total = all
        }
        if isNegative { return total <= 1 << 63 ? Int64(truncatingIfNeeded: 0 &- total) : nil }
        return Int64(exactly: total)
    }
}

/// Walks over the text of a time.
private struct TimeScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// A number of exactly so many digits, or of as many as there are.
    mutating func number(digits: Int? = nil) -> Int? {
        let run = rest.prefix(digits ?? 18).prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !run.isEmpty, digits == nil || run.count == digits else { return nil }
        rest.removeFirst(run.count)
        return run.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    }

    /// The digits behind the point as steps of 100 nanoseconds.
    mutating func fraction() -> Int? {
        let run = rest.prefix(9).prefix { $0 >= 0x30 && $0 <= 0x39 }
        guard !run.isEmpty else { return nil }
        rest.removeFirst(run.count)
        return (0..<7).reduce(0) { sum, place in
            sum * 10 + (place < run.count ? Int(run[run.index(run.startIndex, offsetBy: place)] - 0x30) : 0)
        }
    }

    mutating func place() -> PSDateTime.Place? {
        if isAtEnd { return .unspecified }
        if skip("Z") { return .utc }
        let isAhead = skip("+")
        guard isAhead || skip("-"), let hours = number(digits: 2), skip(":"), let minutes = number(digits: 2),
            hours < 24, minutes < 60
        else { return nil }
        return .offset(minutes: (isAhead ? 1 : -1) * (hours * 60 + minutes))
    }

    /// The seconds of a unit of XML's durations. .NET writes no years or months.
    mutating func unit(inClock: Bool) -> UInt64? {
        if !inClock { return skip("D") ? 86400 : nil }
        if skip("H") { return 3600 }
        if skip("M") { return 60 }
        return skip("S") ? 1 : nil
    }
}
