// What a tenant has for an account, and the end of what is nobody's here. Listing shells is a right that not every account
// has and not every endpoint knows; one that said no is not asked again for a while, because each session that is opened
// would ask.

internal import HTTP
internal import UsherCore
internal import WSMan

/// Looks at the shells of one account.
final class Outlook {
    private unowned let account: AccountSessions
    /// Set after a no.
    private var notBefore: Moment?
    private var messageIDs = MessageIDs(from: .random())
    private let clientID = GUID.random()

    /// A list is small, and whoever waits for it waits for a session.
    private static let timeout = Duration.seconds(4)
    private static let refusalKept = Duration.minutes(30)
    private static let troubleKept = Duration.minutes(5)
    /// A connection that was dead before it was used says so at once; one that is silent is no such connection.
    private static let brokenWithin = Duration.seconds(1)
    /// More shells than any quota has.
    private static let shellsMax = 1000

    init(of account: AccountSessions) { self.account = account }

    /// What a look before a session is opened brings.
    enum Sight {
        /// What is there; nil where the tenant does not say.
        case seen(ShellList?)
        /// Who we are was not believed, and will not be when the session is asked for.
        case unauthorized(Failure)
    }

    /// Asks before a session is opened, unless it is known to be of no use.
    func lookIfAllowed(through entrance: Entrance, _ done: @escaping (Sight) -> Void) {
        if let notBefore, notBefore > account.lane.now { return done(.seen(nil)) }
        list(through: entrance) { result in
            switch result {
            case .success(let list): done(.seen(list))
            case .failure(let failure) where failure.isUnauthorized: done(.unauthorized(failure))
            case .failure: done(.seen(nil))
            }
        }
    }

    /// Asks what there is.
    func look(through entrance: Entrance, _ done: @escaping (ListingResult) -> Void) {
        list(through: entrance) { result in
            switch result {
            case .success(let list): done(.listed(list))
            case .failure(let failure) where failure.isRefusalToList: done(.notAllowed(failure.text))
            case .failure(let failure): done(.failed(failure.text))
            }
        }
    }

    private func list(through entrance: Entrance, _ done: @escaping (Result<ShellList, Failure>) -> Void) {
        let askedAt = account.lane.now
        var shells: [SeenShell] = []
        func page(_ operation: Operation) {
            ask(operation, nil, through: entrance) { [self] result in
                switch result {
                case .success(.enumerated(let items)):
                    shells += items.shells.compactMap(SeenShell.init)
                    if let context = items.context, !items.shells.isEmpty, shells.count < Self.shellsMax {
                        return page(.pull(.shells, context: context, elementsMax: 100))
                    }
                    notBefore = nil
                    let list = ShellList(
                        askedAt: askedAt, shells: Array(shells.prefix(Self.shellsMax)),
                        isComplete: !account.hasSeenAffinity)
                    done(.success(list))
                case .success: done(.failure(.unreadable(.missing(element: "EnumerateResponse"))))
                case .failure(let failure):
                    if !failure.isUnauthorized {
                        let isNo = failure.isRefusalToList
                        notBefore = account.lane.now + (isNo ? Self.refusalKept : Self.troubleKept)
                    }
                    done(.failure(failure))
                }
            }
        }
        page(.enumerate(.shells))
    }

    /// Deletes a shell that is not ours. Nil when it is gone, or else what stands in the way.
    func end(_ shell: SeenShell, through entrance: Entrance, _ done: @escaping (String?) -> Void) {
        guard let selector = ShellAddress.Selector("ShellId", shell.shellID),
            let address = ShellAddress(resourceURI: account.access.resourceURI, selectors: [selector])
        else { return done("its id cannot be spoken of") }
        ask(.delete, address, through: entrance) { result in
            switch result {
            case .success: done(nil)
            case .failure(.fault(.shellGone, _)): done(nil)
            case .failure(let failure): done(failure.text)
            }
        }
    }

    /// Nothing that is asked here does harm twice: where a connection that was kept turns out dead it is asked once more.
    private func ask(
        _ operation: Operation, _ shell: ShellAddress?, through entrance: Entrance, isAgain: Bool = false,
        _ done: @escaping (Result<Response, Failure>) -> Void
    ) {
        let access = account.access
        guard let endpoint = Endpoint(url: entrance.url, resourceURI: access.resourceURI, clientID: clientID)
        else { return done(.failure(.wrongState)) }
        let request = WSMan.Request(operation, at: endpoint, shell: shell, messageID: messageIDs.next())
        let exchange = Exchange(
            request, through: entrance, fields: [], Passage(access.settings), timeout: Self.timeout,
            answerBytesMax: RemoteSession.envelopeLimits.bytesMax)
        let begun = account.lane.now
        account.lane.transport.start(exchange) { [self] result in
            let result = request.result(of: result.outcome, limits: RemoteSession.envelopeLimits)
            if case .failure(let failure) = result, failure.brokeOnTheWay, !isAgain,
                account.lane.now < begun + Self.brokenWithin
            {
                return ask(operation, shell, through: entrance, isAgain: true, done)
            }
            done(result)
        }
    }
}

extension Exchange {
    /// A request of WS-Management, with the proof that opens the entrance.
    init(
        _ request: WSMan.Request, through entrance: Entrance, fields more: [HTTPField], _ passage: Passage,
        timeout: Duration, answerBytesMax: Int
    ) {
        var fields = [HTTPField("Content-Type", WSMan.Request.contentType), HTTPField("User-Agent", "usher")]
        if case .field(let secret) = entrance.proof { fields.append(HTTPField("Authorization", secret.reveal())) }
        var usesNegotiate = false
        if case .negotiate = entrance.proof { usesNegotiate = true }
        self.init(
            url: request.endpoint.url, body: request.bytes, fields: fields + more, usesNegotiate: usesNegotiate,
            passage: passage, timeout: timeout, answerBytesMax: answerBytesMax)
    }
}

extension SeenShell {
    /// Nil for one without an id, which nobody could speak of.
    fileprivate init?(_ shell: ShellDescription) {
        guard let id = shell.shellID else { return nil }
        self.init(
            shellID: id, name: shell.name, owner: shell.owner, address: shell.clientIP, idle: shell.shellInactivity,
            tenantIdle: shell.idleTimeOut)
    }
}

extension Failure {
    /// Whether asking again will not help.
    fileprivate var isRefusalToList: Bool {
        switch self {
        case .fault(let meaning, _):
            switch meaning {
            case .throttled, .pollTimedOut, .pluginFailure, .shuttingDown, .aborted: false
            default: true
            }
        case .http(.forbidden), .http(.notFound), .http(.refused): true
        case .http, .unreadable, .transport, .wrongState: false
        }
    }
}
