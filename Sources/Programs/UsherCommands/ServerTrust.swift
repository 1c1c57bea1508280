import UsherClient

extension BrokerClient {
    /// Throws unless a secret may be sent to whoever serves the socket.
    func requireTrust() throws {
        guard !ServerIdentity.isTrusted(serverUID) else { return }
        throw CommandError(
            code: "ServerNotTrusted", message: "What serves the socket runs as somebody else, so it gets no secret.",
            causes: ["its uid is \(serverUID.map { "\($0)" } ?? "unknown"); not yours, root's or usher's"],
            status: .notPermitted)
    }
}
