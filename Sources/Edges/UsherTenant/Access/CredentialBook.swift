internal import Glibc
internal import Synchronization
public import UsherCore

/// The secrets of accounts: those in files, and those that people gave for their own use, which are nowhere but here.
///
/// A secret that was refused is not tried again for a while, each time for longer, because accounts get locked. Another
/// secret lifts that.
public final class CredentialBook: Sendable {
    private let pages = Mutex(Pages())

    private struct Pages {
        /// Where files are; the first that has the name counts.
        var directories: [Directory] = []
        var files: [Account: String] = [:]
        var logins: [Key: Secret] = [:]
        var refusals: [Key: Refused] = [:]
    }

    /// A place where secrets are, one a file.
    public struct Directory: Hashable, Sendable {
        public let path: String
        /// Whether it is the service manager's, which sees to it that nobody else reads it.
        public let isGuarded: Bool

        public init(path: String, isGuarded: Bool) {
            self.path = path
            self.isGuarded = isGuarded
        }
    }

    /// Whose secret: a person's own, or the file's that all who may act as the account use.
    struct Key: Hashable, Sendable {
        let account: Account
        let owner: UserID?
    }

    private struct Refused {
        var times: Int
        var until: Moment
        /// A secret that changed meanwhile is another one, and may be tried.
        var secret: String
    }

    /// What is to be used.
    enum Found {
        case secret(Secret, Key)
        /// Keys of Kerberos, which only a file has, and what stands for them where secrets are compared.
        case keytab(path: String, mark: Secret, Key)
        /// None, and why where a file was named.
        case missing(String?)
        /// Refused before; not to be tried for so long.
        case refused(retryAfter: Duration)
    }

    /// How long a secret that was refused for the first time is left alone.
    static let firstPause = Duration.seconds(60)
    /// Beyond this it does not double any more.
    static let longestPause = Duration.hours(4)
    /// One line of a file.
    private static let bytesMax = 64 << 10

    public init() {}

    /// What the configuration says. A file may have a new secret, so old refusals of files count no more.
    public func configure(directories: [Directory], files: [Account: String]) {
        pages.withLock { pages in
            pages.directories = directories
            pages.files = files
            pages.refusals = pages.refusals.filter { $0.key.owner != nil }
        }
    }

    /// The files that are of no use as they are, and why, by tenant and account.
    public var troubles: [(account: Account, why: String)] {
        pages.withLock { pages in
            pages.files.sorted { ($0.key.tenant, $0.key.admin) < ($1.key.tenant, $1.key.admin) }.compactMap {
                account, file in
                guard case .failure(let trouble) = Self.read(file, in: pages.directories) else { return nil }
                return (account, trouble.text)
            }
        }
    }

    /// Keeps a person's own secret for an account, or forgets it.
    public func login(_ owner: UserID, _ account: Account, _ secret: Secret?) {
        let key = Key(account: account, owner: owner)
        pages.withLock { pages in
            pages.logins[key] = secret
            pages.refusals[key] = nil
        }
    }

    /// The secret that this person acts with: his own, or the file's.
    func secret(for account: Account, owner: UserID, at now: Moment) -> Found {
        pages.withLock { pages in
            let own = Key(account: account, owner: owner)
            if let secret = pages.logins[own] { return check(secret, own, &pages, now) }
            guard let name = pages.files[account] else { return .missing(nil) }
            let key = Key(account: account, owner: nil)
            switch Self.read(name, in: pages.directories) {
            case .success(.line(let secret)): return check(secret, key, &pages, now)
            // What was refused of it is told by when it was written.
            case .success(.keytab(let path, let mark)):
                if case .refused(let pause) = check(mark, key, &pages, now) { return .refused(retryAfter: pause) }
                return .keytab(path: path, mark: mark, key)
            case .failure(let trouble): return .missing(trouble.text)
            }
        }
    }

    private func check(_ secret: Secret, _ key: Key, _ pages: inout Pages, _ now: Moment) -> Found {
        guard let refused = pages.refusals[key] else { return .secret(secret, key) }
        if refused.secret != secret.reveal() {
            pages.refusals[key] = nil
            return .secret(secret, key)
        }
        return refused.until > now ? .refused(retryAfter: refused.until - now) : .secret(secret, key)
    }

    /// Notes that a secret was refused. Returns for how long it is left alone. Several requests that were under way with it
    /// are refused once.
    func noteRefused(_ key: Key, _ secret: Secret, at now: Moment) -> Duration {
        pages.withLock { pages in
            if let refused = pages.refusals[key], refused.secret == secret.reveal(), refused.until > now {
                return refused.until - now
            }
            let times = (pages.refusals[key]?.times ?? 0) + 1
            let pause = min(Self.longestPause, Self.firstPause * Int64(1 << min(10, times - 1)))
            pages.refusals[key] = Refused(times: times, until: now + pause, secret: secret.reveal())
            return pause
        }
    }

    func noteAccepted(_ key: Key) { pages.withLock { $0.refusals[key] = nil } }

    struct Trouble: Error { let text: String }

    /// What a file holds.
    private enum Content {
        case line(Secret)
        /// A keytab, which libkrb5 reads by itself, and what tells it from the one that was there before.
        case keytab(path: String, mark: Secret)
    }

    /// What a keytab begins with: format 5, version 2.
    private static let keytabMark: [UInt8] = [5, 2]

    private static func read(_ name: String, in directories: [Directory]) -> Result<Content, Trouble> {
        var tried = ""
        for directory in directories {
            let path = "\(directory.path)/\(name)"
            tried = path
            let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
            if file < 0 {
                if errno == ENOENT { continue }
                return .failure(Trouble(text: "\(path): \(String(cString: strerror(errno)))"))
            }
            defer { close(file) }
            var facts = stat()
            guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else {
                return .failure(Trouble(text: "\(path) is no file"))
            }
            guard directory.isGuarded || facts.st_mode & 0o077 == 0 else {
                return .failure(Trouble(text: "\(path) may be read by others: chmod 0600 it"))
            }
            var bytes = [UInt8](repeating: 0, count: bytesMax)
            let count = Glibc.read(file, &bytes, bytes.count)
            defer { for index in bytes.indices { bytes[index] = 0 } }
            if bytes.starts(with: keytabMark) {
                let mark = "keytab \(facts.st_mtim.tv_sec).\(facts.st_mtim.tv_nsec) \(facts.st_size)"
                return .success(.keytab(path: path, mark: Secret(mark)))
            }
            let line = bytes.prefix(max(0, count)).prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
            guard !line.isEmpty, let text = String(validating: line, as: UTF8.self) else {
                return .failure(Trouble(text: "\(path) has no line of text"))
            }
            return .success(.line(Secret(text)))
        }
        return .failure(Trouble(text: "\(tried) is not there"))
    }
}
