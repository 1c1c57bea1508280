// Signing in on another device (RFC 8628), for accounts that want more than a password: the authority gives a code, a
// person types it into a browser, and meanwhile the authority is asked again and again, as slowly as it wishes. What comes
// of it is a refresh token, which stands for the account from then on as a password would.

internal import HTTP
internal import UsherConfiguration
public import UsherCore
internal import Varlink

/// What a person has to do to sign in.
public struct DeviceCode: Sendable {
    /// Where to go.
    public let address: String
    /// What to type there.
    public let code: String
    /// For how long that is good.
    public let lifetime: Duration
}

/// How signing in ended.
public enum DeviceLoginEnd: Sendable {
    /// The secret that stands for the account.
    case done(Secret)
    case failed(OpenFailure)
}

/// One person who signs in. Lives on the lane's thread.
final class DeviceLogin {
    private unowned let account: AccountSessions
    private let access: TenantAccess
    private let tell: (DeviceCode) -> Void
    private let done: (DeviceLoginEnd) -> Void
    private var connector: Connector
    private var ticket: HTTPTransport.Ticket?
    private var alarm: Lane.Alarm?
    private var authority: WebURL?
    private var clientID: String?
    private var endpoint: WebURL?
    private var deviceCode = Secret("")
    private var interval = Duration.seconds(5)
    private var until = Moment(nanoseconds: 0)
    private var isOver = false

    /// The longest that anybody is waited for.
    private static let lifetimeMax = Duration.minutes(30)
    /// What an authority of its own has no name for: the client that public tools of the vendor go by.
    private static let publicClient = "1950a258-227b-4e31-a9cf-717495945fc2"

    /// `done` is called once, unless it is cancelled before.
    init(
        at account: AccountSessions, tell: @escaping (DeviceCode) -> Void, done: @escaping (DeviceLoginEnd) -> Void
    ) {
        self.account = account
        access = account.access
        self.tell = tell
        self.done = done
        connector = Connector(access: access, upn: account.upn, secret: Secret(""), stopsAtAuthority: true)
    }

    func start() {
        guard access.settings.auth == .oauth else {
            return fail(.unreachable(.token), "signing in by a device code is for tenants with auth: oauth")
        }
        take(connector.begin(known: account.endpoint, at: account.lane.now).0)
    }

    /// Nobody waits for it any more.
    func cancel() {
        isOver = true
        if let ticket { account.lane.transport.cancel(ticket) }
        if let alarm { account.lane.cancel(alarm) }
    }

    private func end(_ end: DeviceLoginEnd) {
        guard !isOver else { return }
        isOver = true
        done(end)
    }

    private func fail(_ cause: OpenFailure.Cause, _ message: String) {
        end(.failed(OpenFailure(cause, message: message, leftNothing: true)))
    }

    // MARK: the way to the authority

    private func take(_ step: Connector.Step) {
        switch step {
        case .get(let url, let accept):
            send(.page(url, accept: accept, Passage(access.settings))) { [self] result in
                take(connector.receive(result, at: account.lane.now).0)
            }
        case .authority(let authority, let clientID, let endpoint):
            self.authority = authority
            self.clientID = clientID ?? Self.publicClient
            self.endpoint = endpoint
            askForCode()
        case .failed(let failure): end(.failed(failure))
        case .post, .found: fail(.unreachable(.token), "the way to the token authority ended elsewhere")
        }
    }

    private func askForCode() {
        guard let authority, let endpoint, let address = Self.codeAddress(authority) else {
            return fail(.unreachable(.token), "the token authority has no address for device codes")
        }
        post(address, [("client_id", clientID ?? ""), Connector.audience(access, endpoint)]) { [self] answer, object in
            guard answer.status == 200, let code = object["device_code"]?.string,
                let userCode = object["user_code"]?.string,
                let page = (object["verification_uri"] ?? object["verification_url"])?.string, code.utf8.count <= 8192,
                userCode.utf8.count <= 128, page.utf8.count <= 2048
            else { return refused(answer, object) }
            deviceCode = Secret(code)
            let lifetime = min(Self.lifetimeMax, .seconds(Self.number(object["expires_in"]) ?? 900))
            interval = .seconds(max(1, min(60, Self.number(object["interval"]) ?? 5)))
            until = account.lane.now + lifetime
            tell(DeviceCode(address: page, code: userCode, lifetime: lifetime))
            waitAndAsk()
        }
    }

    // MARK: asking for the token

    private func waitAndAsk() {
        guard account.lane.now < until else {
            return fail(.credentialRejected(retryAfter: nil), "nobody signed in while the code was good")
        }
        alarm = account.lane.after(interval) { [self] in askForToken() }
    }

    private func askForToken() {
        guard let authority else { return }
        let grant = "urn:ietf:params:oauth:grant-type:device_code"
        // Version 1 of the vendor's authority calls the code `code`; who does not know a name passes over it.
        let fields = [
            ("grant_type", grant), ("client_id", clientID ?? ""), ("device_code", deviceCode.reveal()),
            ("code", deviceCode.reveal()),
        ]
        post(authority, fields) { [self] answer, object in
            if answer.status == 200, object["access_token"]?.string != nil {
                guard let token = object["refresh_token"]?.string, !token.isEmpty else {
                    let message = "the authority gave a token that cannot be renewed: ask for the scope offline_access"
                    return fail(.credentialRejected(retryAfter: nil), message)
                }
                return end(.done(Secret(refreshToken: token)))
            }
            switch object["error"]?.string {
            case "authorization_pending": waitAndAsk()
            case "slow_down":
                interval += .seconds(5)
                waitAndAsk()
            case "expired_token", "code_expired":
                fail(.credentialRejected(retryAfter: nil), "nobody signed in while the code was good")
            default: refused(answer, object)
            }
        }
    }

    private func refused(_ answer: HTTPAnswer, _ object: JSONObject) {
        let said = object["error_description"]?.string ?? object["error"]?.string
        if (400...403).contains(answer.status), let said { return fail(.credentialRejected(retryAfter: nil), said) }
        fail(.unreachable(.token), "the token authority answered \(answer.status)" + (said.map { ": \($0)" } ?? ""))
    }

    // MARK: exchanges

    private func post(
        _ url: WebURL, _ fields: [(name: String, value: String)], _ then: @escaping (HTTPAnswer, JSONObject) -> Void
    ) {
        send(.form(url, Secret(formEncoded(fields)), Passage(access.settings))) { [self] result in
            switch result {
            case .answered(let answer): then(answer, (try? JSON(parsing: answer.body, depthMax: 8))?.object ?? [:])
            case .failed(let failure, _):
                fail(.unreachable(.token), "the token authority \(url.host) did not answer: \(failure.text)")
            }
        }
    }

    private func send(_ exchange: Exchange, _ then: @escaping (ExchangeResult) -> Void) {
        ticket = account.lane.transport.start(exchange) { [self] result in
            ticket = nil
            if !isOver { then(result) }
        }
    }

    private static func number(_ json: JSON?) -> Int64? { json.flatMap { $0.int ?? $0.string.flatMap { Int64($0) } } }

    /// Beside `token`, or where authorities without a version have it.
    private static func codeAddress(_ token: WebURL) -> WebURL? {
        var path = token.path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        if path.last?.lowercased() == "token" { path[path.count - 1] = "devicecode" }
        return token.replacingPath(path.joined(separator: "/"))
    }
}
