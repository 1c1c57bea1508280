public import UsherCore

/// What this edge needs to know of one tenant.
public struct TenantPlace: Sendable {
    let access: TenantAccess
    let upns: [AdminName: String]
    let tenantIdle: Duration

    /// `upns` are the names of the accounts at the tenant.
    public init(access: TenantAccess, upns: [AdminName: String], tenantIdle: Duration) {
        self.access = access
        self.upns = upns
        self.tenantIdle = tenantIdle
    }
}

/// The remote shells of all tenants. Orders go in and return at once; facts come out by `report`, from other threads.
///
/// For use on one thread, that of the broker.
public final class RemoteTenants {
    private let report: @Sendable (Event) -> Void
    private let complain: @Sendable (SessionID, String) -> Void
    private let host: String
    private let credentials: CredentialBook
    private var places: [TenantName: TenantPlace] = [:]
    private var accounts: [Account: AccountSessions] = [:]

    /// `host` is how others tell our sessions from those of other machines. `complain` is told, from any thread, what an
    /// operator should know and the broker need not.
    public init(
        host: String, credentials: CredentialBook, report: @escaping @Sendable (Event) -> Void,
        complain: @escaping @Sendable (SessionID, String) -> Void
    ) {
        self.host = host
        self.credentials = credentials
        self.report = report
        self.complain = complain
    }

    /// The tenants as they are configured now.
    public func configure(_ places: [TenantName: TenantPlace]) {
        self.places = places
        for (name, account) in accounts {
            let place = places[name.tenant]
            account.lane.post { account.configure(place) }
        }
    }

    /// Makes a session: `sessionOpened` or `openFailed` follows, with steps before it.
    public func open(_ identity: SessionIdentity) {
        guard let account = account(of: identity) else {
            let failure = OpenFailure(
                .unreachable(.open), message: "the tenant is configured no more", leftNothing: true)
            return report(.openFailed(identity.id, failure))
        }
        account.lane.post { account.open(identity) }
    }

    /// Asks for the shell of a session whose entrance was found.
    public func create(_ identity: SessionIdentity) {
        guard let account = account(of: identity) else { return }
        account.lane.post { account.create(identity.id) }
    }

    /// Asks whether a session is still there: `sessionClosed` follows where it is not.
    public func probe(_ identity: SessionIdentity) {
        guard let account = account(of: identity) else { return }
        account.lane.post { account.probe(identity.id) }
    }

    /// Asks what the tenant has for an account, with the secret of this user: `shellsListed` follows.
    public func list(_ account: Account, for owner: UserID) {
        guard let sessions = sessions(of: account) else {
            return report(.shellsListed(account, .failed("the tenant is configured no more")))
        }
        sessions.lane.post { sessions.list(for: owner) }
    }

    /// Ends a shell that is not ours: `foreignEnded` follows.
    public func end(_ shell: SeenShell, of account: Account, for owner: UserID) {
        guard let sessions = sessions(of: account) else {
            return report(.foreignEnded(account, shellID: shell.shellID, "the tenant is configured no more"))
        }
        sessions.lane.post { sessions.end(shell, for: owner) }
    }

    /// Ends one, in whatever state it is: `sessionClosed` or `closeFailed` follows.
    public func close(_ identity: SessionIdentity) {
        guard let account = account(of: identity) else { return report(.closeFailed(identity.id, .refused)) }
        account.lane.post { account.close(identity) }
    }

    /// Takes over a session of an earlier life. Nothing is sent before it is used or closed.
    public func inherit(_ identity: SessionIdentity, _ record: ShellRecord?, life: UInt32) {
        guard let account = account(of: identity) else { return }
        account.lane.post { account.inherit(identity, record, life: life) }
    }

    /// Starts a pipeline: `invocationEnded` follows.
    public func start(
        _ identity: SessionIdentity, _ invocation: InvocationID, _ work: Work, _ output: any PipelineOutput
    ) {
        guard let account = account(of: identity) else { return }
        account.lane.post { account.start(identity.id, invocation, work, output) }
    }

    /// Asks the tenant to stop a pipeline.
    public func stop(_ identity: SessionIdentity, _ invocation: InvocationID) {
        guard let account = account(of: identity) else { return }
        account.lane.post { account.stop(identity.id, invocation) }
    }

    /// Sends something to a pipeline that runs. `done` is called once, from any thread.
    public func send(
        _ sending: Sending, to invocation: InvocationID, in identity: SessionIdentity,
        _ done: @escaping @Sendable (Delivery) -> Void
    ) {
        guard let account = account(of: identity) else { return done(.nobodyWaits) }
        account.lane.post { account.send(sending, to: invocation, in: identity.id, done) }
    }

    /// Signs somebody in by a device code. `tell` is called when there is a code, `done` once at the end, both from another
    /// thread; `number` is the caller's, to cancel it by.
    public func signIn(
        _ number: UInt64, to account: Account, tell: @escaping @Sendable (DeviceCode) -> Void,
        done: @escaping @Sendable (DeviceLoginEnd) -> Void
    ) {
        guard let sessions = sessions(of: account) else {
            let message = "the tenant is configured no more"
            return done(.failed(OpenFailure(.unreachable(.open), message: message, leftNothing: true)))
        }
        sessions.lane.post { sessions.signIn(number, tell: tell, done: done) }
    }

    /// Nobody waits for it any more.
    public func cancelSignIn(_ number: UInt64, to account: Account) {
        guard let sessions = sessions(of: account) else { return }
        sessions.lane.post { sessions.cancelSignIn(number) }
    }

    /// The output of the pipeline in this session takes more again. From any thread.
    public func roomMaker(for identity: SessionIdentity) -> @Sendable () -> Void {
        guard let account = account(of: identity) else { return {} }
        return { account.lane.post { account.outputHasRoom(identity.id) } }
    }

    private func account(of identity: SessionIdentity) -> AccountSessions? {
        sessions(of: Account(identity.tenant, identity.admin))
    }

    private func sessions(of name: Account) -> AccountSessions? {
        if let account = accounts[name] { return account }
        guard let place = places[name.tenant] else { return nil }
        let account = AccountSessions(
            name, place, host: host, credentials: credentials, report: report, complain: complain)
        accounts[name] = account
        return account
    }
}
