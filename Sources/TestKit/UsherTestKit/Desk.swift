public import UsherCore

/// A broker at work and the shorthand to talk to it: events in, effects out, one clock.
///
/// A test says the event it is about; the steps on the way there (`open`, `close`, `run`) do what a quick disk and a
/// quick tenant would do.
public struct Desk: Sendable {
    public var broker: Broker
    public var clock: ManualClock
    /// The number of the call made last.
    public private(set) var lastCall = CallID(0)

    /// A broker that has read its journal.
    public init(_ rules: Rules = .sample, journal: JournalContents = JournalContents(), clock: ManualClock = .init()) {
        broker = Broker(rules: rules)
        self.clock = clock
        handle(.journalRead(journal))
        // The journal is pruned at the start, which is no test's business but one.
        if journal.sessions.isEmpty { handle(.timePassed) }
    }

    /// A broker that has not read its journal.
    public init(unread rules: Rules) {
        broker = Broker(rules: rules)
        clock = ManualClock()
    }

    public var now: Moment { clock.now }

    /// One fact.
    @discardableResult
    public mutating func handle(_ event: Event) -> [Effect] { broker.handle(event, at: now) }

    /// One request, under the next call number.
    @discardableResult
    public mutating func ask(_ caller: Caller, _ request: Request) -> [Effect] {
        lastCall = CallID(lastCall.rawValue + 1)
        return handle(.request(lastCall, caller, request))
    }

    /// Asks for a session.
    @discardableResult
    public mutating func acquire(
        _ caller: Caller, _ tenant: String = "litware", as admin: AdminName? = nil, lease: LeaseWish = .connection,
        wait: Duration? = nil, reuse: Bool = false, request: String? = nil, purpose: String? = nil,
        terminal: String? = nil
    ) -> [Effect] {
        ask(
            caller,
            .acquire(
                Acquisition(
                    tenant: tenant, admin: admin, lease: lease, wait: wait, reuse: reuse,
                    request: request.flatMap(RequestID.init), purpose: purpose, terminal: terminal)))
    }

    /// Asks for a session and has it opened at once.
    @discardableResult
    public mutating func open(
        _ caller: Caller, _ tenant: String = "litware", as admin: AdminName? = nil, lease: LeaseWish = .connection,
        request: String? = nil, purpose: String? = nil, terminal: String? = nil
    ) throws -> SessionID {
        let effects = acquire(
            caller, tenant, as: admin, lease: lease, request: request, purpose: purpose, terminal: terminal)
        guard let id = effects.takenSeats.first else { throw NotGranted(effects: effects) }
        for case .openSession(let identity) in handle(.seatTaken(id)) { opened(identity) }
        return id
    }

    /// Has the tenant say that a session is there, and the disk that it knows the way to it.
    @discardableResult
    public mutating func opened(_ identity: SessionIdentity) -> [Effect] {
        handle(.entranceFound(identity.id, nil))
        return opened(identity.id)
    }

    /// The same, of one that was asked for already.
    @discardableResult
    public mutating func opened(_ id: SessionID) -> [Effect] {
        handle(.sessionOpened(id, .sample)) + handle(.shellTaken(id))
    }

    /// Has an invocation started on an own session.
    @discardableResult
    public mutating func invoke(_ caller: Caller, _ id: SessionID) throws -> InvocationID {
        let effects = ask(caller, .invoke(SessionReference(id)))
        guard let invocation = effects.takenInvocation else { throw NotGranted(effects: effects) }
        handle(.invocationTaken(id, invocation))
        return invocation
    }

    /// Runs `count` invocations to their end.
    public mutating func run(_ caller: Caller, _ id: SessionID, times count: Int = 1) throws {
        for _ in 0..<count { ended(id, try invoke(caller, id)) }
    }

    /// Has an invocation end, the disk answering at once. Returns the effects of the last step.
    @discardableResult
    public mutating func ended(
        _ id: SessionID, _ invocation: InvocationID, _ how: InvocationEnd = .done(InvocationReport())
    ) -> [Effect] {
        let effects = handle(.invocationEnded(id, invocation, how))
        for case .takeIdle(id, invocation, _) in effects { return handle(.idleTaken(id, invocation)) }
        return effects
    }

    /// Changes the lease of an own session, the disk answering at once. Returns the effects of the last step.
    @discardableResult
    public mutating func attach(_ caller: Caller, _ id: SessionID, _ wish: LeaseWish) -> [Effect] {
        let effects = ask(caller, .attach(SessionReference(id), wish))
        for case .takeLease(id, _, for: let call, _) in effects { return handle(.leaseTaken(id, for: call)) }
        return effects
    }

    /// Closes a session, the tenant confirming at once.
    @discardableResult
    public mutating func close(_ caller: Caller, _ id: SessionID) -> [Effect] {
        ask(caller, .close(SessionReference(id))) + handle(.sessionClosed(id))
    }

    /// Lets time pass. The broker is called whenever it wants to be, and at the end. A broker that wants to be called
    /// again in the same moment, for ever, is a bug that would burn a processor.
    @discardableResult
    public mutating func pass(_ span: Duration) -> [Effect] {
        let end = now + span
        var effects: [Effect] = []
        while let next = broker.nextDeadline, next <= end {
            clock.advance(to: next)
            effects += handle(.timePassed)
            precondition(broker.nextDeadline.map { $0 > now } != false, "nextDeadline stays in the past")
        }
        clock.advance(to: end)
        return effects + handle(.timePassed)
    }

    /// What a test throws that counts on a session or an invocation and does not get it.
    public struct NotGranted: Error {
        public let effects: [Effect]

        public init(effects: [Effect]) { self.effects = effects }
    }

    /// Every session on the books, as root sees them.
    public var sessions: [SessionView] {
        var copy = broker
        let question = Event.request(CallID(0), .root(0), .listSessions(tenant: nil, ended: false))
        for case .answer(_, .sessions(let views)) in copy.handle(question, at: now) { return views }
        return []
    }

    /// One session on the books.
    public subscript(id: SessionID) -> SessionView? { sessions.first { $0.identity.id == id } }
}

extension [Effect] {
    /// The sessions whose seats are to be taken.
    public var takenSeats: [SessionID] {
        compactMap { if case .takeSeat(let record, _) = $0 { record.identity.id } else { nil } }
    }

    /// The first invocation that is to be made durable.
    public var takenInvocation: InvocationID? {
        for case .takeInvocation(_, let invocation, _, _) in self { return invocation }
        return nil
    }

    /// The sessions the tenant is asked for.
    public var openedSessions: [SessionID] {
        compactMap { if case .openSession(let identity) = $0 { identity.id } else { nil } }
    }

    /// The sessions the tenant is asked to end.
    public var closedSessions: [SessionID] {
        compactMap { if case .closeSession(let identity) = $0 { identity.id } else { nil } }
    }

    /// The final answers, in order.
    public var answers: [Answer] { compactMap { if case .answer(_, let answer) = $0 { answer } else { nil } } }

    /// The final answer of one call.
    public func answer(to call: CallID) -> Answer? {
        for case .answer(call, let answer) in self { return answer }
        return nil
    }

    /// The first refusal in it.
    public var refusal: Refusal? {
        for case .answer(_, .refused(let refusal)) in self { return refusal }
        return nil
    }

    /// The refusal for want of a seat, with its facts.
    public var shortfall: Shortfall? {
        switch refusal {
        case .quotaExceeded(let shortfall), .waitTimeout(let shortfall, _): shortfall
        default: nil
        }
    }

    /// The sessions that end now, or begin to, and why.
    public var ends: [SessionID: EndReason] {
        records.reduce(into: [:]) { ends, record in
            switch record {
            case .closing(let id, let reason, _), .ended(let id, let reason, _): ends[id] = reason
            default: break
            }
        }
    }

    /// What is to be kept.
    public var records: [Record] { compactMap { if case .record(let record) = $0 { record } else { nil } } }

    /// What those who wait are told: the call and its place.
    public var places: [CallID: Int] {
        var places: [CallID: Int] = [:]
        for case .tell(let call, .waiting(let position, _, _)) in self { places[call] = position }
        return places
    }
}

extension Request {
    /// A pipeline, whatever it is called.
    public static func invoke(_ session: SessionReference) -> Request { .invoke(session, "Get-CsTenant") }
}
