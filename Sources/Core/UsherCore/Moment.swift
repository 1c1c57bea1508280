/// A point on the boot clock (CLOCK_BOOTTIME), in nanoseconds since the machine started.
///
/// It is passed in and never read here, so that a test or a simulation owns time.
public struct Moment: Hashable, Comparable, Sendable {
    public let nanoseconds: Int64

    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// The start of the clock.
    public static let start = Moment(nanoseconds: 0)

    public static func < (left: Moment, right: Moment) -> Bool { left.nanoseconds < right.nanoseconds }

    public static func + (moment: Moment, span: Duration) -> Moment {
        let (sum, overflow) = moment.nanoseconds.addingReportingOverflow(span.nanoseconds)
        return Moment(nanoseconds: overflow ? .max : sum)
    }

    public static func - (moment: Moment, span: Duration) -> Moment { moment + (.zero - span) }

    public static func - (left: Moment, right: Moment) -> Duration {
        .nanoseconds(left.nanoseconds - right.nanoseconds)
    }
}

extension Moment {
    /// The earlier of two moments that may or may not come.
    static func earlier(_ left: Moment?, _ right: Moment?) -> Moment? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}

extension Duration {
    /// A whole number of minutes.
    public static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }

    /// A whole number of hours.
    public static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }

    /// The length in nanoseconds, rounded towards zero.
    public var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflow) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return isTooLong || overflow ? (seconds < 0 ? .min : .max) : sum
    }

    /// Whole seconds, rounded towards zero: how long something has lasted.
    public var wholeSeconds: Int { Int(components.seconds) }

    /// Rounded up, so that whoever waits as long finds it over.
    public var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }

    /// Whole seconds, rounded up, never below zero: how long to wait until something is over.
    public var secondsToWait: Int {
        let (seconds, attoseconds) = components
        return max(0, Int(seconds) + (attoseconds > 0 ? 1 : 0))
    }

    /// The length as people write it in the configuration: `15m`, `90s`, `250ms`.
    public var spelledOut: String {
        let seconds = wholeSeconds
        if nanoseconds % 1_000_000_000 != 0 { return "\(nanoseconds / 1_000_000)ms" }
        for (unit, length) in [("d", 86400), ("h", 3600), ("m", 60)] where seconds != 0 && seconds % length == 0 {
            return "\(seconds / length)\(unit)"
        }
        return "\(seconds)s"
    }
}
