// The XML form of an autodiscovery answer, MS-OCDISCWS 2.2.4 and 3.1. Services and clients disagree about the case of
// tokens, and no two about namespaces, so names are compared without either; what is read is only the links.

public import XML

/// What one hop of discovery says.
public struct AutodiscoverAnswer: Hashable, Sendable {
    /// What was asked: the root, the domain, or something else with links in it.
    public let resource: Resource
    public let links: [Link]

    /// The element under the outermost one.
    public enum Resource: Hashable, Sendable {
        /// It leads on.
        case root
        /// It names the services of a domain.
        case domain
        case other(String)
    }

    /// One link, its address as it was written.
    public struct Link: Hashable, Sendable {
        public let token: String
        public let href: String

        public init(token: String, href: String) {
            self.token = token
            self.href = href
        }
    }

    public init(resource: Resource, links: [Link]) {
        self.resource = resource
        self.links = links
    }

    /// Nil when the outermost element is not that of autodiscovery.
    public init?(document: [UInt8], limits: XMLLimits) throws(XMLError) {
        let root = try XMLElement(document: document, limits: limits)
        guard isSame(root.name.local, "AutodiscoverResponse") else { return nil }
        let inner = root.children.first
        switch inner?.name.local {
        case .some(let name) where isSame(name, "Root"): resource = .root
        case .some(let name) where isSame(name, "Domain"): resource = .domain
        case let name: resource = .other(name ?? "")
        }
        links = (inner?.children ?? []).compactMap { element in
            guard isSame(element.name.local, "Link"), let token = element.value("token"),
                let href = element.value("href")
            else { return nil }
            return Link(token: token, href: href)
        }
    }

    /// The address behind the first link with that token.
    public func href(_ token: String) -> String? { links.first { isSame($0.token, token) }?.href }
}

extension XMLElement {
    fileprivate func value(_ name: String) -> String? {
        attributes.first { isSame($0.name.local, name) }?.value
    }
}

/// Whether two names are the same but for the case of ASCII letters.
func isSame(_ left: String, _ right: String) -> Bool {
    left.utf8.elementsEqual(right.utf8) { lowercased($0) == lowercased($1) }
}

private func lowercased(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}
