import Glibc
import Logging

/// What was logged, one line each, in order. Tests wait for a line instead of for a time.
final class LogDiary: @unchecked Sendable {
    // The lock guards the lines; both are allocated once, so their addresses stay the same.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let written = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var list: [String] = []

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(written, nil)
    }

    deinit {
        pthread_cond_destroy(written)
        pthread_mutex_destroy(lock)
        written.deallocate()
        lock.deallocate()
    }

    var lines: [String] {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return list
    }

    var handler: any LogHandler { Handler(diary: self) }

    func note(_ line: String) {
        pthread_mutex_lock(lock)
        list.append(line)
        pthread_cond_broadcast(written)
        pthread_mutex_unlock(lock)
    }

    /// Waits for a line with these words. False when there is none after half a minute.
    func wait(for words: String) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += 30
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while !list.contains(where: { $0.contains(words) }) {
            if pthread_cond_timedwait(written, lock, &end) == ETIMEDOUT { return false }
        }
        return true
    }

    private struct Handler: LogHandler {
        let diary: LogDiary
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let fields = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
            diary.note("\(event.level): \(event.message)" + fields.joined())
        }
    }
}
