import Glibc
import UsherAPI
import UsherClient

extension CommandError {
    /// The words for a broker that was not reached or did not keep to the protocol. Nil for an interruption: who
    /// pressed Ctrl-C knows.
    init?(client error: ClientError) {
        switch error {
        case .noDaemon(let socket, let code):
            self.init(
                code: "NoDaemon", message: "Could not reach usherd at \(socket.madeVisible)",
                causes: [SystemError.text(code)],
                hint: socket == SocketPath.system
                    ? "systemctl status usherd.socket" : "usherd has to serve that socket.",
                status: .unavailable)
        case .notPermitted(let socket):
            self.init(
                code: "SocketNotPermitted", message: "Not permitted to use the socket \(socket.madeVisible)",
                causes: [SystemError.text(EACCES)], status: .notPermitted)
        case .pathTooLong(let socket, let bytesMax):
            self.init(
                code: "Usage", message: "The socket's path has more than \(bytesMax) bytes: \(socket.madeVisible)",
                status: .usage)
        case .timedOut(let socket, let bound):
            let seconds = max(1, bound.components.seconds)
            self.init(
                code: "TimedOut",
                message: "usherd did not answer within \(Span(seconds: seconds)) at \(socket.madeVisible)",
                status: .unavailable)
        case .connectionLost(let socket):
            self.init(
                code: "ConnectionLost",
                message: "usherd closed the connection before it had answered, at \(socket.madeVisible)",
                hint: "journalctl -u usherd", status: .unavailable)
        case .protocolBroken(let socket, let detail):
            self.init(
                code: "ProtocolBroken", message: "What serves \(socket.madeVisible) does not speak as usherd does.",
                causes: [detail], status: .protocolBroken)
        case .interrupted: return nil
        }
    }
}
