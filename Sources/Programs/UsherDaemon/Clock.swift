internal import Glibc
internal import UsherCore
internal import UsherStore

/// The machine's clocks. The only place of the daemon that reads them.
struct Clock: JournalClock {
    let bootID: String

    init() {
        var bytes = [UInt8](repeating: 0, count: 36)
        let file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        // Without it every restart looks like a reboot: deadlines then go by the wall clock.
        let count = file < 0 ? 0 : read(file, &bytes, bytes.count)
        if file >= 0 { close(file) }
        bootID = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }

    /// CLOCK_BOOTTIME: goes on while the machine sleeps, as the tenant's clocks do.
    var now: Moment { Moment(nanoseconds: Self.nanoseconds(CLOCK_BOOTTIME)) }

    var wallMilliseconds: Int64 { Self.nanoseconds(CLOCK_REALTIME) / 1_000_000 }

    private static func nanoseconds(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// What the wall clock showed at a moment, in seconds since 1970.
    func wallSeconds(of moment: Moment) -> Int64 {
        (Self.nanoseconds(CLOCK_REALTIME) - (now.nanoseconds - moment.nanoseconds)) / 1_000_000_000
    }
}

/// Seconds since 1970 as RFC 3339 in UTC: `2026-11-23T18:12:39Z`.
func rfc3339(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var date = tm()
    gmtime_r(&time, &date)
    return String(unsafeUninitializedCapacity: 24) { buffer in
        func put(_ value: Int32, _ digits: Int, at place: Int, before mark: Unicode.Scalar) {
            var value = value
            for digit in stride(from: place + digits - 1, through: place, by: -1) {
                buffer[digit] = UInt8(ascii: "0") + UInt8(value % 10)
                value /= 10
            }
            buffer[place + digits] = UInt8(ascii: mark)
        }
        put(date.tm_year + 1900, 4, at: 0, before: "-")
        put(date.tm_mon + 1, 2, at: 5, before: "-")
        put(date.tm_mday, 2, at: 8, before: "T")
        put(date.tm_hour, 2, at: 11, before: ":")
        put(date.tm_min, 2, at: 14, before: ":")
        put(date.tm_sec, 2, at: 17, before: "Z")
        return 20
    }
}
