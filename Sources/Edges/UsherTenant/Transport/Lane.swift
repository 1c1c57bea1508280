internal import Glibc
internal import Synchronization
internal import Threads
internal import UsherCore

/// The way to one account at one tenant: a thread of its own with libcurl on it, and everything that happens there.
///
/// Connections, cookies and tokens of a lane are that account's alone. Whatever belongs to a lane is touched on its thread
/// only; others hand it work with `post`. Work is done in the order in which it was posted.
final class Lane: @unchecked Sendable {
    // `mailbox` has its own lock, `transport.wake` may be called from anywhere; the rest belongs to the thread.
    let transport = HTTPTransport()
    private let mailbox = Mutex(Mailbox())
    private var timers: [Timer] = []
    private var timerCount: UInt64 = 0

    private struct Mailbox {
        var work: [@Sendable () -> Void] = []
        var isStopped = false
    }

    private struct Timer {
        let number: UInt64
        let at: Moment
        let run: () -> Void
    }

    /// A timer that may be called off.
    struct Alarm: Hashable {
        fileprivate let number: UInt64
    }

    init(name: String) {
        DetachedThread.start(name) { [self] in run() }
    }

    /// Has `work` done on the lane's thread, from any thread.
    func post(_ work: @escaping @Sendable () -> Void) {
        let wasEmpty = mailbox.withLock { box in
            box.work.append(work)
            return box.work.count == 1
        }
        if wasEmpty { transport.wake() }
    }

    /// Ends the thread once what was posted is done. Exchanges under way are given up.
    func stop() {
        mailbox.withLock { $0.isStopped = true }
        transport.wake()
    }

    // MARK: on the lane's thread

    /// The time, as the deadlines of the broker have it.
    var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return Moment(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    /// Has something done later.
    @discardableResult
    func after(_ delay: Duration, _ run: @escaping () -> Void) -> Alarm {
        timerCount += 1
        timers.append(Timer(number: timerCount, at: now + delay, run: run))
        return Alarm(number: timerCount)
    }

    /// Has something slow done on a thread of its own, and then the lane's part of it here.
    func aside<Result: Sendable>(_ work: @escaping @Sendable () -> Result, then: @escaping (Result) -> Void) {
        // Nobody but the lane's thread ever calls it.
        nonisolated(unsafe) let then = then
        DetachedThread.start("aside") { [self] in
            let result = work()
            post { then(result) }
        }
    }

    func cancel(_ alarm: Alarm) { timers.removeAll { $0.number == alarm.number } }

    private func run() {
        while true {
            let (work, isStopped) = mailbox.withLock { box in
                defer { box.work.removeAll(keepingCapacity: true) }
                return (box.work, box.isStopped)
            }
            for item in work { item() }
            if isStopped, work.isEmpty { return }
            runTimers()
            transport.perform()
            transport.wait(milliseconds: untilNext)
        }
    }

    private func runTimers() {
        let now = now
        while let due = timers.indices.filter({ timers[$0].at <= now }).min(by: { timers[$0].at < timers[$1].at }) {
            let timer = timers.remove(at: due)
            timer.run()
        }
    }

    private var untilNext: Int32 {
        // What was posted meanwhile has woken us already, so this may be long.
        guard let next = timers.map(\.at).min() else { return 60_000 }
        return Int32(min(60_000, max(0, (next - now).wholeMilliseconds)))
    }
}
