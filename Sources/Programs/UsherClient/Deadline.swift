import Glibc

/// The point in time up to which a step may take.
///
/// It lies on the boot clock, which goes on while the machine sleeps: who waited for two minutes before a lid was
/// closed does not wait for two more when it opens.
public struct Deadline: Sendable {
    private let nanoseconds: Int64

    /// No deadline: for what only ends when somebody acts.
    public static var never: Deadline { Deadline(nanoseconds: .max) }

    /// The point `duration` from now.
    public static func within(_ duration: Duration) -> Deadline {
        let (seconds, attoseconds) = duration.components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return .never }
        let (sum, tooFar) = now.addingReportingOverflow(product + attoseconds / 1_000_000_000)
        return tooFar ? .never : Deadline(nanoseconds: sum)
    }

    /// Whether it has passed.
    public var isOver: Bool { nanoseconds <= Self.now }

    /// What is left of it, never less than nothing.
    public var remaining: Duration { .nanoseconds(max(0, nanoseconds - Self.now)) }

    /// What is left in whole seconds, rounded up.
    public var remainingSeconds: Int64 {
        let (seconds, attoseconds) = remaining.components
        return attoseconds > 0 ? seconds + 1 : seconds
    }

    /// The earlier of two.
    public func orEarlier(_ other: Deadline) -> Deadline {
        nanoseconds <= other.nanoseconds ? self : other
    }

    /// As poll(2) wants it: rounded up so that it is over when poll returns, in bounded steps, and -1 for never.
    var pollMilliseconds: Int32 {
        guard nanoseconds != .max else { return -1 }
        let left = max(0, nanoseconds - Self.now)
        return Int32(min(left / 1_000_000 + (left % 1_000_000 > 0 ? 1 : 0), 3_600_000))
    }

    private static var now: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
