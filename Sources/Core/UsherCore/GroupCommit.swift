// Between the broker and the disk (contract, section 10): which records go into one commit, and what becomes of the
// broker when a commit fails. Pure, so that the simulator runs the real thing on a disk that crashes.
//
// Events are handled as they come. What they ask to take (`takeSeat`, `takeLease`) and to keep (`record`) gathers in
// a batch; every other effect is performed at once, so endings and refusals never stand behind the disk. One batch is
// out at a time; while it is, the next one gathers. When a batch is durable, those who asked to take hear so.
//
// When a batch fails, the broker is again what it was before the batch's first event. Those who asked to take are
// told. All other events since are fed again, because they are facts of the world; effects that were performed the
// first time are not performed a second time. The next commit is tried a little later and begins with everything that
// is held, so that a file which was damaged, emptied or replaced meanwhile is whole again.

/// The broker and the batches of what it asked to record.
public struct GroupCommit: Sendable {
    /// The broker as of the last event, grants on their way to the disk included.
    public private(set) var broker: Broker

    /// What gathers while the disk is busy, or lingers because nobody waits for it.
    private var gathering: Batch?
    /// What is being written.
    private var out: Batch?
    /// Set after a failed commit, until one succeeds.
    private var retryAt: Moment?

    /// How long a batch that nobody waits for stays open for a grant to share its commit.
    public static let linger = Duration.milliseconds(10)
    /// How long after a failed commit the next one is tried.
    public static let retryDelay = Duration.seconds(1)

    private struct Batch: Sendable {
        /// The broker before the first event of the batch.
        let before: Broker
        let since: Moment
        var records: [Record] = []
        var takings: [Taking] = []
        /// The events handled since, as far as they may have changed anything.
        var events: [(event: Event, at: Moment)] = []
        /// What was performed because of them.
        var performed: [Effect] = []
    }

    private enum Taking: Sendable {
        case seat(SessionID, CallID)
        case lease(SessionID, CallID)

        var call: CallID {
            switch self {
            case .seat(_, let call), .lease(_, let call): call
            }
        }

        var event: Event {
            switch self {
            case .seat(let id, _): .seatTaken(id)
            case .lease(let id, let call): .leaseTaken(id, for: call)
            }
        }
    }

    /// Starts with nothing out.
    public init(broker: Broker) { self.broker = broker }

    /// Handles one event. Returns what is to be performed now; takings and records are kept for `nextBatch`.
    public mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        if gathering == nil { gathering = Batch(before: broker, since: now) }
        let effects = sort(broker.handle(event, at: now))
        if event.mayMatterLater(effects) { gathering?.events.append((event, now)) }
        gathering?.performed += effects
        // With nothing to write and nothing out there is nothing that could fail.
        if out == nil, gathering?.records.isEmpty == true { gathering = nil }
        return effects
    }

    /// The records to write next, all or none, or nil while there is no need: nothing to write, a batch is out
    /// already, or what there is may linger. `committed` or `failed` must follow.
    public mutating func nextBatch(at now: Moment) -> [Record]? {
        guard out == nil, let batch = gathering, !batch.records.isEmpty, let due = isDue(batch), due <= now else {
            return nil
        }
        out = batch
        gathering = nil
        return batch.records
    }

    /// The batch that is out became durable. Returns what is to be performed now.
    public mutating func committed(at now: Moment) -> [Effect] {
        guard let batch = out else { preconditionFailure("No batch is out") }
        out = nil
        var effects: [Effect] = []
        if retryAt != nil {
            retryAt = nil
            effects += handle(.journalTroubled(nil), at: now)
        }
        for taking in batch.takings { effects += handle(taking.event, at: now) }
        return effects
    }

    /// The batch that is out did not become durable. Returns what is to be performed now.
    public mutating func failed(_ why: String, at now: Moment) -> [Effect] {
        guard let batch = out else { preconditionFailure("No batch is out") }
        let events = batch.events + (gathering?.events ?? [])
        var performed = Performed(batch.performed + (gathering?.performed ?? []))
        let calls = batch.takings.map(\.call)
        let nextSession = broker.nextSession

        out = nil
        broker = batch.before
        broker.skipIDs(before: nextSession)
        retryAt = now + Self.retryDelay
        gathering = Batch(before: broker, since: now)
        gathering?.records = [.held(broker.records)]

        // First what went wrong, so that nothing is granted on the way; then the world as it went on.
        var effects = handle(.takingFailed(calls, why), at: now) + handle(.journalTroubled(why), at: now)
        for (event, moment) in events where !event.isRequest(among: calls) {
            effects += performed.missing(from: handle(event, at: moment))
        }
        for identity in performed.closed {
            effects += performed.missing(from: handle(.closeWasAsked(identity.id), at: now))
        }
        return effects
    }

    /// When `handle(.timePassed)` or `nextBatch` has something to do by itself.
    public var nextDeadline: Moment? {
        let commit = out == nil ? gathering.flatMap { $0.records.isEmpty ? nil : isDue($0) } : nil
        return [broker.nextDeadline, commit].compactMap { $0 }.min()
    }

    /// Whether something is still to be written.
    public var isClean: Bool { out == nil && gathering?.records.isEmpty != false }

    /// When a batch goes out: at once if somebody waits for it, a little later if not, and after a failure not
    /// before the time to try again.
    private func isDue(_ batch: Batch) -> Moment? {
        retryAt ?? (batch.takings.isEmpty ? batch.since + Self.linger : batch.since)
    }

    /// Keeps what is for the disk and returns the rest.
    private mutating func sort(_ effects: [Effect]) -> [Effect] {
        effects.filter { effect in
            switch effect {
            case .takeSeat(let record, let call):
                gathering?.records.append(.taken(record))
                gathering?.takings.append(.seat(record.identity.id, call))
            case .takeLease(let id, let lease, let call, let lastUsed):
                gathering?.records.append(.leaseChanged(id, lease, lastUsed: lastUsed))
                gathering?.takings.append(.lease(id, call))
            case .record(let record): gathering?.records.append(record)
            case .openSession, .closeSession, .startInvocation, .stopInvocation, .answer, .tell, .stop: return true
            }
            return false
        }
    }
}

/// Effects that were performed before the broker was set back.
private struct Performed {
    private var counts: [Effect: Int] = [:]

    init(_ effects: [Effect]) {
        for effect in effects { counts[effect, default: 0] += 1 }
    }

    /// Those of `effects` that were not performed yet. Each performed one stands for one.
    mutating func missing(from effects: [Effect]) -> [Effect] {
        effects.filter { effect in
            guard let count = counts[effect], count > 0 else { return true }
            counts[effect] = count - 1
            return false
        }
    }

    /// Sessions that the tenant was asked to end, and that the broker, set back, did not order again.
    var closed: [SessionIdentity] {
        counts.compactMap { effect, count in
            if case .closeSession(let identity) = effect, count > 0 { identity } else { nil }
        }
        .sorted { $0.id < $1.id }
    }
}

extension Event {
    /// Whether feeding this event again could change anything. Questions and requests that were refused at once are
    /// left out, so that no flood of them fills the memory while a disk hangs.
    fileprivate func mayMatterLater(_ effects: [Effect]) -> Bool {
        switch self {
        case .request(_, _, .listSessions), .request(_, _, .listTenants), .request(_, _, .status),
            .request(_, _, .mayReload):
            return false
        case .request(let call, _, _):
            guard effects.count == 1, case .answer(call, .refused) = effects[0] else { return true }
            return false
        case .timePassed: return !effects.isEmpty
        default: return true
        }
    }

    fileprivate func isRequest(among calls: [CallID]) -> Bool {
        if case .request(let call, _, _) = self { calls.contains(call) } else { false }
    }
}
