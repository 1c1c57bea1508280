// The way to the entrance of a tenant for one user of one account: his secret, and with it what the account knows already
// or what discovery and the token authority say. Whoever has business at the tenant goes it first: a session, or who looks
// at what is there.

internal import HTTP
internal import UsherConfiguration
internal import UsherCore

/// With which secret an entrance was got.
typealias Proof = (secret: Secret, key: CredentialBook.Key)

/// One way to the entrance, while it is being gone.
final class Approach {
    private unowned let account: AccountSessions
    private let owner: UserID
    private let progress: (Connector.Progress) -> Void
    private let done: (Outcome) -> Void
    private var connector: Connector?
    private var ticket: HTTPTransport.Ticket?
    private var proof: Proof?
    /// Whether a ticket is being asked for.
    private var isAsking = false
    private var ticketUntil: Moment?

    enum Outcome {
        case arrived(Entrance, Proof)
        case failed(OpenFailure, Proof?)
    }

    /// `progress` hears the steps, `done` the outcome, once, unless it is cancelled before.
    init(
        at account: AccountSessions, for owner: UserID, progress: @escaping (Connector.Progress) -> Void = { _ in },
        done: @escaping (Outcome) -> Void
    ) {
        self.account = account
        self.owner = owner
        self.progress = progress
        self.done = done
    }

    /// Sets out. `known` is where the entrance was the last time.
    func start(known: WebURL?) {
        let access = account.access
        let isNegotiate = access.settings.auth == .negotiate
        let (proof, source): (Proof, TicketSource)
        switch account.credential(of: owner) {
        case .secret(let secret, let key): (proof, source) = ((secret, key), .password(secret))
        case .keytab(let path, let mark, let key) where isNegotiate:
            (proof, source) = ((mark, key), .keytab(path: path))
        case .keytab(let path, _, _):
            return fail(.credentialMissing, "\(path) is a keytab, which goes with auth: negotiate")
        case .missing(let why): return fail(.credentialMissing, why ?? "")
        case .refused(let pause):
            let message = "it was refused before, and accounts get locked"
            return fail(.credentialRejected(retryAfter: pause), message)
        }
        self.proof = proof
        if let entrance = account.entrance(by: proof) {
            progress(.init(step: .domain, detail: access.adminDomain(of: account.upn)))
            progress(.init(step: .discovery, detail: entrance.endpoint.description))
            if access.settings.auth == .oauth { progress(.init(step: .token, detail: "Success")) }
            return done(.arrived(entrance, proof))
        }
        if isNegotiate { return getTicket(source, proof, known, access) }
        connect(proof, known, access)
    }

    /// A ticket first: whoever knows the way and has none comes in nowhere.
    private func getTicket(_ source: TicketSource, _ proof: Proof, _ known: WebURL?, _ access: TenantAccess) {
        progress(.init(step: .token, detail: nil))
        let (principal, cache) = (account.principal, account.ticketCache)
        isAsking = true
        account.lane.aside({ Tickets.get(principal, source, into: cache) }) { [self] outcome in
            guard isAsking else { return }
            isAsking = false
            switch outcome {
            case .got(let lifetime):
                Tickets.use(cache)
                ticketUntil = account.lane.now + lifetime - min(.minutes(5), lifetime / 10)
                progress(.init(step: .token, detail: "Success"))
                connect(proof, known, access)
            case .refused(let why):
                let failure = OpenFailure(.credentialRejected(retryAfter: nil), message: why, leftNothing: true)
                done(.failed(account.judged(failure, proof), proof))
            case .failed(let why): fail(.unreachable(.token), "no ticket for \(principal): \(why)")
            }
        }
    }

    private func connect(_ proof: Proof, _ known: WebURL?, _ access: TenantAccess) {
        var connector = Connector(
            access: access, upn: account.upn, secret: proof.secret, renewal: account.renewal(by: proof))
        let (step, told) = connector.begin(known: known ?? account.endpoint, at: account.lane.now)
        self.connector = connector
        told.forEach(progress)
        take(step, proof)
    }

    /// Nothing is heard of it any more.
    func cancel() {
        connector = nil
        isAsking = false
        if let ticket { account.lane.transport.cancel(ticket) }
    }

    private func fail(_ cause: OpenFailure.Cause, _ message: String) {
        done(.failed(OpenFailure(cause, message: message, leftNothing: true), proof))
    }

    private func take(_ step: Connector.Step, _ proof: Proof) {
        let exchange: Exchange
        let passage = Passage(account.access.settings)
        switch step {
        case .get(let url, let accept): exchange = .page(url, accept: accept, passage)
        case .post(let url, let form): exchange = .form(url, form, passage)
        case .authority: return fail(.unreachable(.token), "the way ended at the token authority")
        case .found(var entrance):
            entrance.freshUntil = entrance.freshUntil ?? ticketUntil
            account.keep(entrance, by: proof)
            return done(.arrived(entrance, proof))
        case .failed(let failure): return done(.failed(account.judged(failure, proof), proof))
        }
        ticket = account.lane.transport.start(exchange) { [self] result in
            guard var connector else { return }
            ticket = nil
            let (step, told) = connector.receive(result, at: account.lane.now)
            self.connector = connector
            told.forEach(progress)
            take(step, proof)
        }
    }
}
