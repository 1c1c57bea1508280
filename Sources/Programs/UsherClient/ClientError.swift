/// Why the client got no answer at all. What the broker answered, good or bad, is none of these.
public enum ClientError: Error, Hashable, Sendable {
    /// Nobody serves the socket; `code` is the errno of connect(2).
    case noDaemon(socket: String, code: Int32)
    /// The socket is there and the caller may not use it.
    case notPermitted(socket: String)
    /// The path does not fit into a socket address.
    case pathTooLong(socket: String, bytesMax: Int)
    /// The broker took longer than a step may take.
    case timedOut(socket: String, after: Duration)
    /// The broker closed the connection before it had answered.
    case connectionLost(socket: String)
    /// The broker sent what no broker sends.
    case protocolBroken(socket: String, detail: String)
    /// The caller's wake descriptor became readable first.
    case interrupted
}

extension ClientError {
    /// Whether the broker may be back in a moment: it went away, or is not there yet.
    public var mayPass: Bool {
        switch self {
        case .noDaemon, .connectionLost: true
        case .notPermitted, .pathTooLong, .timedOut, .protocolBroken, .interrupted: false
        }
    }
}
