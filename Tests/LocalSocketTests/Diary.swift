import Glibc
import LocalSocket
import Varlink

/// What the delegate was told, in order. Tests wait for an entry instead of for a time.
final class Diary: @unchecked Sendable {
    enum Entry: Hashable {
        case connected(UInt64, Peer)
        case called(UInt64, String)
        /// What the client has not read fills its share.
        case full(UInt64)
        case violated(UInt64, ProtocolViolation)
        case ended(UInt64)
    }

    // The lock guards the entries; both are allocated once, so their addresses stay the same.
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let written = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var list: [Entry] = []

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

    var entries: [Entry] {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return list
    }

    func note(_ entry: Entry) {
        pthread_mutex_lock(lock)
        list.append(entry)
        pthread_cond_broadcast(written)
        pthread_mutex_unlock(lock)
    }

    /// Waits until the entries are as they should be. False when they are not after half a minute.
    func wait(until isRight: ([Entry]) -> Bool) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_REALTIME, &end)
        end.tv_sec += 30
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while !isRight(list) {
            if pthread_cond_timedwait(written, lock, &end) == ETIMEDOUT { return isRight(list) }
        }
        return true
    }

    func wait(for entry: Entry) -> Bool { wait { $0.contains(entry) } }

    /// Waits until so many connections ended.
    func wait(forEnds count: Int) -> Bool { wait { $0.ends.count >= count } }
}

extension [Diary.Entry] {
    /// The methods called, in order.
    var calls: [String] { compactMap { if case .called(_, let method) = $0 { method } else { nil } } }

    /// The connections that ended, in order.
    var ends: [UInt64] { compactMap { if case .ended(let number) = $0 { number } else { nil } } }

    var peers: [Peer] { compactMap { if case .connected(_, let peer) = $0 { peer } else { nil } } }

    var numbers: [UInt64] { compactMap { if case .connected(let number, _) = $0 { number } else { nil } } }

    var violations: [ProtocolViolation] {
        compactMap { if case .violated(_, let violation) = $0 { violation } else { nil } }
    }
}
