public import UsherCore

/// How one tenant is reached, and whom we trust on the way there.
public struct EndpointSettings: Hashable, Sendable {
    public var location: Location
    /// The session configuration that shells are opened on.
    public var configurationName = "Microsoft.PowerShell"
    public var auth: Authentication
    /// How tokens are got and sent, with `auth: oauth`.
    public var tokens = TokenSettings()
    /// The authority that the tenant's certificate must come from. Nil: those of the system.
    public var caFile: String?
    /// What stands between us and the tenant.
    public var proxy = Proxy.environment
    /// Who may be handed a password when a tenant names its token authority; hosts below them count.
    public var tokenHosts: [String] = []
    /// Where redirects and discovered addresses may lead; hosts below them count.
    public var redirectHosts: [String] = []
    /// The cookies that are kept, because a load balancer finds the shell by them.
    public var affinityCookies: [String] = []
    /// A folder for what goes over the wire, where somebody wants to look at it.
    public var capture: String?
    public var atLimit = LimitBehaviour.fault
    /// The name of the file with each account's secret. An account that is not here waits for `usher login`.
    public var credentials: [AdminName: String] = [:]

    public init(location: Location, auth: Authentication) {
        self.location = location
        self.auth = auth
    }

    /// How connections get out of here.
    public enum Proxy: Hashable, Sendable {
        /// As the service's environment says (`https_proxy`, `no_proxy`), which mostly says nothing.
        case environment
        /// Straight, whatever the environment says.
        case none
        /// Through the one at this address.
        case at(String)
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

/// How a token is got and how it is sent.
public struct TokenSettings: Hashable, Sendable {
    /// For what a token is asked.
    public var grant = Grant.password
    /// Where; nil for the authority that the endpoint names when it is asked without credentials.
    public var endpoint: String?
    /// As whom; nil for the name that the endpoint gives.
    public var clientID: String?
    /// For what, where the authority is of the kind that has scopes instead of resources.
    public var scope: String?
    public var form = Form.lync

    public init() {}

    /// What is given for a token (RFC 6749).
    public enum Grant: String, Hashable, Sendable, CaseIterable {
        /// The account's name and password.
        case password
        /// The secret of an application that acts for the account.
        case clientCredentials = "client_credentials"
    }

    /// How a service wants the token.
    public enum Form: String, Hashable, Sendable, CaseIterable {
        /// Basic: the user `oauth`, and the token as its password; AdminDomain in the address.
        case lync
        /// Basic: the account's name, and `Bearer` and the token as its password; BasicAuthToOAuthConversion in the address.
        case exchange
        /// Bearer.
        case bearer
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
