internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import UsherCore

/// The names of users, for display only.
///
/// The system's user database may be on the network and slow, so it is asked on another thread, and a name that does
/// not come in time is a number. Only for use on its event loop.
final class UserNames: @unchecked Sendable {
    let eventLoop: any EventLoop
    private let threads: NIOThreadPool
    private var known: [UserID: String]
    private var asking: [UserID: [(String) -> Void]] = [:]

    /// How long the first call of a user waits for his name.
    private static let patience = TimeAmount.seconds(2)
    /// Names remembered beyond those of the configuration; more users than that are unlikely to share a host.
    private static let knownMax = 10_000

    init(eventLoop: any EventLoop, threads: NIOThreadPool, known: [UserID: String]) {
        self.eventLoop = eventLoop
        self.threads = threads
        self.known = known
    }

    /// Names from the configuration, which need not be looked up.
    func learn(_ names: [UserID: String]) { known.merge(names) { _, new in new } }

    /// Calls back at once with a name that is known, else when it is.
    func name(of user: UserID, _ done: @escaping (String) -> Void) {
        if let name = known[user] { return done(name) }
        asking[user, default: []].append(done)
        guard asking[user]?.count == 1 else { return }
        eventLoop.scheduleTask(in: Self.patience) { [self] in found(nil, of: user) }
        threads.runIfActive(eventLoop: eventLoop) { Self.lookUp(user) }
            .whenComplete { [self] in found((try? $0.get()).flatMap { $0 }, of: user) }
    }

    private func found(_ name: String?, of user: UserID) {
        if known.count < Self.knownMax, let name { known[user] = name }
        for done in asking.removeValue(forKey: user) ?? [] { done(name ?? "uid \(user)") }
    }

    private static func lookUp(_ user: UserID) -> String? {
        var entry = passwd()
        var found: UnsafeMutablePointer<passwd>?
        return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 65536) { buffer in
            guard let room = buffer.baseAddress,
                getpwuid_r(user.rawValue, &entry, room, buffer.count, &found) == 0, found != nil,
                let name = entry.pw_name
            else { return nil }
            return String(cString: name)
        }
    }
}
