// From the challenge to the token (RFC 6749): which authority is asked, whether it may be told a secret, what is given for a
// token, and what it says.

internal import HTTP
internal import UsherConfiguration
internal import UsherCore
internal import Varlink

extension Connector {
    mutating func takeChallenge(_ answer: HTTPAnswer, from url: WebURL) -> Step {
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
        return ask(authority, clientID: named.clientID, for: url)
    }

    /// Asks the authority, if it may be told a secret.
    mutating func ask(_ authority: WebURL, clientID: String?, for url: WebURL) -> Step {
        guard access.tokenHosts.allows(authority) else {
            let why = authority.scheme == .https ? "is not one of token_hosts" : "is not https"
            return unreachable(
                .token, "the token authority \(authority) \(why): the password was not sent there")
        }
        let clientID = access.settings.tokens.clientID ?? clientID
        if stopsAtAuthority {
            state = .done
            return .authority(authority, clientID: clientID, endpoint: url)
        }
        var grants: [Grant] = []
        if let renewal { grants.append(.refreshToken(renewal)) }
        if let token = secret.refreshToken {
            grants.append(.refreshToken(token))
        } else {
            grants.append(access.settings.tokens.grant == .password ? .password : .clientCredentials)
        }
        return post(
            TokenQuest(
                endpoint: url, authority: authority, clientID: clientID, grants: grants))
    }

    private mutating func post(_ quest: TokenQuest) -> Step {
        state = .askingForToken(quest)
        var fields: [(name: String, value: String)] = []
        switch quest.grants[0] {
        case .refreshToken(let token):
            fields = [("grant_type", "refresh_token"), ("refresh_token", token.reveal())]
        case .password: fields = [("grant_type", "password"), ("username", upn), ("password", secret.reveal())]
        case .clientCredentials:
            fields = [("grant_type", "client_credentials"), ("client_secret", secret.reveal())]
        }
        fields.append(Self.audience(access, quest.endpoint))
        if let id = quest.clientID { fields.append(("client_id", id)) }
        return .post(quest.authority, form: Secret(formEncoded(fields)))
    }

    /// What a token is for: a resource, or scopes where those are configured.
    static func audience(_ access: TenantAccess, _ endpoint: WebURL) -> (name: String, value: String) {
        access.settings.tokens.scope.map { ("scope", $0) } ?? ("resource", endpoint.description)
    }

    /// `/common/oauth2/authorize` is for people with browsers; tokens are given out beside it.
    static func tokenAddress(_ url: WebURL) -> WebURL? {
        var path = url.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if path.last?.lowercased() == "authorize" { path[path.count - 1] = "token" }
        // What is asked of people in the query is not asked of programs.
        return url.replacingPath(path.joined(separator: "/")).flatMap { url in
            WebURL(String(url.description.prefix { $0 != "?" }))
        }
    }

    mutating func takeToken(_ answer: HTTPAnswer, _ quest: TokenQuest, _ now: Moment) -> (Step, [Progress]) {
        let object = (try? JSON(parsing: answer.body, depthMax: 8))?.object
        if case .success = answer.verdict, let token = object?["access_token"]?.string {
            guard !token.isEmpty, token.utf8.count <= Self.tokenBytesMax,
                token.utf8.allSatisfy({ (0x21...0x7e).contains($0) })
            else { return (unreachable(.token, "the token authority answered a token that cannot be sent"), []) }
            // Version 1 authorities say it as text, later ones as a number.
            let lifetime = object?["expires_in"].flatMap { $0.int ?? $0.string.flatMap { Int64($0) } } ?? 3600
            let seconds = max(1, min(lifetime, 86_400))
            let fresh = now + .seconds(seconds - min(300, seconds / 10))
            let next = object?["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : Secret($0) }
            let step = found(quest.endpoint, proof(token), freshUntil: fresh, renewal: next ?? renewal)
            return (step, [Progress(step: .token, detail: "Success")])
        }
        // One that has run out, or was called back; what it was got for may still be good.
        if case .refreshToken = quest.grants[0], quest.grants.count > 1, (400...401).contains(answer.status) {
            var quest = quest
            quest.grants.removeFirst()
            return (post(quest), [])
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
}
