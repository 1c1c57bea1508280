internal import CLinux
internal import Glibc
internal import Threads

/// The leader of a login session, while it lives.
public struct LoginSession: Hashable, Sendable {
    /// Never used twice in one life.
    public let number: UInt64
    public let leader: Int32
    public let startTicks: UInt64
}

/// Watches the leaders of login sessions by pidfd, and tells once for each when it ends.
///
/// Finding and forgetting happen on the caller's thread, one at a time; only the waiting has a thread of its own. So a
/// session that was found and not yet reported as ended will be reported after whatever the finder does with it.
public final class LoginSessions {
    private let epoll: Int32
    private var watched: [Int32: LoginSession] = [:]
    private var count: UInt64 = 0

    /// `ended` is called on the watching thread with what `end` wants to hear on the caller's.
    public init(ended: @escaping @Sendable (_ token: Int32) -> Void) {
        epoll = usher_epoll_create()
        precondition(epoll >= 0, "epoll_create1: \(String(cString: strerror(errno)))")
        let epoll = epoll
        DetachedThread.start("logins") {
            var tokens = [UInt64](repeating: 0, count: 64)
            while true {
                let count = usher_epoll_wait(epoll, &tokens, Int32(tokens.count))
                for token in tokens.prefix(Int(max(0, count))) {
                    // Level-triggered: taken out here, or it would be reported for ever.
                    usher_epoll_remove(epoll, Int32(token))
                    ended(Int32(token))
                }
            }
        }
    }

    /// The login session of a process that is known to live, or nil where none can be watched: the process is its own
    /// leader, or the leader is gone or out of sight.
    public func session(of pid: Int32) -> LoginSession? {
        guard let status = ProcessStatus(of: pid), status.session > 0, status.session != pid else { return nil }
        return watch(status.session, startTicks: nil)
    }

    /// The login session that was watched in an earlier life, if it is still there.
    public func session(leader: Int32, startTicks: UInt64) -> LoginSession? { watch(leader, startTicks: startTicks) }

    /// What `ended` reported: the session, which is watched no more.
    public func end(_ token: Int32) -> LoginSession? {
        guard let session = watched.removeValue(forKey: token) else { return nil }
        close(token)
        return session
    }

    private func watch(_ leader: Int32, startTicks: UInt64?) -> LoginSession? {
        let pidfd = usher_pidfd_open(leader)
        guard pidfd >= 0 else { return nil }
        // Looked up with the pidfd in hand: if the process behind it is the one that started then, it is that one
        // until the pidfd says otherwise, whatever becomes of the number.
        guard let status = ProcessStatus(of: leader), startTicks == nil || status.startTicks == startTicks,
            status.session == leader
        else {
            close(pidfd)
            return nil
        }
        if let known = watched.values.first(where: { $0.leader == leader && $0.startTicks == status.startTicks }) {
            close(pidfd)
            return known
        }
        guard usher_epoll_add(epoll, pidfd, UInt64(pidfd)) == 0 else {
            close(pidfd)
            return nil
        }
        count += 1
        let session = LoginSession(number: count, leader: leader, startTicks: status.startTicks)
        watched[pidfd] = session
        return session
    }
}
