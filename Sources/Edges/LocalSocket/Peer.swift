internal import CLinux
internal import Glibc

/// Who is at the other end of a local connection, as the kernel recorded it when the connection was made.
///
/// That process may since have handed the socket on; what follows from it then is in docs/operating.md.
public struct Peer: Hashable, Sendable {
    /// The effective uid. It decides.
    public let uid: UInt32
    /// The primary and the supplementary groups.
    public let groups: [UInt32]
    /// For display, and for finding the login session while the peer waits for us. 0 where the kernel cannot name it
    /// to us, as from another pid namespace.
    public let pid: Int32

    /// Reads the credentials of a connected socket.
    public init(of socket: Int32) throws(SocketTrouble) {
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        guard usher_peer_credentials(socket, &pid, &uid, &gid) == 0 else { throw SocketTrouble("SO_PEERCRED", errno) }
        var capacity = 64
        while true {
            var groups = [gid_t](repeating: 0, count: capacity)
            let count = usher_peer_groups(socket, &groups, Int32(capacity))
            guard count >= 0 else { throw SocketTrouble("SO_PEERGROUPS", errno) }
            if count <= capacity {
                self.uid = uid
                self.groups = [gid] + groups.prefix(Int(count))
                self.pid = pid
                return
            }
            capacity = Int(count)
        }
    }
}

/// What the kernel refused to do with a socket.
public struct SocketTrouble: Error, Hashable, Sendable, CustomStringConvertible {
    /// The call and its error in words.
    public let description: String

    init(_ what: String, _ code: Int32) { description = "\(what): \(String(cString: strerror(code)))" }

    init(_ what: String) { description = what }
}
