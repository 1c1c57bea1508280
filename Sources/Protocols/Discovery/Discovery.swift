// From an organization's domain to the address of its PowerShell endpoint, as a machine without IO: one GET at a time,
// each told by this machine and answered to it.
//
//   lyncdiscover.<domain> ─► Redirect ... ─► root with Domain ─► domain with External/RemotePowerShell ─► TargetUri
//
// The beginning is plain http and the network may say anything to it. So the beginning is the only thing that may be
// plain, and nothing it leads to is followed that is not https and on the operator's list of hosts: the address found at
// the end is handed a password. Redirects come in the body (MS-OCDISCWS 3.1.4.1) and, from front ends that want https,
// as 3xx; both count as hops, and to come to the same address twice is a loop.

public import HTTP
public import XML

/// One search for an endpoint.
public struct Discovery: Sendable {
    private let redirectHosts: HostList
    private let usesOAuth: Bool
    private let hopsMax: Int
    private let limits: XMLLimits
    /// Every address asked, the last one being asked now.
    public private(set) var asked: [WebURL]

    /// What to do next.
    public enum Step: Hashable, Sendable {
        /// GET it, with `Discovery.accept`, without credentials, and without following redirects.
        case get(WebURL)
        /// The endpoint: TargetUri, to which AdminDomain is added when a shell is opened.
        case found(WebURL)
        case failed(DiscoveryFailure)
    }

    /// What to ask for: without it JSON comes.
    public static let accept = "application/vnd.microsoft.rtc.autodiscover+xml;v=1"

    /// A search that begins at `root`. With `usesOAuth` the address of the Live ID endpoint becomes that of its twin.
    public init(root: WebURL, redirectHosts: HostList, usesOAuth: Bool, hopsMax: Int, limits: XMLLimits) {
        self.redirectHosts = redirectHosts
        self.usesOAuth = usesOAuth
        self.hopsMax = hopsMax
        self.limits = limits
        asked = [root]
    }

    /// Where the search for a domain begins unless somebody says otherwise. Nil when the domain is none.
    public static func root(ofDomain domain: String) -> WebURL? {
        guard let root = WebURL("http://lyncdiscover.\(domain)/"), isSame(root.host, "lyncdiscover.\(domain)") else {
            return nil
        }
        return root.addingQuery("Domain", domain)
    }

    /// The first step.
    public var firstStep: Step { .get(asked[0]) }

    /// Takes the answer to the last step.
    public mutating func receive(_ answer: HTTPAnswer) -> Step {
        do throws(DiscoveryFailure) { return try next(after: answer) } catch { return .failed(error) }
    }

    private var here: WebURL { asked[asked.count - 1] }

    private mutating func next(after answer: HTTPAnswer) throws(DiscoveryFailure) -> Step {
        switch answer.verdict {
        case .success: break
        case .redirect(let location?): return try follow(location, by: "Location")
        default: throw .status(answer.status, at: here)
        }
        let content = try content(of: answer)
        switch content.resource {
        case .domain: return try found(content)
        case .root, .other:
            // A root that redirects says nothing else. Hybrid is where organizations point whose own servers answer here.
            for token in ["Redirect", "Domain", "Hybrid"] {
                if let href = content.href(token) { return try follow(href, by: token) }
            }
            throw .noLink(token: "Domain", at: here)
        }
    }

    private func content(of answer: HTTPAnswer) throws(DiscoveryFailure) -> AutodiscoverAnswer {
        let beginsAsPage = answer.body.drop { $0 <= 0x20 }.starts(with: "<html".utf8)
        if beginsAsPage || answer.mediaType == "text/html" { throw .notXML(.html, at: here) }
        if answer.mediaType?.hasSuffix("json") == true { throw .notXML(.json, at: here) }
        do {
            guard let content = try AutodiscoverAnswer(document: answer.body, limits: limits) else {
                throw DiscoveryFailure.notXML(.otherXML, at: here)
            }
            return content
        } catch let failure as DiscoveryFailure {
            throw failure
        } catch let error as XMLError {
            // Pages come with 200 too, and without saying what they are.
            if case .doctype = error.fault { throw .notXML(.html, at: here) }
            throw .notXML(.unreadable(error), at: here)
        } catch {
            throw .notXML(.otherXML, at: here)
        }
    }

    private mutating func follow(_ href: String, by token: String) throws(DiscoveryFailure) -> Step {
        let url = try checked(href, by: token)
        guard !asked.contains(url) else { throw .loop(to: url, at: here) }
        guard asked.count <= hopsMax else { throw .tooManyHops(limit: hopsMax, at: here) }
        asked.append(url)
        return .get(url)
    }

    private mutating func found(_ content: AutodiscoverAnswer) throws(DiscoveryFailure) -> Step {
        let token = "External/RemotePowerShell"
        guard let href = content.href(token) else {
            if let hybrid = content.href("Hybrid") { return try follow(hybrid, by: "Hybrid") }
            throw .noLink(token: token, at: here)
        }
        let url = try checked(href, by: token)
        return .found(usesOAuth ? oauthTwin(of: url) : url)
    }

    /// The address behind a link, if it is one that we are willing to follow.
    private func checked(_ href: String, by token: String) throws(DiscoveryFailure) -> WebURL {
        guard let url = here.following(href) else { throw .notAnAddress(href, token: token, at: here) }
        guard url.scheme == .https else { throw .notSecure(url, token: token, at: here) }
        guard redirectHosts.allows(url) else { throw .hostNotAllowed(url, token: token, at: here) }
        return url
    }

    /// `/OcsPowershellLiveId` is where the web tickets of 2013 go; tokens go to the endpoint beside it.
    private func oauthTwin(of url: WebURL) -> WebURL {
        let path = url.path.split(separator: "/", omittingEmptySubsequences: false)
        let twin = path.map { isSame(String($0), "OcsPowershellLiveId") ? "OcsPowershellOAuth" : String($0) }
        return url.replacingPath(twin.joined(separator: "/")) ?? url
    }
}

/// Why a search ended without an endpoint; each names the address that was being asked.
public enum DiscoveryFailure: Error, Hashable, Sendable {
    /// Not a success, and no redirect that says where to.
    case status(Int, at: WebURL)
    case notXML(Content, at: WebURL)
    /// The answer has no such link.
    case noLink(token: String, at: WebURL)
    /// The link is no address of ours, as it was written.
    case notAnAddress(String, token: String, at: WebURL)
    /// The link leads to plain http.
    case notSecure(WebURL, token: String, at: WebURL)
    /// The link leads to a host that is not on the list (redirect_hosts).
    case hostNotAllowed(WebURL, token: String, at: WebURL)
    case loop(to: WebURL, at: WebURL)
    case tooManyHops(limit: Int, at: WebURL)

    /// What came instead.
    public enum Content: Hashable, Sendable {
        case html
        case json
        /// XML of something else.
        case otherXML
        case unreadable(XMLError)
    }

    /// The address whose answer was the last.
    public var address: WebURL {
        switch self {
        case .status(_, let url), .notXML(_, let url), .noLink(_, let url), .notAnAddress(_, _, let url),
            .notSecure(_, _, let url), .hostNotAllowed(_, _, let url), .loop(_, let url), .tooManyHops(_, let url):
            url
        }
    }
}
