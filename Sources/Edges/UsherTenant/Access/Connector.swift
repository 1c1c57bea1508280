// From an account to the entrance of its tenant, as a machine without IO: one request at a time, each told by this machine
// and answered to it (facts of the service: admin domain, autodiscovery, the 401 challenge, the token).
//
//     admin domain ─► discovery ─► TargetUri ─► 401 challenge ─► token authority ─► token ─► entrance
//                     └ skipped where the endpoint is configured   └ skipped unless `auth: oauth`
//
// A token is got for the refresh token that came with the last one, where there is one, and else for the secret.
//
// The invariant: the password goes to nobody who is not on the operator's list. The 401 that names a token authority comes
// from whoever answers at the endpoint, so the authority must be https and on `token_hosts`; the endpoint itself, where
// basic authentication sends the password, is configured, or was found by `Discovery`, which holds it against
// `redirect_hosts`.

internal import Discovery
internal import HTTP
internal import UsherConfiguration
internal import UsherCore
internal import Varlink
internal import XML

/// One way to the entrance.
struct Connector {
    let access: TenantAccess
    let upn: String
    let secret: Secret
    let adminDomain: String
    /// What came with the last token.
    let renewal: Secret?
    let stopsAtAuthority: Bool
    var state: State

    enum State {
        case discovering(Discovery)
        case challenging(WebURL)
        case askingForToken(TokenQuest)
        case done
    }

    /// The way to a token.
    struct TokenQuest {
        /// What the token is for.
        let endpoint: WebURL
        let authority: WebURL
        let clientID: String?
        /// What is given for it, the one that is being tried leading.
        var grants: [Grant]
    }

    /// What is given for a token (RFC 6749).
    enum Grant {
        case refreshToken(Secret)
        case password
        case clientCredentials
    }

    /// What to do next.
    enum Step {
        /// GET it anonymously and without following redirects; `accept` is the Accept field.
        case get(WebURL, accept: String)
        /// POST this form, which holds the password.
        case post(WebURL, form: Secret)
        /// Where tokens are given out, as whom to ask, and what for: the end of the way for who has no secret yet.
        case authority(WebURL, clientID: String?, endpoint: WebURL)
        case found(Entrance)
        case failed(OpenFailure)
    }

    /// What those hear who wait.
    struct Progress {
        let step: OpeningStep
        let detail: String?
    }

    /// The shapes of autodiscovery are small.
    private static let discoveryLimits = XMLLimits(bytesMax: 256 << 10, depthMax: 16)
    /// As PowerShell's MaximumRedirection.
    private static let hopsMax = 5
    /// Tokens of real authorities exceed 2 KB; nothing needs more than this.
    static let tokenBytesMax = 32 << 10

    init(
        access: TenantAccess, upn: String, secret: Secret, renewal: Secret? = nil, stopsAtAuthority: Bool = false
    ) {
        self.access = access
        self.stopsAtAuthority = stopsAtAuthority
        self.renewal = renewal
        self.upn = upn
        self.secret = secret
        adminDomain = access.adminDomain(of: upn)
        state = .done
    }

    /// The first step. `known` is an address that was found before.
    mutating func begin(known: WebURL?, at now: Moment) -> (Step, [Progress]) {
        var told = [Progress(step: .domain, detail: adminDomain)]
        if let known {
            told.append(Progress(step: .discovery, detail: known.description))
            return (arrive(at: known, now), told)
        }
        let root: WebURL?
        switch access.settings.location {
        case .endpoint(let uri, _):
            guard let url = WebURL(uri) else { return (unreachable(.discovery, "\(uri) is no address"), told) }
            told.append(Progress(step: .discovery, detail: url.description))
            return (arrive(at: url, now), told)
        case .domain(let domain): root = Discovery.root(ofDomain: domain)
        case .discovery(let uri, let domain):
            root = WebURL(uri).map { url in
                url.query == nil ? url.addingQuery("Domain", domain ?? adminDomain) : url
            }
        }
        guard let root else {
            return (unreachable(.discovery, "there is no address to ask about \(adminDomain)"), told)
        }
        told.append(Progress(step: .discovery, detail: nil))
        let discovery = Discovery(
            root: root, redirectHosts: access.redirectHosts, usesOAuth: access.settings.auth == .oauth,
            hopsMax: Self.hopsMax, limits: Self.discoveryLimits)
        state = .discovering(discovery)
        return (step(discovery.firstStep, now), told)
    }

    /// Takes what came of the last step.
    mutating func receive(_ result: ExchangeResult, at now: Moment) -> (Step, [Progress]) {
        switch (state, result) {
        case (.discovering(let discovery), .failed(let failure, let stage)):
            let message = "\(discovery.asked[discovery.asked.count - 1]) could not be asked: \(failure.text)"
            return (unreachable(stage == .tls ? .tls : .discovery, message), [])
        case (.discovering(var discovery), .answered(let answer)):
            let next = discovery.receive(answer)
            state = .discovering(discovery)
            if case .found(let url) = next {
                return (arrive(at: url, now), [Progress(step: .discovery, detail: url.description)])
            }
            return (step(next, now), [])
        case (.challenging(let url), .failed(let failure, let stage)):
            return (unreachable(stage == .create ? .authenticate : stage, "\(url) did not answer: \(failure.text)"), [])
        case (.challenging(let url), .answered(let answer)):
            return (takeChallenge(answer, from: url), [Progress(step: .token, detail: nil)])
        case (.askingForToken(let quest), .failed(let failure, let stage)):
            let message = "the token authority \(quest.authority.host) did not answer: \(failure.text)"
            return (unreachable(stage == .tls ? .tls : .token, message), [])
        case (.askingForToken(let quest), .answered(let answer)):
            return takeToken(answer, quest, now)
        case (.done, _): return (unreachable(.open, "an answer came that nobody asked for"), [])
        }
    }

    // MARK: discovery

    private func step(_ step: Discovery.Step, _ now: Moment) -> Step {
        switch step {
        case .get(let url): .get(url, accept: Discovery.accept)
        case .failed(let failure): unreachable(.discovery, failure.text)
        case .found: unreachable(.discovery, "discovery ended before it began")
        }
    }

    /// The endpoint is known. What is left is to prove who we are.
    private mutating func arrive(at url: WebURL, _ now: Moment) -> Step {
        switch access.settings.auth {
        case .basic: return found(url, Entrance.basic(upn, secret))
        case .bearer: return found(url, .field(Secret("Bearer " + secret.reveal())))
        case .negotiate: return found(url, .negotiate)
        case .oauth:
            if let text = access.settings.tokens.endpoint {
                guard let authority = WebURL(text) else { return unreachable(.token, "\(text) is no address") }
                return ask(authority, clientID: nil, for: url)
            }
            state = .challenging(url)
            return .get(url, accept: "*/*")
        }
    }

    mutating func found(
        _ url: WebURL, _ proof: Entrance.Proof, freshUntil: Moment? = nil, renewal: Secret? = nil
    ) -> Step {
        state = .done
        var address = url
        if access.settings.auth == .oauth {
            switch access.settings.tokens.form {
            // By it the front end of a hosted service finds the organization.
            case .lync: address = url.addingQuery("AdminDomain", adminDomain)
            // Without it Exchange takes the token for a password.
            case .exchange where url.query?.lowercased().contains("basicauthtooauthconversion") != true:
                address = url.addingQuery("BasicAuthToOAuthConversion", "true")
            case .exchange, .bearer: break
            }
        }
        return .found(Entrance(endpoint: url, url: address, proof: proof, freshUntil: freshUntil, renewal: renewal))
    }

    /// The token in the form that the service wants.
    func proof(_ token: String) -> Entrance.Proof {
        switch access.settings.tokens.form {
        case .lync: Entrance.basic("oauth", Secret(token))
        case .exchange: Entrance.basic(upn, Secret("Bearer " + token))
        case .bearer: .field(Secret("Bearer " + token))
        }
    }

    func unreachable(_ stage: OpeningStage, _ message: String) -> Step {
        .failed(OpenFailure(.unreachable(stage), message: message, leftNothing: true))
    }
}

extension DiscoveryFailure {
    /// One sentence without a full stop. Addresses in it may be a stranger's words.
    var text: String {
        switch self {
        case .status(let status, let url): "\(url) answered \(status)"
        case .notXML(.html, let url): "\(url) answered a page for people (HTML), not XML"
        case .notXML(.json, let url): "\(url) answered JSON, not XML"
        case .notXML(.otherXML, let url): "\(url) answered XML that is no autodiscovery"
        case .notXML(.unreadable(let error), let url): "\(url) answered what is no XML: \(error)"
        case .noLink(let token, let url): "\(url) names no \(token)"
        case .notAnAddress(let href, let token, let url): "\(url) gives \(href) for \(token), which is no address"
        case .notSecure(let target, let token, let url): "\(url) gives \(target) for \(token), which is not https"
        case .hostNotAllowed(let target, let token, let url):
            "\(url) gives \(target) for \(token), and \(target.hostAndPort) is not one of redirect_hosts"
        case .loop(let target, let url): "\(url) leads back to \(target)"
        case .tooManyHops(let limit, let url): "\(url) leads on after \(limit) redirects"
        }
    }
}
