internal import HTTP
internal import UsherConfiguration
internal import UsherCore
internal import WSMan

/// The sessions of one account at one tenant, and what they share: the lane, the address that was found, the tokens.
///
/// Touched on the lane's thread only.
final class AccountSessions: @unchecked Sendable {
    // Made on another thread and from then on used by work that is posted to the lane.
    let account: Account
    let lane: Lane
    let host: String
    let credentials: CredentialBook
    let report: @Sendable (Event) -> Void
    let complain: @Sendable (SessionID, String) -> Void
    private(set) var access: TenantAccess
    private(set) var upn: String
    /// How long the tenant keeps an idle shell, as far as the configuration knows.
    private(set) var tenantIdle: Duration
    /// Whether a load balancer has ever told us its cookie: then "not found" may mean the wrong machine.
    var hasSeenAffinity = false
    private var hasToldOfCookie = false

    private(set) lazy var outlook = Outlook(of: self)

    private var sessions: [SessionID: RemoteSession] = [:]
    private var findings: [CredentialBook.Key: Finding] = [:]
    private var logins: [UInt64: DeviceLogin] = [:]
    /// When what discovery found is asked for anew.
    private var discoveredUntil: Moment?
    private var discovered: WebURL?

    /// What a secret led to. With another one it is neither used nor renewed: whoever gives that, or has it forgotten, wants
    /// it to count from now on.
    private struct Finding {
        let secret: Secret
        /// Nil once its proof was refused.
        var entrance: Entrance?
        /// What the next token is got for.
        let renewal: Secret?
    }

    /// How long an address that was found is believed.
    private static let discoveryKept = Duration.hours(1)

    init(
        _ account: Account, _ place: TenantPlace, host: String, credentials: CredentialBook,
        report: @escaping @Sendable (Event) -> Void, complain: @escaping @Sendable (SessionID, String) -> Void
    ) {
        self.account = account
        self.host = host
        self.credentials = credentials
        self.report = report
        self.complain = complain
        access = place.access
        upn = place.upns[account.admin] ?? account.admin.description
        tenantIdle = place.tenantIdle
        lane = Lane(name: "\(account.tenant)/\(account.admin)")
    }

    /// New settings. What lives by the old ones goes on; the next connection is made by these. Nil where the account is
    /// configured no more: what is left of its sessions has to be ended there all the same, so the old ones stay.
    func configure(_ place: TenantPlace?) {
        defer {
            findings = [:]
            discovered = nil
        }
        guard let place, let name = place.upns[account.admin] else { return }
        access = place.access
        upn = name
        tenantIdle = place.tenantIdle
    }

    // MARK: sessions

    func open(_ identity: SessionIdentity) {
        guard sessions[identity.id] == nil else { return }
        let session = RemoteSession(identity, at: self)
        sessions[identity.id] = session
        session.open()
    }

    func probe(_ id: SessionID) { sessions[id]?.probe() }

    func create(_ id: SessionID) { sessions[id]?.create() }

    func inherit(_ identity: SessionIdentity, _ record: ShellRecord?, life: UInt32) {
        sessions[identity.id] = RemoteSession(identity, at: self, inheriting: record, life: life)
    }

    func close(_ identity: SessionIdentity) {
        // One that is not here never came to be, or was seen to be gone.
        guard let session = sessions[identity.id] else { return report(.sessionClosed(identity.id)) }
        session.close()
    }

    func start(_ id: SessionID, _ invocation: InvocationID, _ work: Work, _ output: any PipelineOutput) {
        guard let session = sessions[id] else {
            output.finish()
            return report(.sessionClosed(id))
        }
        session.start(invocation, work, output)
    }

    func send(
        _ sending: Sending, to invocation: InvocationID, in id: SessionID, _ done: @escaping (Delivery) -> Void
    ) {
        guard let session = sessions[id] else { return done(.nobodyWaits) }
        session.send(sending, to: invocation, done)
    }

    func stop(_ id: SessionID, _ invocation: InvocationID) { sessions[id]?.stop(invocation) }

    func outputHasRoom(_ id: SessionID) { sessions[id]?.receiveMore() }

    // MARK: signing in

    /// Signs somebody in by a device code, until `cancelled` says that he has left.
    func signIn(
        _ number: UInt64, tell: @escaping (DeviceCode) -> Void, done: @escaping (DeviceLoginEnd) -> Void
    ) {
        let login = DeviceLogin(
            at: self, tell: tell,
            done: { [self] end in
                logins[number] = nil
                done(end)
            })
        logins[number] = login
        login.start()
    }

    func cancelSignIn(_ number: UInt64) { logins.removeValue(forKey: number)?.cancel() }

    // MARK: what is there

    /// What the tenant has for the account: `shellsListed` follows.
    func list(for owner: UserID) {
        Approach(at: self, for: owner) { [self] outcome in
            switch outcome {
            case .arrived(let entrance, _):
                outlook.look(through: entrance) { [self] in report(.shellsListed(account, $0)) }
            case .failed(let failure, _):
                let isMissing = failure.cause == .credentialMissing
                let result: ListingResult = isMissing ? .notAllowed(failure.summary) : .failed(failure.summary)
                report(.shellsListed(account, result))
            }
        }.start(known: nil)
    }

    /// Ends a shell that is not ours: `foreignEnded` follows.
    func end(_ shell: SeenShell, for owner: UserID) {
        Approach(at: self, for: owner) { [self] outcome in
            switch outcome {
            case .arrived(let entrance, _):
                outlook.end(shell, through: entrance) { [self] in
                    report(.foreignEnded(account, shellID: shell.shellID, $0))
                }
            case .failed(let failure, _): report(.foreignEnded(account, shellID: shell.shellID, failure.summary))
            }
        }.start(known: nil)
    }

    /// Somebody before the tenant may tell machines apart by a cookie that is not ours to send: then "not found" proves
    /// nothing, and an operator can change that.
    func sawCookie(_ name: String, in session: SessionID) {
        hasSeenAffinity = true
        guard !hasToldOfCookie else { return }
        hasToldOfCookie = true
        complain(
            session,
            "\(account.tenant) sets a cookie that is not in affinity_cookies: \(name). If a load balancer needs it, name it there"
        )
    }

    func remove(_ session: RemoteSession) { sessions[session.identity.id] = nil }

    // MARK: the entrance

    /// What the account is called in its realm. Realms are written in capitals.
    var principal: String {
        let parts = upn.split(separator: "@", maxSplits: 1)
        return parts.count == 2 ? "\(parts[0])@\(parts[1].uppercased())" : upn
    }

    /// Where the account's tickets are: in memory, and nobody else's.
    var ticketCache: String { "MEMORY:usher-\(account.tenant)-\(account.admin)" }

    func credential(of owner: UserID) -> CredentialBook.Found {
        credentials.secret(for: account, owner: owner, at: lane.now)
    }

    /// What was got with this secret, if it is still good.
    func entrance(by proof: Proof) -> Entrance? {
        guard let entrance = finding(by: proof)?.entrance, entrance.isFresh(at: lane.now), endpoint != nil else {
            return nil
        }
        return entrance
    }

    /// The address that was found lately.
    var endpoint: WebURL? { discoveredUntil.map { $0 > lane.now } == true ? discovered : nil }

    /// What the next token is got for.
    func renewal(by proof: Proof) -> Secret? { finding(by: proof)?.renewal }

    private func finding(by proof: Proof) -> Finding? {
        findings[proof.key].flatMap { $0.secret.reveal() == proof.secret.reveal() ? $0 : nil }
    }

    func keep(_ entrance: Entrance, by proof: Proof) {
        findings[proof.key] = Finding(secret: proof.secret, entrance: entrance, renewal: entrance.renewal)
        if discovered != entrance.endpoint || endpoint == nil {
            discovered = entrance.endpoint
            discoveredUntil = lane.now + Self.discoveryKept
        }
    }

    /// This proof is good no more. Another session may have got a better one since, which stays.
    func forget(_ refused: Entrance, of key: CredentialBook.Key) {
        if findings[key]?.entrance?.isSame(as: refused) == true { findings[key]?.entrance = nil }
    }

    /// What a 401 means where the endpoint does not take the kind of proof that it was sent: no secret was refused. Only for
    /// the kinds that its challenges name; what stands for a token is told by none.
    func offersOther(_ failure: Failure) -> OpenFailure? {
        let auth = access.settings.auth
        guard case .http(.unauthorized(let challenges)) = failure, auth != .oauth else { return nil }
        let offered = Set(challenges.map(\.scheme)).sorted()
        guard !offered.isEmpty, !offered.contains(auth.rawValue) else { return nil }
        let message = "the endpoint takes \(offered.joined(separator: ", ")), and not auth: \(auth.rawValue)"
        return OpenFailure(.unreachable(.authenticate), message: message, leftNothing: true)
    }

    /// A secret that was refused is left alone for a while.
    func judged(_ failure: OpenFailure, _ proof: Proof?) -> OpenFailure {
        guard case .credentialRejected(nil) = failure.cause, let proof else { return failure }
        if finding(by: proof) != nil { findings[proof.key] = nil }
        let pause = credentials.noteRefused(proof.key, proof.secret, at: lane.now)
        return OpenFailure(
            .credentialRejected(retryAfter: pause), message: failure.message, leftNothing: failure.leftNothing)
    }

    func accepted(_ key: CredentialBook.Key) { credentials.noteAccepted(key) }
}
