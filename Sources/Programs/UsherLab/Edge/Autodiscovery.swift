// The pages of autodiscovery (MS-OCDISCWS): the root over plain HTTP, which leads to the root over TLS by a link in its
// body; that root, which leads to the domain; the domain, which names the services. On request one of them is wrong.

internal import XML

/// What autodiscovery says.
struct Autodiscovery {
    let domain: String
    /// `https://localhost:PORT`.
    let origin: String
    var fault = Fault.none
    /// Where the root over plain HTTP leads; nil for the right place.
    var target: String?

    /// What is wrong with it.
    enum Fault: String, CaseIterable {
        case none
        /// The root over TLS leads to itself.
        case loop
        /// The root over TLS leads to a host of another name.
        case otherHost = "other-host"
        case notFound = "not-found"
        /// A page for people, with status 200.
        case html
        /// The domain names no PowerShell.
        case noLink = "no-link"
        /// The link to PowerShell is one without TLS.
        case httpLink = "http-link"
    }

    static let root = "/Autodiscover/AutodiscoverService.svc/root"

    /// Whether an address is one of these pages.
    static func isPage(_ path: String) -> Bool { path.lowercased().hasPrefix(root.lowercased()) }

    /// The root that everybody finds first, over plain HTTP: nothing but a redirection in its body.
    func plainRoot(domain asked: String?) -> HTTPReply {
        if fault == .html { return .html }
        guard fault != .notFound, knows(asked) else { return HTTPReply(status: 404) }
        return root([("Redirect", target ?? "\(origin)\(Self.root)?originalDomain=\(FormText.escape(domain))")])
    }

    /// The pages over TLS.
    func page(_ path: String, domain asked: String?) -> HTTPReply {
        if fault == .html { return .html }
        guard fault != .notFound, knows(asked) else { return HTTPReply(status: 404) }
        let query = "?originalDomain=\(FormText.escape(domain))"
        switch path.dropFirst(Self.root.count).lowercased() {
        case "", "/":
            if fault == .loop { return root([("Redirect", "\(origin)\(Self.root)\(query)")]) }
            if fault == .otherHost {
                return root([("Redirect", "https://webdir.fabrikam.example\(Self.root)\(query)")])
            }
            return root([
                ("Domain", "\(origin)\(Self.root)/domain\(query)"),
                ("User", "\(origin)\(Self.root)/oauth/user\(query)"),
            ])
        case "/domain": return services
        case "/oauth/user":
            return HTTPReply(
                status: 401, fields: [("X-MS-WebTicketURL", "\(origin)/WebTicket/WebTicketService.svc")])
        default: return HTTPReply(status: 404)
        }
    }

    private func knows(_ asked: String?) -> Bool { asked.map { $0.lowercased() == domain } ?? true }

    private func root(_ links: [(String, String)]) -> HTTPReply {
        document { writer in writer.element("Root") { for link in links { self.link(link.0, link.1, &$0) } } }
    }

    private var services: HTTPReply {
        let host = fault == .httpLink ? "http" + origin.dropFirst(5) : origin
        return document { writer in
            writer.element("Domain") { writer in
                writer.element("SipServerExternalAccess", ["fqdn": "sipfed.online.lync.com", "port": "5061"])
                writer.element("SipClientExternalAccess", ["fqdn": "sipdir.online.lync.com", "port": "443"])
                link("External/Autodiscover", "\(origin)\(Self.root)", &writer)
                link("External/AuthBroker", "\(origin)/Reach/sip.svc", &writer)
                if fault != .noLink {
                    link("External/RemotePowerShell", "\(host)/OcsPowershellLiveId", &writer)
                    link("Internal/RemotePowerShell", "\(host)/OcsPowershellLiveId", &writer)
                }
            }
        }
    }

    private func link(_ token: String, _ href: String, _ writer: inout XMLWriter) {
        writer.element("Link", ["token": token, "href": href])
    }

    private func document(_ content: (inout XMLWriter) -> Void) -> HTTPReply {
        var writer = XMLWriter()
        writer.element("AutodiscoverResponse", ["AccessLocation": "External"], content: content)
        let type = "application/vnd.microsoft.rtc.autodiscover+xml; v=1"
        return HTTPReply(status: 200, fields: [("Content-Type", type)], body: (try? writer.finish()) ?? [])
    }
}
