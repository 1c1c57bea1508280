internal import Varlink
internal import WSMan

/// What a request is for.
enum Errand {
    /// A page: autodiscovery, a challenge, a token, or none of ours.
    case page(HTTPQuestion)
    /// An operation of somebody who has proved who they are.
    case operation(ServerRequest, user: String, HTTPQuestion)
    /// An envelope that cannot be read.
    case refused(ServerFault, HTTPQuestion)

    /// What troubles call it, the most particular name first.
    var kinds: [String] {
        switch self {
        case .operation(let request, _, _):
            let name = request.operation.name.lowercased()
            guard case .receive(_, let command) = request.operation else { return [name] }
            return [name, command == nil ? "poolreceive" : "commandreceive"]
        case .refused: return ["unreadable"]
        case .page(let question):
            if question.isPlain || Autodiscovery.isPage(question.path) { return ["discovery"] }
            return [question.path.hasSuffix("/oauth2/token") ? "token" : "challenge"]
        }
    }

    var isReceive: Bool { kinds[0] == "receive" }

    /// The type of the answer that the client waits for.
    var type: [(name: String, value: String)] {
        switch self {
        case .operation, .refused: LabServer.soap
        case .page(let question):
            question.path.hasSuffix("/oauth2/token")
                ? [("Content-Type", "application/json")]
                : [("Content-Type", "application/vnd.microsoft.rtc.autodiscover+xml; v=1")]
        }
    }
}

extension LabServer {
    /// Where WS-Management is spoken, and whether a password is enough there.
    private static let endpoints: [String: Bool] = [
        "/ocspowershelloauth": false, "/ocspowershellliveid": true, "/powershell": true, "/powershell-liveid": true,
        "/wsman": true,
    ]

    private static func endpoint(_ path: String) -> Bool? {
        let path = path.lowercased()
        return endpoints[path.hasSuffix("/") ? String(path.dropLast()) : path]
    }

    /// What somebody wants. Only who has proved who they are gets an envelope read.
    func errand(of question: HTTPQuestion) -> Errand {
        guard !question.isPlain, let takesPasswords = Self.endpoint(question.path), question.method == "POST" else {
            return .page(question)
        }
        let authorization = question.fields["authorization"]
        let user = accounts.user(authorization: authorization, takesPasswords: takesPasswords, at: now)
        let mayBeAnybody = question.fields["wsmanidentify"]?.lowercased() == "unauthenticated"
        guard user != nil || mayBeAnybody, !question.body.isEmpty else { return .page(question) }
        do throws(ServerFault) {
            let request = try ServerRequest(envelope: question.body)
            if let user { return .operation(request, user: user, question) }
            guard case .identify = request.operation else { return .page(question) }
            return .operation(request, user: "", question)
        } catch {
            return .refused(error, question)
        }
    }

    /// The answer to a request that is no operation.
    func reply(to question: HTTPQuestion) -> HTTPReply {
        let domain = question["Domain"] ?? question["originalDomain"]
        if question.isPlain {
            return question.path == "/" || Autodiscovery.isPage(question.path)
                ? discovery.plainRoot(domain: domain) : HTTPReply(status: 404)
        }
        if Autodiscovery.isPage(question.path) { return discovery.page(question.path, domain: domain) }
        if question.path.hasSuffix("/oauth2/token") { return token(question) }
        if question.path.hasSuffix("/oauth2/devicecode") { return deviceCode() }
        guard let takesPasswords = Self.endpoint(question.path) else { return HTTPReply(status: 404) }
        if accounts.user(authorization: question.fields["authorization"], takesPasswords: takesPasswords, at: now)
            != nil
        {
            return HTTPReply(status: question.method == "POST" ? 400 : 405)
        }
        let authority = authority ?? "\(origin)/common/oauth2/authorize"
        let bearer = "Bearer client_id=\"1950a258-227b-4e31-a9cf-717495945fc2\", authorization_uri=\"\(authority)\""
        let basic = "Basic realm=\"\(takesPasswords ? "WSMAN" : "localhost")\""
        let schemes = takesPasswords && !question.path.lowercased().hasPrefix("/ocs") ? [basic] : [bearer, basic]
        return HTTPReply(status: 401, fields: schemes.map { ("WWW-Authenticate", $0) })
    }

    /// RFC 8628, 3.2. POST `/approve` at the control port is the browser.
    private func deviceCode() -> HTTPReply {
        let code = String(tenant.chance.next(), radix: 36) + String(tenant.chance.next(), radix: 36)
        let userCode = String(String(tenant.chance.next(), radix: 36).uppercased().prefix(9))
        accounts.addDevice(code, userCode: userCode, until: now + .seconds(900))
        let json: JSON = [
            "device_code": .string(code), "user_code": .string(userCode),
            "verification_uri": .string("\(origin)/common/oauth2/deviceauth"), "expires_in": .string("900"),
            "interval": .string("1"), "message": "Type the code in a browser.",
        ]
        return .text(200, json.text, type: "application/json; charset=utf-8")
    }

    /// The token endpoint, for the grants that need no browser here.
    private func token(_ question: HTTPQuestion) -> HTTPReply {
        guard question.method == "POST" else { return HTTPReply(status: 405) }
        let form = FormText.fields(String(decoding: question.body, as: UTF8.self)[...])
        func value(_ name: String) -> String? { form.first { $0.name == name }?.value }
        func refuse(_ error: String, _ number: Int, _ words: String) -> HTTPReply {
            let json: JSON = [
                "error": .string(error), "error_description": .string("AADSTS\(number): \(words)"),
                "error_codes": [.int(Int64(number))],
            ]
            return .text(400, json.text, type: "application/json; charset=utf-8")
        }
        let words = (0..<6).map { _ in String(tenant.chance.next(), radix: 36) }
        let text = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0.\(words.joined())."
        let user: String
        switch value("grant_type") {
        case "password", "client_credentials":
            // An application of the lab has the name and the password of whom it acts for.
            guard let name = value("username") ?? value("client_id"),
                let password = value("password") ?? value("client_secret")
            else { return refuse("invalid_request", 90014, "The required field is missing from the credential.") }
            guard accounts.token(for: name, password: password, text: text, at: now) != nil else {
                return refuse(
                    "invalid_grant", 50126, "Error validating credentials due to invalid username or password.")
            }
            user = name.lowercased()
        case "refresh_token":
            guard let known = accounts.refresh(value("refresh_token") ?? "") else {
                return refuse("invalid_grant", 70008, "The provided refresh token has expired or was revoked.")
            }
            user = known
        case "urn:ietf:params:oauth:grant-type:device_code", "device_code":
            switch accounts.device(value("device_code") ?? value("code") ?? "", at: now) {
            case .failure(let trouble): return refuse(trouble.rawValue, 70016, "The device code is \(trouble).")
            case .success(let known): user = known
            }
        default: return refuse("unsupported_grant_type", 70003, "The app requested an unsupported grant type.")
        }
        guard let token = accounts.token(of: user, text: text, at: now) else {
            return refuse("invalid_grant", 50034, "The user account does not exist.")
        }
        let refresh = accounts.refreshToken(for: user, text: String(tenant.chance.next(), radix: 36))
        let seconds = accounts.tokenLifetime.components.seconds
        let clock = options.startOfClock + now.components.seconds
        let json: JSON = [
            "token_type": "Bearer", "scope": "user_impersonation", "expires_in": .string("\(seconds)"),
            "ext_expires_in": .string("\(seconds)"), "expires_on": .string("\(clock + seconds)"),
            "not_before": .string("\(clock)"),
            "resource": .string(value("resource") ?? "\(origin)/OcsPowershellOAuth"), "access_token": .string(token),
            "refresh_token": .string(refresh),
        ]
        return .text(200, json.text, type: "application/json; charset=utf-8")
    }
}
