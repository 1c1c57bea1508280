internal import CSystemd
import Glibc

/// The descriptors that systemd, or whoever speaks its protocol, opened for us before we were started.
///
/// As Varlink has it: one alone is taken if it can be what we serve, of several the one named `varlink`. It may be a
/// listening socket or one that is already connected.
public struct InheritedSockets: Sendable {
    /// The socket to serve on. Nil when none was handed over, and we make our own.
    public let varlink: Socket?
    /// What else came, by the names it was given: the descriptor store's. Whoever takes it closes it.
    public let others: [Named]

    public struct Socket: Hashable, Sendable {
        public let descriptor: Int32
        /// Else it is connected to its one client.
        public let isListening: Bool
    }

    public struct Named: Hashable, Sendable {
        public let name: String
        public let descriptor: Int32
    }

    /// The name under which the socket unit passes the socket.
    public static let socketName = "varlink"

    /// Takes what was handed over. Once only: the environment is cleared, so that no child believes itself meant, and
    /// every descriptor closes on exec.
    public static func take() throws(InheritedSocketFault) -> InheritedSockets {
        var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
        let count = sd_listen_fds_with_names(1, &names)
        guard count >= 0 else { throw .environment(error: -count) }
        defer { release(names) }
        let all = (0..<count).map { index in
            let name = names?[Int(index)].map { String(cString: $0) }
            return Named(name: name ?? "unknown", descriptor: SD_LISTEN_FDS_START + index)
        }
        return try sort(all)
    }

    /// Which of them is meant.
    static func sort(_ all: [Named]) throws(InheritedSocketFault) -> InheritedSockets {
        // What we left with the service manager ourselves is no socket.
        let offered = all.filter { !$0.name.hasPrefix(DescriptorStore.namePrefix) }
        if offered.isEmpty { return InheritedSockets(varlink: nil, others: all) }
        let candidates = offered.count == 1 ? offered : offered.filter { $0.name == socketName }
        guard let chosen = candidates.first else { throw .noneNamed(socketName, among: offered.map(\.name)) }
        guard candidates.count == 1 else { throw .severalNamed(socketName, count: candidates.count) }
        guard sd_is_socket(chosen.descriptor, AF_UNIX, Int32(SOCK_STREAM.rawValue), -1) > 0 else {
            throw .notServable(name: chosen.name, descriptor: chosen.descriptor)
        }
        let isListening = sd_is_socket(chosen.descriptor, AF_UNIX, Int32(SOCK_STREAM.rawValue), 1) > 0
        return InheritedSockets(
            varlink: Socket(descriptor: chosen.descriptor, isListening: isListening),
            others: all.filter { $0 != chosen })
    }

    private static func release(_ names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?) {
        guard let names else { return }
        var next = names
        while let name = next.pointee {
            free(name)
            next += 1
        }
        free(names)
    }
}

/// Why what was handed over cannot be served on.
public enum InheritedSocketFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// LISTEN_FDS or LISTEN_PID make no sense.
    case environment(error: Int32)
    /// Several came, and none of that name.
    case noneNamed(String, among: [String])
    /// Several came by that name.
    case severalNamed(String, count: Int)
    /// It is not a stream socket of AF_UNIX, the only kind that tells who is at the other end.
    case notServable(name: String, descriptor: Int32)

    public var description: String {
        switch self {
        case .environment(let error):
            "The environment speaks of inherited sockets in a way that makes no sense (error \(error)). "
                + "Look at LISTEN_FDS and LISTEN_PID."
        case .noneNamed(let name, let names):
            "Of the sockets \(visible(names.joined(separator: ", "))) none is named \(name). "
                + "Put FileDescriptorName=\(name) into the socket unit."
        case .severalNamed(let name, let count):
            "\(count) sockets are named \(name), and one can be served. Leave one ListenStream= in the socket unit."
        case .notServable(let name, let descriptor):
            "The inherited socket \(visible(name)) (descriptor \(descriptor)) is not a stream socket of AF_UNIX. "
                + "Make ListenStream= in the socket unit a path."
        }
    }
}
