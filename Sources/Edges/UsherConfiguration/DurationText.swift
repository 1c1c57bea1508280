import UsherCore

/// A duration as people write it: a whole number and a unit, `15m`, `30s`, `90d`, `250ms`.
enum DurationText {
    private static let units: [(suffix: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    /// Nil unless `text` is a number of at most nine digits and one unit. Nine digits of days still fit.
    static func duration(_ text: String) -> Duration? {
        let digits = text.prefix { ("0"..."9").contains($0) }
        guard (1...9).contains(digits.utf8.count), let count = Int64(digits),
            let unit = units.first(where: { $0.suffix == text.dropFirst(digits.count) })
        else { return nil }
        return .milliseconds(count * unit.milliseconds)
    }
}
