public import UsherCore

/// The two clocks the journal writes: the boot clock for deadlines, the wall clock for people and for after a reboot.
public protocol JournalClock: Sendable {
    /// Names this start of the machine: moments of another one mean nothing.
    var bootID: String { get }
    /// The present on the boot clock.
    var now: Moment { get }
    /// The present on the wall clock, in milliseconds since 1970.
    var wallMilliseconds: Int64 { get }
}

/// Both clocks, read together once, so that all times of one batch or one reading agree.
struct Instant {
    let boot: String
    let moment: Moment
    let wall: Int64

    init(_ clock: any JournalClock) {
        boot = clock.bootID
        moment = clock.now
        wall = clock.wallMilliseconds
    }

    /// What the wall clock showed at a moment.
    func wall(of other: Moment) -> Int64 { wall + (other.nanoseconds - moment.nanoseconds) / 1_000_000 }

    /// The moment at which the wall clock showed `milliseconds`, never one in the future: a clock that was set back
    /// must not make anything younger than it is.
    func moment(atWall milliseconds: Int64, boundedByNow: Bool = true) -> Moment {
        let (age, overflow) = wall.subtractingReportingOverflow(milliseconds)
        let past = overflow ? 0 : boundedByNow ? max(0, age) : age
        return moment - .milliseconds(past)
    }
}
