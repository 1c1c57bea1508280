public import UsherCore

/// How one tenant is reached, and whom we trust on the way there.
public struct EndpointSettings: Hashable, Sendable {
    public var location: Location
    /// The session configuration that shells are opened on.
    public var configurationName = "Microsoft.PowerShell"
    public var auth: Authentication
    /// The authority that the tenant's certificate must come from. Nil: those of the system.
    public var caFile: String?
    /// Who may be handed a password when a tenant names its token authority; hosts below them count.
    public var tokenHosts: [String] = []
    /// Where redirects and discovered addresses may lead; hosts below them count.
    public var redirectHosts: [String] = []
    /// The cookies that are kept, because a load balancer finds the shell by them.
    public var affinityCookies: [String] = []
    public var atLimit = LimitBehaviour.fault
    /// The name of the file with each account's secret. An account that is not here waits for `usher login`.
    public var credentials: [AdminName: String] = [:]

    public init(location: Location, auth: Authentication) {
        self.location = location
        self.auth = auth
    }

    /// Where to begin.
    public enum Location: Hashable, Sendable {
        /// The domain's own discovery service.
        case domain(String)
        /// A discovery service at another address, asked about the domain where one is given.
        case discovery(uri: String, domain: String?)
        /// No discovery: this is the endpoint.
        case endpoint(uri: String, domain: String?)
    }

    /// The domain that is administered there, where it was written.
    public var domain: String? {
        switch location {
        case .domain(let domain): domain
        case .discovery(_, let domain), .endpoint(_, let domain): domain
        }
    }
}

/// How we prove to a tenant who we are.
public enum Authentication: String, Hashable, Sendable, CaseIterable {
    case basic
    case oauth
    case bearer
    case negotiate
}

/// What a tenant does when we open one shell too many.
public enum LimitBehaviour: String, Hashable, Sendable, CaseIterable {
    /// It answers with a quota fault.
    case fault
    /// It does not answer: only our own deadline tells.
    case hang
    /// It makes the shell, then refuses inside it, so that a seat may already be charged.
    case afterCreate = "after_create"
}
