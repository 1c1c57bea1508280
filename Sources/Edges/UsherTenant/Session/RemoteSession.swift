// One session at a tenant, from the first question about its address to the proof that it is gone. It joins two machines
// that know nothing of each other, the shell (WSMan) and the runspace pool in it (PSRP), to the lane's transport, and tells
// the broker facts. It decides nothing about seats: it does what it is told and says what came of it.
//
//     connecting ─► opening ─► open ─► closing ─► gone
//          │           │        │         ▲ │
//          └───────────┴────────┴─────────┘ └► lost: the tenant did not confirm; it can be told to close again
//
// Everything here happens on the lane's thread. What each phase does is in a file of its own: RemoteSession+Opening,
// +Pool, +Pipelines, +Closing; and in +Proof what is done where the tenant does not believe any more who we are.

internal import CLIXML
internal import HTTP
internal import PSRP
internal import UsherCore
internal import WSMan
internal import XML

final class RemoteSession {
    let identity: SessionIdentity
    unowned let account: AccountSessions
    var phase = Phase.connecting
    /// Set once it is known where the shell is to be, or is.
    var shell: ShellMachine?
    var pool: RunspacePool
    /// What leads to the shell, for the journal.
    var clientID: GUID
    var cookies: AffinityCookies
    var entrance: Entrance?
    /// With which secret the entrance was got.
    var proof: Proof?
    /// Whether the entrance's own proof was refused, so that nothing is sent with it any more.
    var isProofRefused = false
    /// Whether the tenant took the proof since it last refused it.
    var hasProofWorked = false
    /// What was refused for want of a proof, and is sent again with a new one.
    var refusals: [Refusal] = []
    /// While those are given up: why there is no new proof.
    var whyRefused: OpenFailure?
    /// What the tenant says about how long it keeps an idle shell.
    var tenantIdle: Duration?
    /// What leads to a shell of an earlier life, until it is used for the first time.
    var inherited: Inheritance?

    /// Where what goes over the wire is kept, if somebody asked for that.
    lazy var capture = account.access.settings.capture.flatMap { directory in
        let (complain, id) = (account.complain, identity.id)
        return Capture(in: directory, of: id.description) { complain(id, $0) }
    }

    // Opening.
    var approach: Approach?
    /// Whether the tenant was asked for its shells with a second proof.
    var looksAgain = false
    /// How often Create was sent elsewhere.
    var redirections = 0
    /// How often it was taken up again since something last worked.
    var reconnections = 0
    var isCloseWanted = false
    /// How far the last exchange came that failed.
    var lastStage = OpeningStage.connect
    /// When Create was sent and for how long it was out, once it is not any more.
    var creation: (sentAt: Moment, lasted: Duration)?
    var unknownThereSince: Moment?

    // Pipelines.
    var running: Running?
    /// What is to be stopped that waits for a new proof before it is sent.
    var stopWanted: InvocationID?
    var key = Key.none
    var pollFailures = 0
    /// Polls, one after another, that were answered at once and brought nothing.
    private var idlePolls = 0

    enum Phase: Hashable {
        case connecting
        case opening
        case open
        case closing
        /// The tenant did not confirm the end.
        case lost
        case gone
    }

    /// What the entrance is wanted for.
    enum Purpose {
        case create
        /// A shell that is there already.
        case reach(Errand)
    }

    /// What an open session wants a new proof for.
    enum Errand {
        case run(InvocationID, Work, any PipelineOutput)
        case delete
        case probe
        case poll
        /// Only what was refused is to be sent again.
        case renewal
    }

    /// A shell from an earlier life of the daemon.
    struct Inheritance {
        /// Nil where that life ended before the tenant had answered.
        let record: ShellRecord?
    }

    /// An answer of the service, its envelopes bounded by what we ask for and some room for those who do not listen.
    static let envelopeLimits = XMLLimits(bytesMax: 4 << 20, depthMax: 64)
    /// One object may be large (contract, section 7); CLIXML of it is longer than its JSON.
    static let poolLimits = PSRPLimits(messageBytesMax: 32 << 20)

    /// A session that is to be made.
    init(_ identity: SessionIdentity, at account: AccountSessions) {
        self.identity = identity
        self.account = account
        let id = identity.shell.map(GUID.init) ?? GUID.random()
        clientID = .random()
        cookies = AffinityCookies(names: account.access.settings.affinityCookies)
        pool = RunspacePool(id: PSGuid(id), limits: Self.poolLimits, fragmentBytesMax: 32 << 10)
    }

    /// A session of an earlier life. Object ids begin where no earlier life can have come to.
    init(_ identity: SessionIdentity, at account: AccountSessions, inheriting record: ShellRecord?, life: UInt32) {
        self.identity = identity
        self.account = account
        inherited = Inheritance(record: record)
        phase = record == nil ? .lost : .open
        clientID = record.map { GUID($0.clientID) } ?? .random()
        tenantIdle = record?.tenantIdle
        let names = account.access.settings.affinityCookies
        cookies = AffinityCookies(names: names, cookies: HTTPField.cookies(record?.cookies ?? ""))
        let poolID = record.map { PSGuid(GUID($0.poolID)) } ?? PSGuid(identity.shell.map(GUID.init) ?? .random())
        let version = record.flatMap { PSVersion($0.protocolVersion) } ?? SessionCapability.ours.protocolVersion
        pool = RunspacePool(
            resuming: poolID, capability: SessionCapability(protocolVersion: version), limits: Self.poolLimits,
            fragmentBytesMax: 32 << 10, nextObjectID: UInt64(life) << 32)
    }

    func report(_ event: Event) { account.report(event) }

    // MARK: the shell's orders

    /// Does what the shell's machine wants, first to last.
    func perform(_ effects: [ShellEffect]) {
        for effect in effects {
            switch effect {
            case .post(let order): post(order)
            case .tell(let event): happened(event)
            }
        }
    }

    /// Sends what the machine wants sent; `isAgain` where it was refused for want of a proof before.
    func post(_ order: Order, isAgain: Bool = false) {
        guard let entrance else {
            let failure = TransportFailure(requestLeft: .no, text: "there is no way to the tenant")
            return verb { $0.finish(order.number, .failed(failure)) }
        }
        if isProofRefused { return hold(order) }
        let exchange = Exchange(
            order.request, through: entrance, fields: cookies.fieldValue.map { [HTTPField("Cookie", $0)] } ?? [],
            Passage(account.access.settings), timeout: timeout(of: order.purpose),
            answerBytesMax: Self.envelopeLimits.bytesMax)
        capture?.keep(order.request.bytes, isAnswer: false)
        let began = account.lane.now
        account.lane.transport.start(exchange) { [self] result in
            answered(order, result, after: account.lane.now - began, through: entrance, isAgain: isAgain)
        }
    }

    private func timeout(of purpose: WSMan.Purpose) -> Duration {
        switch purpose {
        // A full tenant may hold it for as long as it likes, and make the shell after all; to hear of that is worth a
        // connection, because only then can it be deleted at once.
        case .create: max(.seconds(60), account.tenantIdle)
        case .receive: (shell?.endpoint.operationTimeout ?? .seconds(20)) + .seconds(15)
        // The service itself says after OperationTimeout that it takes longer.
        case .delete: (shell?.endpoint.operationTimeout ?? .seconds(20)) + .seconds(15)
        default: .seconds(60)
        }
    }

    private func answered(
        _ order: Order, _ result: ExchangeResult, after span: Duration, through used: Entrance, isAgain: Bool
    ) {
        guard phase != .gone else { return }
        switch result {
        case .answered(let answer):
            capture?.keep(answer.body, isAnswer: true)
            let other = cookies.receive(answer)
            if cookies.fieldValue != nil { account.hasSeenAffinity = true }
            if let other, cookies.fieldValue == nil {
                account.sawCookie(other, in: identity.id)
                shell?.hasAffinity = true
            }
            if !result.isUnauthorized { hasProofWorked = true }
        case .failed(_, let stage): lastStage = stage
        }
        if order.purpose == .create { creation = (sentAt: account.lane.now - span, lasted: span) }
        if !isAgain, result.isUnauthorized { return wasRefused(order, result, through: used) }
        finish(order, result.outcome, after: span)
    }

    /// Tells the machine what came of an order.
    func finish(_ order: Order, _ outcome: Outcome, after span: Duration = .zero) {
        guard phase != .gone, var shell else { return }
        let effects = shell.finish(order.number, outcome)
        self.shell = shell
        if case .receive(let queue) = order.purpose, case .answered = outcome, effects.allSatisfy(\.isGood) {
            worked(queue)
        }
        guard order.purpose.isPoll, !effects.isEmpty else { return perform(effects) }
        // A service that ends polls at once and without output, again and again, is asked with pauses in between.
        let isIdle = span < .milliseconds(250) && effects.allSatisfy(\.isWithoutOutput)
        idlePolls = isIdle ? idlePolls + 1 : 0
        guard idlePolls > 1 else { return perform(effects) }
        account.lane.after(.milliseconds(50 << Int64(min(6, idlePolls)))) { [self] in perform(effects) }
    }

    /// A poll was answered, also where that brought nothing: what went wrong before is over.
    private func worked(_ queue: Queue) {
        reconnections = 0
        switch queue {
        case .pool: pollFailures = 0
        case .command(let id):
            guard isRunning(id) else { return }
            running?.breaks = 0
            running?.delays = 0
        }
    }

    private func happened(_ event: ShellEvent) {
        switch event {
        case .created(let created): wasCreated(created)
        case .notCreated(let failure): wasNotCreated(failure)
        case .received(.pool, let payloads, _): receivedFromPool(payloads)
        case .received(.command(let id), let payloads, _): receivedFromPipeline(id, payloads)
        case .commandStarted: receiveMore()
        case .commandFinished(let id, _): commandFinished(id)
        case .terminated(let id): pool.forget(PSGuid(id))
        case .deleted: isGone()
        case .gone: isGone()
        case .notFound: isNotFound()
        case .broken(let failure): broke(failure.text, isFull: failure.isShellQuota)
        case .failed(let purpose, let failure): failed(purpose, failure, mayHaveHappened: false)
        case .uncertain(let purpose, let failure): failed(purpose, failure, mayHaveHappened: true)
        case .disconnected: reconnect()
        case .reconnected: wasReconnected()
        case .sent(.command(let id)): wasFed(id)
        case .sent(.pool), .stopSignalled, .described, .connected, .commandConnected: break
        }
    }

    private func failed(_ purpose: WSMan.Purpose, _ failure: Failure, mayHaveHappened: Bool) {
        switch purpose {
        case .create: createFailed(failure)
        case .receive(.pool): pollFailed(failure)
        case .delete: deleteFailed(failure)
        case .command(let id), .send(.command(let id)), .receive(.command(let id)):
            if isRunning(id) { pipelineFailed(purpose, failure, mayHaveHappened) }
        // The next one, or the end of the shell, makes up for these.
        case .reconnect: broke("the tenant disconnected the session, and does not take it up again: \(failure.text)")
        case .terminate(let id): terminateFailed(id, failure)
        case .stop(let id): stopFailed(id, failure)
        case .send(.pool), .get, .disconnect, .connect, .connectCommand: break
        }
    }

    // MARK: disconnected

    /// How often, without anything that worked in between, a session is taken up again.
    private static let reconnectionsMax = 3

    /// Services disconnect a shell whose client asks for nothing for a while. It goes on, with what is in it.
    private func reconnect() {
        guard phase == .open, reconnections < Self.reconnectionsMax else {
            return broke("the tenant disconnected the session")
        }
        reconnections += 1
        verb { $0.reconnect() }
    }

    private func wasReconnected() {
        guard phase == .open else { return }
        verb { $0.receive(from: .pool) }
        resume()
    }

    /// A verb of the shell's machine, and what follows from it.
    func verb(_ verb: (inout ShellMachine) -> [ShellEffect]) {
        guard var machine = shell else { return }
        let effects = verb(&machine)
        shell = machine
        perform(effects)
    }

    func send(_ outgoing: Outgoing, to queue: Queue) {
        verb { machine in
            let pieces = outgoing.pieces(bytesMax: machine.payloadBytesMax)
            return machine.send(pieces, to: outgoing.stream == .input ? .stdin : .pr, of: queue)
        }
    }
}

extension ShellEffect {
    /// Whether it is not about output that came, as another poll is not.
    fileprivate var isWithoutOutput: Bool {
        switch self {
        case .post: true
        case .tell(.received(_, let payloads, _)): payloads.isEmpty
        case .tell: false
        }
    }

    /// Whether it tells of no trouble.
    fileprivate var isGood: Bool {
        switch self {
        case .post, .tell(.received), .tell(.commandFinished): true
        case .tell: false
        }
    }
}

extension HTTPField {
    /// What the value of a Cookie field holds.
    static func cookies(_ text: String) -> [HTTPField] {
        text.split(separator: ";").compactMap { part in
            let pair: Substring = part.drop { $0 == " " }
            guard let equals = pair.firstIndex(of: "=") else { return nil }
            return HTTPField(String(pair[..<equals]), String(pair[equals...].dropFirst()))
        }
    }
}
