// From an account to the entrance of its tenant, as a machine without IO: one request at a time, each told by this machine
// and answered to it (facts of the service: admin domain, autodiscovery, the 401 challenge, the token).
//
//     admin domain ─► discovery ─► TargetUri ─► 401 challenge ─► token authority ─► token ─► entrance
//                     └ skipped where the endpoint is configured   └ skipped unless `auth: oauth`
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
    private let access: TenantAccess
    private let upn: String
    private let secret: Secret
    private let adminDomain: String
    private var state: State

    private enum State {
        case discovering(Discovery)
        case challenging(WebURL)
        case askingForToken(WebURL)
        case done
    }

    /// What to do next.
    enum Step {
        /// GET it anonymously and without following redirects; `accept` is the Accept field.
        case get(WebURL, accept: String)
        /// POST this form, which holds the password.
        case post(WebURL, form: Secret)
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
    private static let tokenBytesMax = 32 << 10

    init(access: TenantAccess, upn: String, secret: Secret) {
        self.access = access
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
        case (.askingForToken(let url), .failed(let failure, let stage)):
            let message = "the token authority \(url.host) did not answer: \(failure.text)"
            return (unreachable(stage == .tls ? .tls : .token, message), [])
        case (.askingForToken(let url), .answered(let answer)):
            return takeToken(answer, for: url, now)
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
            state = .challenging(url)
            return .get(url, accept: "*/*")
        }
    }

    private mutating func found(_ url: WebURL, _ proof: Entrance.Proof, freshUntil: Moment? = nil) -> Step {
        state = .done
        // By it the front end of a hosted service finds the organization.
        let address = access.settings.auth == .oauth ? url.addingQuery("AdminDomain", adminDomain) : url
        return .found(Entrance(endpoint: url, url: address, proof: proof, freshUntil: freshUntil))
    }

    // MARK: the token

    private mutating func takeChallenge(_ answer: HTTPAnswer, from url: WebURL) -> Step {
        guard case .unauthorized(let challenges) = answer.verdict else {
            let what = "answered \(answer.status) to a request without credentials, not 401 with where to get a token"
            return unreachable(.authenticate, "\(url) \(what)")
        }
        let named: (authority: WebURL?, text: String, clientID: String?)
        if let bearer = challenges.first(where: { $0["authorization_uri"] != nil }) {
            let text = bearer["authorization_uri"] ?? ""
            named = (WebURL(text).flatMap(Self.tokenAddress), text, bearer["client_id"])
        } else if let own = challenges.first(where: { $0.scheme == "msrtcoauth" && $0["href"] != nil }) {
            // A pool in one's own house answers tokens itself.
            named = (WebURL(own["href"] ?? ""), own["href"] ?? "", nil)
        } else {
            return unreachable(.authenticate, "\(url) asks for credentials and names no token authority")
        }
        guard let authority = named.authority else {
            return unreachable(.token, "the token authority is named as \(named.text), which is no address")
        }
        guard access.tokenHosts.allows(authority) else {
            let why = authority.scheme == .https ? "is not one of token_hosts" : "is not https"
            return unreachable(
                .token, "the token authority \(authority) \(why): the password was not sent there")
        }
        state = .askingForToken(url)
        let client = named.clientID.map { [(name: "client_id", value: $0)] } ?? []
        let fields = [(name: "grant_type", value: "password"), (name: "resource", value: url.description)]
        let names = [(name: "username", value: upn), (name: "password", value: secret.reveal())]
        return .post(authority, form: Secret(formEncoded(fields + client + names)))
    }

    /// `/common/oauth2/authorize` is for people with browsers; tokens are given out beside it.
    private static func tokenAddress(_ url: WebURL) -> WebURL? {
        var path = url.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if path.last?.lowercased() == "authorize" { path[path.count - 1] = "token" }
        // What is asked of people in the query is not asked of programs.
        return url.replacingPath(path.joined(separator: "/")).flatMap { url in
            WebURL(String(url.description.prefix { $0 != "?" }))
        }
    }

    private mutating func takeToken(_ answer: HTTPAnswer, for url: WebURL, _ now: Moment) -> (Step, [Progress]) {
        let object = (try? JSON(parsing: answer.body, depthMax: 8))?.object
        if case .success = answer.verdict, let token = object?["access_token"]?.string {
            guard !token.isEmpty, token.utf8.count <= Self.tokenBytesMax,
                token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
            else { return (unreachable(.token, "the token authority answered a token that cannot be sent"), []) }
            // Version 1 authorities say it as text, later ones as a number.
            let lifetime = object?["expires_in"].flatMap { $0.int ?? $0.string.flatMap { Int64($0) } } ?? 3600
            let fresh = now + .seconds(max(30, min(lifetime, 86_400) - 300))
            let proof = Entrance.basic("oauth", Secret(token))
            return (found(url, proof, freshUntil: fresh), [Progress(step: .token, detail: "Success")])
        }
        let said = object?["error_description"]?.string ?? object?["error"]?.string
        guard (400...401).contains(answer.status), let said else {
            let what = object == nil && answer.status < 400 ? "something that is no token" : "\(answer.status)"
            return (unreachable(.token, "the token authority answered \(what)" + (said.map { ": \($0)" } ?? "")), [])
        }
        return (
            .failed(OpenFailure(.credentialRejected(retryAfter: nil), message: said, leftNothing: true)), []
        )
    }

    private func unreachable(_ stage: OpeningStage, _ message: String) -> Step {
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
            "\(url) gives \(target) for \(token), and \(target.host) is not one of redirect_hosts"
        case .loop(let target, let url): "\(url) leads back to \(target)"
        case .tooManyHops(let limit, let url): "\(url) leads on after \(limit) redirects"
        }
    }
}
