/// A length of time in whole seconds, as people write and read it.
struct Span: Hashable, Sendable {
    let seconds: Int64

    /// The longest that can be written; what is longer is a slip.
    private static let secondsMax: Int64 = 366 * 86400

    init(seconds: Int64) { self.seconds = seconds }

    /// Reads `90s`, `2m`, `1h30m` or plain seconds. Units come at most once, the larger first.
    init?(_ text: String) {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        var sum: Int64 = 0
        var number: Int64?
        var unitBefore = Int64.max
        for byte in text.utf8 {
            if digits.contains(byte) {
                // Multiplied at most by a day below, so this cannot overflow.
                let value = (number ?? 0) * 10 + Int64(byte - digits.lowerBound)
                guard value <= Self.secondsMax else { return nil }
                number = value
                continue
            }
            guard let value = number, let unit = Self.unit(byte), unit < unitBefore else { return nil }
            sum += value * unit
            unitBefore = unit
            number = nil
        }
        if let number {
            guard unitBefore == .max else { return nil }
            sum = number
        } else {
            guard unitBefore != .max else { return nil }
        }
        guard sum <= Self.secondsMax else { return nil }
        seconds = sum
    }

    private static func unit(_ byte: UInt8) -> Int64? {
        switch byte {
        case UInt8(ascii: "d"): 86400
        case UInt8(ascii: "h"): 3600
        case UInt8(ascii: "m"): 60
        case UInt8(ascii: "s"): 1
        default: nil
        }
    }
}

extension Span: CustomStringConvertible {
    /// `58s`, `12m`, `14m 02s`, `3h 05m`, `2d 03h`: the two largest units, the second one left out where it is zero.
    var description: String {
        switch seconds {
        case ..<0: "0s"
        case ..<60: "\(seconds)s"
        case ..<3600: Self.pair(seconds / 60, "m", seconds % 60, "s")
        case ..<86400: Self.pair(seconds / 3600, "h", seconds % 3600 / 60, "m")
        default: Self.pair(seconds / 86400, "d", seconds % 86400 / 3600, "h")
        }
    }

    private static func pair(_ large: Int64, _ unit: String, _ small: Int64, _ smallUnit: String) -> String {
        small == 0 ? "\(large)\(unit)" : "\(large)\(unit) \(small < 10 ? "0" : "")\(small)\(smallUnit)"
    }
}

/// A number of things, in words.
enum Count {
    /// `1 session`, `3 sessions`.
    static func of(_ number: Int64, _ noun: String) -> String { "\(number) \(noun)\(number == 1 ? "" : "s")" }
}
