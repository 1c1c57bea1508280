internal import CSystemd
import Glibc

/// Tells the service manager how we are (sd_notify). Where there is none, nothing happens.
///
/// Each call is one datagram of at most 4096 bytes, which is all that systemd takes; a longer one would be thrown
/// away whole, so a status is cut.
public struct Readiness: Sendable {
    private static let statusBytesMax = 1024

    public init() {}

    /// Whether there is somebody to tell.
    public var isWanted: Bool { getenv("NOTIFY_SOCKET") != nil }

    /// Start-up is over, or a reload is: clients are served.
    @discardableResult
    public func ready(status: String? = nil) -> Bool { notify(["READY=1"] + line(status)) }

    /// The configuration is being read again. `ready` must follow, whatever came of it.
    @discardableResult
    public func reloading() -> Bool {
        // With the time systemd can tell this reload from one it asked for later.
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        let microseconds = UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000
        return notify(["RELOADING=1", "MONOTONIC_USEC=\(microseconds)"])
    }

    /// No new work is taken any more.
    @discardableResult
    public func stopping(status: String? = nil) -> Bool { notify(["STOPPING=1"] + line(status)) }

    /// One line for `systemctl status`: `litware 7/9 · 1 unconfirmed`.
    @discardableResult
    public func status(_ text: String) -> Bool { notify(line(text)) }

    /// Whoever calls this is alive. Let the part call it whose standstill would matter most.
    @discardableResult
    public func feedWatchdog() -> Bool { notify(["WATCHDOG=1"]) }

    /// How often the watchdog wants to be fed: half the time after which it would kill us. Nil: there is none.
    public var watchdogInterval: Duration? {
        var microseconds: UInt64 = 0
        guard sd_watchdog_enabled(0, &microseconds) > 0 else { return nil }
        return .microseconds(Int64(clamping: microseconds / 2))
    }

    /// Whether somebody was told.
    private func notify(_ lines: [String]) -> Bool { sd_notify(0, lines.joined(separator: "\n")) > 0 }

    private func line(_ status: String?) -> [String] {
        guard let status else { return [] }
        var text = visible(status)
        if text.utf8.count > Self.statusBytesMax {
            // Cut by characters, so that none is left in halves, with room for the three dots.
            var bytes = 0
            let kept = text.prefix { character in
                bytes += character.utf8.count
                return bytes <= Self.statusBytesMax - 3
            }
            text = kept + "..."
        }
        return ["STATUS=\(text)"]
    }
}
