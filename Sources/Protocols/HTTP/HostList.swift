// Who may be handed a password, and where a redirect may lead, is never the other side's choice: a tenant names its
// token authority in an answer to nobody in particular, and a discovery root speaks plain http. So an operator lists
// hosts, and whatever the network says is held against that list.

/// The hosts that an address may lead to.
public struct HostList: Hashable, Sendable {
    private let entries: [Entry]

    private struct Entry: Hashable {
        let host: String
        let port: UInt16
        /// Nothing is below an address: `0.0.1` says nothing about `127.0.0.1`.
        let isNumeric: Bool
    }

    /// The hosts of `names`, each a host with perhaps a port after it; 443 without one.
    ///
    /// Throws the first name that is none, so that a typing mistake does not become a smaller list.
    public init(_ names: [String]) throws(NotAHost) {
        var entries: [Entry] = []
        for name in names {
            guard let url = WebURL("https://\(name)/"), url.path == "/", url.query == nil else {
                throw NotAHost(name: name)
            }
            entries.append(
                Entry(host: url.host, port: url.port ?? url.scheme.defaultPort, isNumeric: url.hasNumericHost))
        }
        self.entries = entries
    }

    /// Whether `url` is https and leads to one of the hosts, or to one below it, on the port that was listed.
    public func allows(_ url: WebURL) -> Bool {
        guard url.scheme == .https else { return false }
        return entries.contains { entry in
            guard entry.port == url.port ?? url.scheme.defaultPort else { return false }
            // On a border of labels: evil-login.example is not below login.example.
            return url.host == entry.host || !entry.isNumeric && url.host.hasSuffix(".\(entry.host)")
        }
    }
}

/// A name in a list of hosts is not that of a host.
public struct NotAHost: Error, Hashable, Sendable {
    public let name: String
}
