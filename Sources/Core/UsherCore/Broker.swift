// START HERE. The rules of the product, as one value.
//
// The broker is told what happened (`Event`) and when, and returns what is to be done (`Effect`). It reads no clock,
// does no IO, starts no task and forgets nothing, so a test hands it any world and compares what it orders.
//
// One seat's way through it, each arrow an event and its effects:
//
//     request(acquire) ─► takeSeat          the seat is counted from here on; the journal writes the grant
//     seatTaken        ─► openSession       the grant is durable: only now may the tenant hear of it
//     entranceFound    ─► createShell       what others hold there leaves room: only now is a shell asked for
//     sessionOpened    ─► answer            only now does the client
//     clientLeft       ─► closeSession      or closed, or out of time: the seat stays counted
//     sessionClosed    ─► record(ended)     the tenant confirmed: the seat is free, the next in line gets it
//
// A seat with nothing behind it (`protocol: none`) needs nobody's word: `seatTaken` is answered, and an end is one at once.
//
// Rules that hold everywhere:
// - Taking waits for the disk: `takeSeat`, `takeLease` and `takeInvocation` are answered by events. Ending waits for
//   nothing.
// - A seat is freed in `finish` and nowhere else; sessions begin in `takeSeat(for:)` and in `restore`.
// - Every request gets exactly one final `answer`, unless its client is gone.
// - Whatever changes a tenant's seats or line calls `touch`; at the end of each event the touched tenants settle:
//   seats go to those in line, and the others hear of their new places.
//
// Facts in the past tense, orders in the imperative, questions as nouns. Who may do what is in `Caller.swift`.

/// What happened. Requests may be refused at the door; facts always get in.
///
/// Indirect are the large ones here, among the effects and among the records: they are handed on several times.
public enum Event: Hashable, Sendable {
    /// Somebody asks for something. The call is answered exactly once.
    indirect case request(CallID, Caller, Request)

    /// A client's connection ended, however it did; we ended it when the client left its output unread for too long.
    case clientLeft(ConnectionID, wasSlow: Bool = false)
    /// A watched login session ended.
    case consoleClosed(Console)

    /// Answers to `takeSeat`: it is durable; it is not and will not be; nobody can say.
    case seatTaken(SessionID)
    case seatRefused(SessionID, String)
    case seatUnknown(SessionID, String)
    /// The answer to `takeLease`, with the call it was for: a change that was given up in the meantime may still
    /// become durable, and must not be taken for the one that came after it.
    case leaseTaken(SessionID, for: CallID)
    /// The answer to `takeShell`.
    case shellTaken(SessionID)
    /// The answer to `takeInvocation`.
    case invocationTaken(SessionID, InvocationID)
    /// The answer to `takeIdle`.
    case idleTaken(SessionID, InvocationID)
    /// What these calls asked to take could not be recorded, and the broker is again what it was before they asked.
    case takingFailed([CallID], String)
    /// The journal cannot be written or read, nil once it can again.
    case journalTroubled(String?)
    /// The journal was read. Until then no seat is given out.
    indirect case journalRead(JournalContents)

    /// Answers to `openSession`.
    indirect case sessionOpened(SessionID, ShellRecord)
    indirect case openFailed(SessionID, OpenFailure)
    /// On the way there: the tenant is reached and may be asked for the shell, and this is what it has for the account; nil
    /// where it does not say. Answered by `createShell`, or by `closeSession`.
    indirect case entranceFound(SessionID, ShellList?)
    /// On the way to one of those two.
    case openingProgressed(SessionID, OpeningStep, detail: String?)
    /// The tenant counts this session no more: the answer to `closeSession`, or of its own accord.
    case sessionClosed(SessionID)
    /// The tenant did not confirm.
    case closeFailed(SessionID, CloseObstacle = .unreachable)
    /// It cannot be used any more, and may still count.
    case sessionBroken(SessionID)
    /// Somebody gave the credential of an account, for his own use.
    case credentialGiven(Account, UserID)
    /// The answer to `listShells`.
    indirect case shellsListed(Account, ListingResult)
    /// The answer to `endForeign`: it is gone, or this stands in the way.
    indirect case foreignEnded(Account, shellID: String, String?)
    /// A pipeline is over, or nobody can say what became of it.
    indirect case invocationEnded(SessionID, InvocationID, InvocationEnd = .done(InvocationReport()))
    /// The tenant was asked to end this one for a request that then came to nothing, and cannot be asked back.
    case closeWasAsked(SessionID)

    indirect case rulesChanged(Rules)
    /// The broker shall stop. `endSessions` where nobody will come back for them.
    case stopAsked(endSessions: Bool)
    /// A deadline is over.
    case timePassed
}

/// What callers may ask for.
public enum Request: Hashable, Sendable {
    case acquire(Acquisition)
    case attach(SessionReference, LeaseWish)
    case watch(SessionReference)
    case close(SessionReference)
    /// With what people call the pipeline.
    case invoke(SessionReference, String)
    /// A pipeline, called so, on an idle session of the caller, or else on a new one that is given back afterwards.
    case run(Acquisition, String)
    case listCommands(SessionReference, refresh: Bool)
    case stopInvocation(SessionReference, InvocationID?)
    /// What runs in the caller's session, for something that is to be sent there; sending it is done by who asked. With an
    /// invocation, that one or none: what was meant for it is not for the next.
    case reachInvocation(SessionReference, InvocationID?)
    case listSessions(tenant: TenantName?, ended: Bool)
    case listTenants
    /// How much of everything there is, for those who watch it over weeks.
    case measure
    /// Shells at tenants that are not on our books. The tenants are asked.
    case listForeign(tenant: TenantName?)
    case reclaim(ReclaimWish)
    case lock(TenantName, message: String, span: Duration?, cut: Bool)
    case unlock(TenantName)
    /// What the caller may see of the journal; the reading is done by who asked.
    case mayAudit(tenant: TenantName?)
    case diagnose(tenant: TenantName?)
    case status
    case drain(timeout: Duration?, force: Bool, follow: Bool)
    case resume
    /// Whether the caller may have the configuration read again; the reading is done by who asked.
    case mayReload
    /// Which account the caller means, and whether he may give its credential; keeping it is done by who asked.
    case mayLogin(tenant: String, AdminName?)
}

/// What is to be done, first to last.
public enum Effect: Hashable, Sendable {
    /// Make this seat ours durably. Answered by `seatTaken`, `seatRefused` or `seatUnknown`.
    indirect case takeSeat(SessionRecord, for: CallID)
    /// Make this lease durable. Answered by `leaseTaken`.
    case takeLease(SessionID, LeaseRecord, for: CallID, lastUsed: Moment)
    /// Make durable what leads to this shell. Answered by `shellTaken`.
    indirect case takeShell(SessionID, ShellRecord)
    /// Make durable that something runs in this session, so that the next life does not take it for idle. Answered by
    /// `invocationTaken`.
    case takeInvocation(SessionID, InvocationID, for: CallID, at: Moment)
    /// Make durable that it runs no more. Answered by `idleTaken`.
    case takeIdle(SessionID, InvocationID, at: Moment)
    /// Keep this. Nobody waits for it.
    case record(Record)

    /// Build the connection. Answered by `sessionOpened` or `openFailed`, always: while it may still come about, time
    /// does not free its seat.
    case openSession(SessionIdentity)
    /// Ask for the shell of a session whose entrance was found.
    case createShell(SessionIdentity)
    /// Ask the tenant whether it has this one. `sessionClosed` follows where it has not.
    case probeSession(SessionIdentity)
    /// End it at the tenant, whatever state it is in there; one that is still being opened is ended as soon as the
    /// tenant lets us. Answered by `sessionClosed` or `closeFailed`. Asking again does no harm.
    case closeSession(SessionIdentity)
    /// Ask the tenant what it has for an account, with the credential of this user. Answered by `shellsListed`.
    case listShells(Account, UserID)
    /// End a shell that is not ours. Answered by `foreignEnded`.
    indirect case endForeign(Account, SeenShell, UserID)
    case startInvocation(SessionIdentity, InvocationID, CallID)
    case stopInvocation(SessionIdentity, InvocationID)
    /// Give the commands of the session as the final answer of a call; they are known.
    case showCommands(SessionID, CallID)

    /// The one final answer of a call.
    indirect case answer(CallID, Answer)
    /// Something on the way to it. May be dropped for a client that does not read.
    indirect case tell(CallID, News)
    /// Nothing is left to wait for.
    case stop
}

/// Final answers.
public enum Answer: Hashable, Sendable {
    case session(SessionView, reused: Bool)
    case closed(SessionID, EndReason, isConfirmed: Bool)
    case sessions([SessionView])
    case tenants([TenantView])
    case foreign(ForeignReport)
    case reclaimed(ReclaimReport)
    case auditScope(AuditScope)
    case findings([Finding])
    case status(StatusView)
    case measured(StatusView, [TenantView])
    case remaining(Int)
    case stopping(InvocationID?)
    case running(SessionIdentity, InvocationID)
    case invoked(InvocationReport, lasted: Duration)
    case account(TenantName, AdminName)
    case done
    case refused(Refusal)
}

/// Replies before the final one.
public enum News: Hashable, Sendable {
    case waiting(position: Int, holders: [HolderView], retryAfter: Duration?)
    case session(SessionView)
    case step(OpeningStep, detail: String?)
    /// A pipeline begins, on this session.
    case began(SessionView, reused: Bool, InvocationID)
    case remaining(Int)
}

/// The rules of the product, as one value.
public struct Broker: Hashable, Sendable {
    public internal(set) var rules: Rules { didSet { hasChanged = true } }
    var sessions: [SessionID: Session] = [:] { didSet { hasChanged = true } }
    var lines: [TenantName: WaitingLine] = [:] { didSet { hasChanged = true } }
    var ended = EndedSessions() { didSet { hasChanged = true } }
    var drain: Drain? { didSet { hasChanged = true } }
    var stopping: Stopping? { didSet { hasChanged = true } }
    /// What is wrong with the journal, as far as somebody told us.
    var journalTrouble: String? { didSet { hasChanged = true } }
    /// Before the journal was read nobody knows who holds what, so nothing is given out.
    var hasReadJournal = false { didSet { hasChanged = true } }
    var nextPruning: Moment? { didSet { hasChanged = true } }
    /// What tenants listed, by the account that was told.
    var sightings: [TenantName: [AdminName: ShellList]] = [:] { didSet { hasChanged = true } }
    var learned: [Account: LearnedLimit] = [:] { didSet { hasChanged = true } }

    /// Tenants that give no new sessions, because an operator said so.
    var locks: [TenantName: TenantLock] = [:] { didSet { hasChanged = true } }
    /// What people wait for that concerns several sessions, or several accounts.
    var surveys: [CallID: Survey] = [:] { didSet { hasChanged = true } }

    // These change only together with the sessions and lines.
    var ledger = QuotaLedger()
    /// Sessions for which the disk did not answer in time. Whether it has since, their state says.
    var silences: Set<SessionID> = []
    /// When seats were taken lately, at tenants that limit this.
    var creates: [TenantName: [Moment]] = [:]
    var nextSession = SessionID.first
    var nextArrival: UInt64 = 0

    /// No deadline lies before this one. It may be early, never late.
    public internal(set) var nextDeadline: Moment?

    // Of the present event only: when it happened, what is to be done, the tenants whose seats or line changed, and
    // whether anything did.
    var now = Moment.start
    var effects: [Effect] = []
    var touched: Set<TenantName> = []
    private(set) var hasChanged = false

    /// A broker that has read nothing yet.
    public init(rules: Rules) { self.rules = rules }

    /// What is to be done because of `event`. Events come one at a time, in the order in which they happened.
    public mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        self.now = now
        hasChanged = false
        switch event {
        case .request(let call, let caller, let request):
            handle(request, Asker(call: call, connection: caller.connection), caller)
        case .clientLeft(let connection, let wasSlow): clientLeft(connection, wasSlow ? .slowReader : .clientLeft)
        case .consoleClosed(let console): consoleClosed(console)
        case .seatTaken(let id): seatTaken(id)
        case .seatRefused(let id, let why): seatRefused(id, why)
        case .seatUnknown(let id, let why): seatUnknown(id, why)
        case .leaseTaken(let id, let call): leaseTaken(id, for: call)
        case .shellTaken(let id): shellTaken(id)
        case .invocationTaken(let id, let invocation): invocationTaken(id, invocation)
        case .idleTaken(let id, let invocation): idleTaken(id, invocation)
        case .takingFailed(let calls, let why): takingFailed(calls, why)
        case .journalTroubled(let trouble): journalTroubled(trouble)
        case .journalRead(let contents): restore(contents)
        case .sessionOpened(let id, let shell): sessionOpened(id, shell)
        case .openFailed(let id, let failure): openFailed(id, failure)
        case .entranceFound(let id, let list): entranceFound(id, list)
        case .openingProgressed(let id, let step, let detail): openingProgressed(id, step, detail)
        case .sessionClosed(let id): sessionClosed(id)
        case .closeFailed(let id, let obstacle): closeFailed(id, obstacle)
        case .sessionBroken(let id): sessionBroken(id)
        case .credentialGiven(let account, let user): credentialGiven(account, by: user)
        case .shellsListed(let account, let result): shellsListed(account, result)
        case .foreignEnded(let account, let shellID, let trouble): foreignEnded(account, shellID, trouble)
        case .invocationEnded(let id, let invocation, let end): invocationEnded(id, invocation, end)
        case .closeWasAsked(let id): end(id, .evicted)
        case .rulesChanged(let rules): rulesChanged(rules)
        case .stopAsked(let endSessions): stopAsked(endSessions: endSessions)
        case .timePassed: timePassed()
        }
        settle()
        // Last, because settling may tell somebody something and so put off when he must be told again.
        if case .timePassed = event { lookAgain() }
        leaveIfDone()
        defer { effects.removeAll() }
        return effects
    }

    /// The sessions on a tenant's seats, oldest first.
    func sessions(at tenant: TenantName) -> [Session] { ledger.seats(at: tenant).compactMap { sessions[$0.session] } }

    /// Those of them that count towards the limit of that scope.
    func sessions(at tenant: TenantName, _ scope: Scope, of admin: AdminName) -> [Session] {
        ledger.seats(at: tenant)
            .compactMap { scope == .organization || $0.admin == admin ? sessions[$0.session] : nil }
    }

    /// Has somebody look again at `moment` at the latest.
    mutating func look(at moment: Moment?) {
        guard let moment else { return }
        nextDeadline = min(nextDeadline ?? moment, moment)
    }

    /// Marks a tenant whose seats or line changed. With nobody in any line nothing is to be settled, and whoever joins one
    /// marks it himself.
    mutating func touch(_ tenant: TenantName) { if !lines.isEmpty { touched.insert(tenant) } }

    /// New rules hold from now on; what lives by the old ones is left alone.
    private mutating func rulesChanged(_ rules: Rules) {
        self.rules = rules
        // A shorter limit may have passed already.
        look(at: now)
        touchLines()
    }

    /// Ids that may have been seen are not given out again, whatever became of their sessions.
    mutating func skipIDs(before id: SessionID) { nextSession = max(nextSession, id) }
}
