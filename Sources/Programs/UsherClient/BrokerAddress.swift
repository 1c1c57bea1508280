import Glibc
import UsherAPI

/// The socket to talk to, and why that one.
public struct BrokerAddress: Hashable, Sendable {
    /// The path of the socket.
    public let path: String
    /// Whether it was chosen because the user's own lab runs. Commands say so, lest somebody takes it for the system's.
    public let isLab: Bool

    /// The socket at `path`, as somebody asked for it.
    public init(path: String) {
        self.path = path
        isLab = false
    }

    private init(lab path: String) {
        self.path = path
        isLab = true
    }

    /// Chooses: what `--socket` says, what USHER_SOCKET says, the caller's own lab if it runs, the system's.
    public static func choose(asked: String?, environment: (String) -> String?) -> BrokerAddress {
        if let asked { return BrokerAddress(path: asked) }
        if let named = environment("USHER_SOCKET"), !named.isEmpty { return BrokerAddress(path: named) }
        if let lab = ownLab(environment) { return BrokerAddress(lab: lab) }
        return BrokerAddress(path: SocketPath.system)
    }

    /// The socket of the caller's lab when one answers there.
    ///
    /// Under sudo the variables may be those of the user who typed it, and root must not talk to whatever that user
    /// has put there; so then there is no lab.
    private static func ownLab(_ environment: (String) -> String?) -> String? {
        guard environment("SUDO_UID") == nil,
            let directory = SocketPath.labDirectory(
                runtimeDirectory: environment("XDG_RUNTIME_DIR"), home: environment("HOME"))
        else { return nil }
        var facts = stat()
        guard lstat(directory, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid(),
            facts.st_mode & 0o777 == 0o700
        else { return nil }
        let path = directory + "/" + SocketPath.labName
        // A lab that was killed leaves its socket behind; only one that answers counts.
        guard let stream = try? LocalStream.connect(to: path, persistence: .once), stream.peer?.uid == geteuid() else {
            return nil
        }
        return path
    }
}
