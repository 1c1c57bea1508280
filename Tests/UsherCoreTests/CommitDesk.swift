import UsherCore
import UsherTestKit

/// A group commit, a clock and the shorthand to talk to it: what is performed comes back, what is to be written waits
/// until the test says what became of it.
struct CommitDesk {
    var commit: GroupCommit
    var clock = ManualClock()
    private(set) var lastCall = CallID(0)
    /// A batch that went out together with the word that the one before is durable.
    private var next: [Record]?

    init(_ rules: Rules = .sample) {
        commit = GroupCommit(broker: Broker(rules: rules))
        handle(.journalRead(JournalContents()))
        handle(.timePassed)
        clock.advance(by: .seconds(1))
        write()
    }

    var now: Moment { clock.now }

    @discardableResult
    mutating func handle(_ event: Event) -> [Effect] { commit.handle(event, at: now) }

    @discardableResult
    mutating func ask(_ caller: Caller, _ request: Request) -> [Effect] {
        lastCall = CallID(lastCall.rawValue + 1)
        return handle(.request(lastCall, caller, request))
    }

    @discardableResult
    mutating func acquire(
        _ caller: Caller, wait: Duration? = nil, lease: LeaseWish = .connection, request: String? = nil
    ) -> [Effect] {
        let acquisition = Acquisition(
            tenant: "litware", lease: lease, wait: wait, request: request.flatMap(RequestID.init))
        return ask(caller, .acquire(acquisition))
    }

    @discardableResult
    mutating func close(_ caller: Caller, _ id: SessionID) -> [Effect] {
        ask(caller, .close(SessionReference(id)))
    }

    /// Hands the next batch to the disk, unless it has it since the last one became durable.
    @discardableResult
    mutating func send() -> [Record] {
        defer { next = nil }
        return next ?? commit.nextBatch(at: now) ?? []
    }

    /// Writes everything there is, the linger over. Returns what is performed then.
    @discardableResult
    mutating func write() -> [Effect] {
        var effects: [Effect] = []
        clock.advance(by: GroupCommit.linger)
        while !send().isEmpty {
            effects += committed()
            clock.advance(by: GroupCommit.linger)
        }
        return effects
    }

    mutating func committed() -> [Effect] {
        let (next, effects) = commit.committed(at: now)
        self.next = next
        return effects
    }

    mutating func failed(_ why: String = "disk full") -> [Effect] { commit.failed(why, at: now) }

    /// Opens a session, disk and tenant answering at once.
    mutating func open(_ caller: Caller, lease: LeaseWish = .connection) -> SessionID {
        acquire(caller, lease: lease)
        let id = write().openedSessions.first ?? .first
        handle(.sessionOpened(id, .sample))
        _ = write()
        return id
    }

    /// Every session on the books.
    var sessions: [SessionView] {
        var copy = commit.broker
        let question = Event.request(CallID(0), .root(0), .listSessions(tenant: nil, ended: false))
        for case .answer(_, .sessions(let views)) in copy.handle(question, at: now) { return views }
        return []
    }
}

extension [Record] {
    var takenSeats: [SessionID] { compactMap { if case .taken(let record) = $0 { record.identity.id } else { nil } } }

    /// What is held, where the batch begins with it.
    var held: [SessionID]? {
        if case .held(let sessions, _)? = first { sessions.map(\.identity.id) } else { nil }
    }
}
