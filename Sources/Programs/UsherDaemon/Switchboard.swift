internal import LocalSocket
internal import Logging
internal import NIOCore
internal import Processes
internal import UsherAPI
internal import UsherCore
internal import UsherTenant
internal import Varlink

/// Between the socket and the broker: who is calling, what is asked, and where the answer goes.
///
/// A call's way: the interface text checks it, its handler puts it into the broker's words, the broker answers under
/// the call's number, the handler puts that into a reply. Only for use on the event loop.
final class Switchboard: ConnectionDelegate {
    private let service: Service
    private let scribe: Scribe
    private let names: UserNames
    private let logins: LoginSessions
    private let log: Logger
    private let about: About
    private let commands: CommandLists
    private let credentials: CredentialBook
    private let vault = LoginVault()
    private let signIns: SignIns
    let feed: EventFeed
    private let clock: Clock
    private var tally = Tally()

    /// How new requests and departures reach the broker.
    var submit: (Event) -> Void = { _ in }
    /// Reads the configuration again and puts it in force unless it has faults, which it returns.
    var reload: () -> EventLoopFuture<[JSON]>
    /// Sends something to what runs in a session, and says once, from any thread, what became of it.
    var send: (Sending, InvocationID, SessionIdentity, @escaping @Sendable (Delivery) -> Void) -> Void = {
        $3(.nobodyWaits)
    }
    /// Hands a caller what he may read of the journal.
    var audit: (Connection, AuditScope, Parameters) -> Void

    private var door: Door
    private var pending: [CallID: Pending] = [:]
    private var callCount: UInt64 = 0

    /// What we know of a connection's other end; the connection carries it.
    private final class Client {
        let id: ConnectionID
        let verdict: Door.Verdict
        /// Nil until the user's name is known; the first call waits for it.
        var caller: Caller?
        /// The call that waits for its answer. There is one at a time.
        var call: CallID?
        /// For display, looked up with the first call that wants it.
        lazy var terminal = ProcessStatus(of: pid)?.terminal
        private let pid: Int32

        init(id: ConnectionID, verdict: Door.Verdict, pid: Int32) {
            self.id = id
            self.verdict = verdict
            self.pid = pid
        }
    }

    private struct Pending {
        let connection: Connection
        let method: Method
        let more: Bool
        let owner: UserID
        let parameters: Parameters
        let since: Moment
        /// What is to be run, where something is.
        var work: Work?
        /// What is to be sent to what runs.
        var sending: Sending?
        /// Whether a pipeline has begun; what is refused from then on is not the session.
        var hasSession = false

        /// Whether a session is asked for, rather than something of one that is there.
        var asksForSession: Bool {
            method == .acquire || method == .invoke && parameters.object["session"]?.string == nil
        }
    }

    init(
        about: About, clock: Clock, door: Door, scribe: Scribe, names: UserNames, logins: LoginSessions,
        commands: CommandLists,
        credentials: CredentialBook, signIns: SignIns, log: Logger, reload: @escaping () -> EventLoopFuture<[JSON]>,
        audit: @escaping (Connection, AuditScope, Parameters) -> Void
    ) {
        self.about = about
        self.clock = clock
        self.door = door
        self.scribe = scribe
        self.names = names
        self.logins = logins
        self.commands = commands
        self.credentials = credentials
        self.signIns = signIns
        self.log = log
        self.reload = reload
        self.audit = audit
        feed = EventFeed(scribe: scribe)
        service = Service(
            vendor: "Usher", product: "usherd", version: about.version, url: about.url,
            interfaces: [Interface.description])
    }

    /// New limits hold for new connections.
    func limit(connectionsMax: Int, connectionsPerUser: Int) {
        door.connectionsMax = connectionsMax
        door.connectionsPerUser = connectionsPerUser
    }

    // MARK: connections

    func connected(_ connection: Connection) {
        let verdict = door.enter(UserID(connection.peer.uid))
        connection.attachment = Client(
            id: ConnectionID(connection.number), verdict: verdict, pid: connection.peer.pid)
        if verdict == .shut { connection.close() }
    }

    func ended(_ connection: Connection) {
        guard let client = client(of: connection) else { return }
        connection.attachment = nil
        door.leave(UserID(connection.peer.uid))
        if let call = client.call { pending[call] = nil }
        feed.leave(client.id)
        signIns.left(client.id)
        if client.caller != nil { submit(.clientLeft(client.id, wasSlow: connection.wasSlow)) }
    }

    private func client(of connection: Connection) -> Client? { connection.attachment as? Client }

    func violated(_ connection: Connection, _ violation: ProtocolViolation) {
        log.notice(
            "cut off a client: \(violation.description)",
            metadata: ["uid": "\(connection.peer.uid)", "pid": "\(connection.peer.pid)"])
    }

    // MARK: calls

    func called(_ connection: Connection, _ call: Call) {
        guard let client = client(of: connection) else { return }
        if case .refused(let setting, let limit) = client.verdict {
            connection.reply(scribe.refusal(.tooManyRequests(setting: setting, limit: limit)))
            return connection.closeAfterReplies()
        }
        if let caller = client.caller { return dispatch(call, caller, client, connection) }
        let peer = connection.peer
        names.name(of: UserID(peer.uid)) { [self] name in
            // It may be gone by now; then nobody waits for this.
            guard connection.attachment === client else { return }
            let caller = Caller(
                uid: UserID(peer.uid), groups: Set(peer.groups.map(GroupID.init)), connection: client.id, user: name,
                pid: peer.pid)
            client.caller = caller
            dispatch(call, caller, client, connection)
        }
    }

    private func dispatch(_ call: Call, _ caller: Caller, _ client: Client, _ connection: Connection) {
        let name: String
        switch service.route(call) {
        case .answer(let reply): return connection.reply(reply)
        case .dispatch(_, let method): name = method
        }
        guard let method = Method(rawValue: name) else { return connection.reply(.methodNotImplemented(call.method)) }
        let origin = CallOrigin(
            more: call.more, terminal: { client.terminal },
            console: { [self] in logins.session(of: caller.pid).map(Console.init) })
        do {
            let parameters = Parameters(object: call.parameters)
            let request = try Handlers.handler(of: method).request(parameters, origin)
            callCount += 1
            let id = CallID(callCount)
            var waiting = Pending(
                connection: connection, method: method, more: call.more, owner: caller.uid, parameters: parameters,
                since: clock.now)
            switch method {
            case .invoke: waiting.work = try InvokeHandler.work(parameters)
            case .answer: waiting.sending = try AnswerHandler.sending(parameters)
            case .input: waiting.sending = try InputHandler.sending(parameters)
            default: break
            }
            pending[id] = waiting
            client.call = id
            submit(.request(id, caller, request))
        } catch {
            connection.reply(.invalidParameter(error.name))
        }
    }

    // MARK: answers

    func answer(_ call: CallID, _ answer: Answer) {
        if case .sessions = answer, let pending = pending[call], pending.method == .subscribe {
            return follow(call, answer)
        }
        guard let pending = remove(call) else { return }
        if case .refused(let refusal) = answer {
            let reply = scribe.refusal(refusal)
            count(refusal, reply, of: pending)
            return pending.connection.reply(reply)
        }
        if case .session(let view, _) = answer { countGrant(view, to: pending) }
        if case .running(let identity, let invocation) = answer {
            return deliver(pending, to: invocation, in: identity)
        }
        guard var parameters = Handlers.handler(of: pending.method).reply(answer, scribe) else {
            // A mistake of ours, at one caller's cost and not at everybody's.
            assertionFailure("\(pending.method.rawValue) cannot be answered with \(answer)")
            log.critical("\(pending.method.rawValue) cannot be answered with \(answer)")
            return pending.connection.close()
        }
        switch pending.method {
        case .getStatus:
            parameters["version"] = .string(about.version)
            parameters["since"] = scribe.time(about.since)
            parameters["connections"] = scribe.number(door.count)
        case .getMetrics:
            guard case .measured(let status, let tenants) = answer else { break }
            let startedAt = clock.wallSeconds(of: about.since)
            let metrics = Metrics(
                about: about, startedAt: startedAt, connections: door.count, status, tenants, tally)
            parameters["metrics"] = .object(metrics.values)
        case .login:
            guard case .account(let tenant, let admin) = answer else { break }
            let account = Account(tenant, admin)
            if pending.parameters.flag("deviceCode"), let client = client(of: pending.connection) {
                return signIns.begin(client.id, on: pending.connection, account) { [self] secret in
                    keep(secret, of: account, for: pending.owner)
                }
            }
            keep(pending.parameters.text("secret").map { Secret($0) }, of: account, for: pending.owner)
        case .audit:
            if case .auditScope(let scope) = answer { audit(pending.connection, scope, pending.parameters) }
            return
        case .reload:
            let bound = NIOLoopBound(pending.connection, eventLoop: names.eventLoop)
            reload().whenSuccess { bound.value.reply(Reply(parameters: ["faults": .array($0)])) }
            return
        case .listSessions where pending.more:
            for session in parameters["sessions"]?.array ?? [] {
                pending.connection.reply(Reply(parameters: ["session": session], continues: true))
            }
            parameters = [:]
        default: break
        }
        pending.connection.reply(Reply(parameters: parameters))
    }

    /// Keeps what somebody gave for an account, or forgets it.
    private func keep(_ secret: Secret?, of account: Account, for owner: UserID) {
        credentials.login(owner, account, secret)
        vault.keep(owner, account, secret)
        if secret != nil { submit(.credentialGiven(account, owner)) }
    }

    /// The call goes on for as long as its client stays.
    private func follow(_ call: CallID, _ answer: Answer) {
        guard let pending = pending[call], let client = client(of: pending.connection), let caller = client.caller,
            let parameters = SubscribeHandler.reply(answer, scribe)
        else { return }
        pending.connection.reply(Reply(parameters: parameters, continues: true))
        feed.follow(pending.connection, caller, (try? pending.parameters.tenant("tenant")) ?? nil)
    }

    /// Counts one who asked for a session at a tenant, and has it.
    private func countGrant(_ view: SessionView, to pending: Pending) {
        guard pending.asksForSession else { return }
        tally.granted(view.identity.tenant, after: clock.now - pending.since)
    }

    /// Counts one who got none. Names that nobody configured are not kept, and neither is who may not ask.
    private func count(_ refusal: Refusal, _ reply: Reply, of pending: Pending) {
        switch refusal {
        case .tenantUnknown, .notAuthorized, .invalidParameter: return
        default: break
        }
        guard pending.asksForSession, !pending.hasSession, let error = reply.error,
            let tenant = pending.parameters.text("tenant").flatMap({ TenantName($0) })
        else { return }
        tally.refused(tenant, error)
    }

    /// These are durable now.
    func journalWrote(_ records: [Record], _ broker: Broker) {
        tally.wrote(records)
        feed.written(records, broker)
    }

    private func remove(_ call: CallID) -> Pending? {
        guard let pending = pending.removeValue(forKey: call) else { return nil }
        client(of: pending.connection)?.call = nil
        return pending
    }

    // MARK: pipelines

    /// What a call wants to have run, and where its records go. The client may be gone by now; that it is stopped for that
    /// is the broker's next order.
    func pipeline(
        of call: CallID, in identity: SessionIdentity, makeRoom: @escaping @Sendable () -> Void
    ) -> (Work, any PipelineOutput) {
        guard let pending = pending[call] else { return (Work(.commands([])), NoOutput()) }
        guard let work = pending.work else {
            let output = CommandCollector(
                pending.connection, eventLoop: names.eventLoop, lists: commands, of: identity.id)
            return (Work(.listing), output)
        }
        return (
            work,
            RecordStream(
                pending.connection, eventLoop: names.eventLoop, takesQuestions: work.takesQuestions, makeRoom: makeRoom)
        )
    }

    /// Sends on what the caller may send, and answers when it is known what became of it.
    private func deliver(_ pending: Pending, to invocation: InvocationID, in identity: SessionIdentity) {
        guard let sending = pending.sending else { preconditionFailure("\(pending.method) sends nothing") }
        let bound = NIOLoopBound((pending.connection, scribe), eventLoop: names.eventLoop)
        send(sending, invocation, identity) { [eventLoop = names.eventLoop] delivery in
            eventLoop.execute {
                let (connection, scribe) = bound.value
                switch delivery {
                case .done: connection.reply(Reply(parameters: [:]))
                case .nobodyWaits: connection.reply(scribe.refusal(.nothingRuns(identity.id)))
                case .unfit: connection.reply(.invalidParameter("value"))
                }
            }
        }
    }

    /// The commands of a session, as the last replies of a call.
    func showCommands(of id: SessionID, to call: CallID) {
        guard let pending = remove(call) else { return }
        let replies = commands.replies(of: id, matching: pending.parameters.text("pattern"))
        for (index, parameters) in replies.enumerated() {
            pending.connection.reply(Reply(parameters: parameters, continues: index < replies.count - 1))
        }
    }

    /// Says something on the way to the answer, unless the client did not ask for that, or does not read: the next
    /// news makes up for these.
    func tell(_ call: CallID, _ news: News) {
        guard let pending = pending[call] else { return }
        if case .began(let view, _, _) = news {
            countGrant(view, to: pending)
            self.pending[call]?.hasSession = true
        }
        guard pending.more, pending.connection.isReadingReplies,
            let parameters = Handlers.handler(of: pending.method).reply(news, scribe)
        else { return }
        pending.connection.reply(Reply(parameters: parameters, continues: true))
    }
}

/// What the daemon says of itself.
struct About {
    let version: String
    let url: String
    let since: Moment
}

extension Console {
    /// A watched login session in the broker's words.
    init(_ login: LoginSession) {
        self.init(id: login.number, leader: login.leader, startTicks: login.startTicks)
    }
}
