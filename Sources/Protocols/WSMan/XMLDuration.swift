// xs:duration, XML Schema part 2, 3.2.6, as far as WS-Management uses it: `PT20S`, `PT180.000S`, `P0DT0H0M2S`. Years and
// months have no length of their own and no server sends them; a duration below zero means nothing here. Both are nil.

/// Durations as they stand in envelopes.
public enum XMLDuration {
    /// The duration that `text` stands for, or nil when it is none, or longer than a Duration holds.
    public static func parse(_ text: some StringProtocol) -> Duration? {
        var bytes = Array(text.utf8)[...]
        guard bytes.popFirst() == UInt8(ascii: "P"), !bytes.isEmpty else { return nil }
        var total = Duration.zero
        var isTime = false
        // Units come largest first, each once: those that may still follow.
        var units = Array("DHMS".utf8)[...]
        while !bytes.isEmpty {
            if bytes.first == UInt8(ascii: "T") {
                guard !isTime, bytes.count > 1 else { return nil }
                isTime = true
                bytes.removeFirst()
                units = Array("HMS".utf8)[...]
                continue
            }
            guard let (whole, fraction) = number(&bytes), let unit = bytes.popFirst(),
                let place = units.firstIndex(of: unit), isTime == (unit != UInt8(ascii: "D")),
                fraction == 0 || unit == UInt8(ascii: "S")
            else { return nil }
            units = units[(place + 1)...]
            let (seconds, overflow) = whole.multipliedReportingOverflow(by: length(of: unit))
            // Ten thousand years and more: no server means it, and sums stay far from what a Duration cannot hold.
            guard !overflow, seconds < 1 << 38 else { return nil }
            total += .seconds(seconds) + .nanoseconds(fraction)
        }
        return units.count == 4 ? nil : total
    }

    /// `duration` in seconds, with a fraction of milliseconds where it has one.
    public static func text(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = attoseconds / 1_000_000_000_000_000
        guard seconds >= 0, milliseconds > 0 else { return "PT\(max(seconds, 0))S" }
        let digits = String(milliseconds)
        return "PT\(seconds).\(String(repeating: "0", count: 3 - digits.utf8.count))\(digits)S"
    }

    /// Digits, and what follows a point in nanoseconds.
    private static func number(_ bytes: inout ArraySlice<UInt8>) -> (whole: Int64, nanoseconds: Int64)? {
        let digits = bytes.prefix(while: isDigit)
        guard let whole = Int64(String(decoding: digits, as: UTF8.self)) else { return nil }
        bytes = bytes.dropFirst(digits.count)
        guard bytes.first == UInt8(ascii: ".") else { return (whole, 0) }
        bytes.removeFirst()
        let fraction = bytes.prefix(while: isDigit)
        guard !fraction.isEmpty else { return nil }
        bytes = bytes.dropFirst(fraction.count)
        let padded = fraction.prefix(9) + Array(repeating: UInt8(ascii: "0"), count: max(0, 9 - fraction.count))
        return (whole, Int64(String(decoding: padded, as: UTF8.self)) ?? 0)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func length(of unit: UInt8) -> Int64 {
        switch unit {
        case UInt8(ascii: "D"): 86400
        case UInt8(ascii: "H"): 3600
        case UInt8(ascii: "M"): 60
        default: 1
        }
    }
}
