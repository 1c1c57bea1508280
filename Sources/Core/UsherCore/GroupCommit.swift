// Between the broker and the disk (contract, section 10): which records go into one commit, and what becomes of the
// broker when a commit fails. Pure, so that the simulator runs the real thing on a disk that crashes.
//
// Events are handled as they come. What they ask to take (`takeSeat`, `takeLease`, `takeInvocation`) and to keep (`record`) gathers in
// a batch; every other effect is performed at once, so endings and refusals never stand behind the disk. One batch is
// out at a time; while it is, the next one gathers. When a batch is durable, those who asked to take hear so.
//
// When a batch fails in which somebody asked to take, the broker is again what it was before the batch's first event.
// Those who asked are told. All other events since are fed again, because they are facts of the world; effects that
// were performed the first time are not performed a second time, and nobody is answered twice. When a batch fails in
// which nothing was taken there is nothing to take back: its records are kept for the next one.
//
// The next commit is tried a little later and begins with everything that is held, so that a file which was damaged,
// emptied or replaced meanwhile is whole again.

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
        /// From commits that failed: what was held before them, and what they were to keep.
        var kept: [Record] = []
        var records: [Record] = []
        var takings: [Taking] = []
        /// Whether somebody may count on what is in it already, so that it goes out at once.
        var isUrgent = false
        /// The events handled since, as far as they changed anything, and what was performed because of each.
        var events: [Handled] = []

        var content: [Record] { kept + records }
        var isEmpty: Bool { kept.isEmpty && records.isEmpty }
        /// What the next commit begins with when this one failed. Every id before `nextSession` may have been seen.
        func held(nextSession: SessionID) -> [Record] {
            guard case .held(let sessions, _) = kept.first else {
                return [.held(before.recordsWhenDurable, nextSession: nextSession)]
            }
            return [.held(sessions, nextSession: nextSession)] + kept.dropFirst()
        }
    }

    /// An event that was handled, and what was performed because of it.
    private struct Handled: Sendable {
        let event: Event
        let at: Moment
        let performed: [Effect]
    }

    private enum Taking: Sendable {
        case seat(SessionID, CallID)
        case lease(SessionID, CallID)
        case shell(SessionID)
        case invocation(SessionID, InvocationID, CallID)
        case idle(SessionID, InvocationID)

        /// Who asked to take, and is told if that fails. That there is a shell, or that a pipeline is over, is a fact,
        /// whoever asked for it: it is fed again, and taken with the next commit.
        var call: CallID? {
            switch self {
            case .seat(_, let call), .lease(_, let call), .invocation(_, _, let call): call
            case .shell, .idle: nil
            }
        }

        var event: Event {
            switch self {
            case .seat(let id, _): .seatTaken(id)
            case .lease(let id, let call): .leaseTaken(id, for: call)
            case .shell(let id): .shellTaken(id)
            case .invocation(let id, let invocation, _): .invocationTaken(id, invocation)
            case .idle(let id, let invocation): .idleTaken(id, invocation)
            }
        }
    }

    /// Starts with nothing out.
    public init(broker: Broker) { self.broker = broker }

    /// Handles one event. Returns what is to be performed now; takings and records are kept for `nextBatch`.
    public mutating func handle(_ event: Event, at now: Moment) -> [Effect] {
        if gathering == nil { gathering = Batch(before: broker, since: now) }
        let effects = sort(broker.handle(event, at: now))
        if case .journalRead = event {
            rememberWhatWasRead()
            return effects
        }
        // What changed nothing is not fed again, so that no flood of questions and refusals fills the memory while a
        // disk hangs.
        if broker.hasChanged { gathering?.events.append(Handled(event: event, at: now, performed: effects)) }
        return effects
    }

    /// What the journal holds stands, whatever becomes of the commit that follows: no failure leads back to a broker
    /// that knows of nothing, and would have that written.
    private mutating func rememberWhatWasRead() {
        guard let batch = gathering else { return }
        gathering = Batch(before: broker, since: batch.since, records: batch.records, isUrgent: true)
    }

    /// The records to write next, all or none, or nil while there is no need: nothing to write, a batch is out
    /// already, or what there is may linger. `committed` or `failed` must follow.
    public mutating func nextBatch(at now: Moment) -> [Record]? {
        forgetIdleBatch()
        // Before it is known what the file holds, nothing may change it.
        guard broker.hasReadJournal else { return nil }
        guard out == nil, let batch = gathering, !batch.isEmpty, isDue(batch) <= now else { return nil }
        out = batch
        gathering = nil
        return batch.content
    }

    /// The batch that is out became durable. Returns the next one, as `nextBatch` does, and what is to be performed.
    ///
    /// In this order: telling those who asked to take can last as long as a commit, and the disk would idle meanwhile.
    public mutating func committed(at now: Moment) -> (next: [Record]?, effects: [Effect]) {
        guard let batch = out else { preconditionFailure("No batch is out") }
        out = nil
        let wasTroubled = retryAt != nil
        retryAt = nil
        let next = nextBatch(at: now)
        var effects: [Effect] = []
        if wasTroubled { effects += handle(.journalTroubled(nil), at: now) }
        for taking in batch.takings { effects += handle(taking.event, at: now) }
        return (next, effects)
    }

    /// The batch that is out did not become durable. Returns what is to be performed now.
    public mutating func failed(_ why: String, at now: Moment) -> [Effect] {
        guard let batch = out else { preconditionFailure("No batch is out") }
        out = nil
        retryAt = now + Self.retryDelay
        if batch.takings.isEmpty {
            gathering = gathering ?? Batch(before: broker, since: now)
            gathering?.kept = batch.held(nextSession: broker.nextSession) + batch.records
            return handle(.journalTroubled(why), at: now)
        }

        let events = batch.events + (gathering?.events ?? [])
        let ends = (batch.records + (gathering?.records ?? [])).compactMap(\.end)
        var performed = Performed(events.flatMap(\.performed))
        let calls = batch.takings.compactMap(\.call)
        let nextSession = broker.nextSession

        broker = batch.before
        broker.skipIDs(before: nextSession)
        gathering = Batch(before: broker, since: now)
        gathering?.kept = batch.held(nextSession: nextSession)

        // First what went wrong, so that nothing is granted on the way; then the world as it went on, with the ends
        // that the tenant was asked for because of requests that now come to nothing.
        var effects = performed.missing(from: handle(.journalTroubled(why), at: batch.since))
        effects += performed.missing(from: handle(.takingFailed(calls, why), at: batch.since))
        for handled in events {
            let (moment, before) = (handled.at, handled.performed)
            var again = handled.event.isAbout(calls) ? [] : handle(handled.event, at: moment)
            // What was called off is not asked for after all: it ends below.
            again.removeAll { if case .createShell(let id) = $0 { before.contains(.closeSession(id)) } else { false } }
            effects += performed.missing(from: again)
            for case .closeSession(let identity) in before where !again.contains(.closeSession(identity)) {
                effects += performed.missing(from: handle(.closeWasAsked(identity.id), at: moment))
            }
        }
        // What was told to have ended, without a tenant that had to be asked, ends also where the request that it had to
        // make room for now comes to nothing.
        for id in ends where broker.sessions[id] != nil {
            effects += performed.missing(from: handle(.closeWasAsked(id), at: now))
        }
        // Some of the next batch heard that the disk is silent, and stand in line again: they asked for the last time.
        let told = broker.callsInLine.filter(performed.answered.contains)
        if !told.isEmpty { effects += performed.missing(from: handle(.takingFailed(told, why), at: now)) }
        // Whoever was answered in the first course of things waits for nothing in this one.
        for call in performed.answered { broker.surveys[call] = nil }
        return effects
    }

    /// When `handle(.timePassed)` or `nextBatch` has something to do by itself.
    public var nextDeadline: Moment? {
        let commit = out == nil ? gathering.flatMap { $0.isEmpty ? nil : isDue($0) } : nil
        return .earlier(broker.nextDeadline, commit)
    }

    /// `nextDeadline`, for an owner that is a class: what may change is lent by it, anything else it copies whole, and
    /// that copy cost 5,000 instructions of the 135,000 of a grant and its end.
    public mutating func askDeadline() -> Moment? { nextDeadline }

    /// Whether something is still to be written.
    public var isClean: Bool { out == nil && gathering?.isEmpty != false }

    /// The events that would be fed again, for tests of how many there may be.
    var eventsKept: Int { (out?.events.count ?? 0) + (gathering?.events.count ?? 0) }

    /// When a batch goes out: at once if somebody waits for it, a little later if not, and after a failure not
    /// before the time to try again.
    private func isDue(_ batch: Batch) -> Moment {
        retryAt ?? (batch.takings.isEmpty && !batch.isUrgent ? batch.since + Self.linger : batch.since)
    }

    /// With nothing to write and nothing out there is nothing that could fail. Asked once for all events of a turn and
    /// not after each, because the first change after a new batch began copies every session.
    private mutating func forgetIdleBatch() {
        if out == nil, gathering?.isEmpty == true { gathering = nil }
    }

    /// Keeps what is for the disk and returns the rest.
    private mutating func sort(_ effects: [Effect]) -> [Effect] {
        guard effects.contains(where: \.isForDisk) else { return effects }
        return effects.filter { effect in
            switch effect {
            case .takeSeat(let record, let call):
                gathering?.records.append(.taken(record))
                gathering?.takings.append(.seat(record.identity.id, call))
            case .takeLease(let id, let lease, let call, let lastUsed):
                gathering?.records.append(.leaseChanged(id, lease, lastUsed: lastUsed))
                gathering?.takings.append(.lease(id, call))
            case .takeShell(let id, let shell):
                gathering?.records.append(.opened(id, shell))
                gathering?.takings.append(.shell(id))
            case .takeInvocation(let id, let invocation, let call, let now):
                gathering?.records.append(.invoking(id, invocations: invocation.rawValue, at: now))
                gathering?.takings.append(.invocation(id, invocation, call))
            case .takeIdle(let id, let invocation, let now):
                gathering?.records.append(.used(id, invocations: invocation.rawValue, at: now))
                gathering?.takings.append(.idle(id, invocation))
            case .record(let record):
                gathering?.records.append(record)
                if record.isUrgent { gathering?.isUrgent = true }
            case .openSession, .createShell, .probeSession, .closeSession, .listShells, .endForeign, .startInvocation,
                .stopInvocation, .showCommands, .answer, .tell, .stop:
                return true
            }
            return false
        }
    }
}

/// Effects that were performed before the broker was set back.
private struct Performed {
    private var counts: [Effect: Int] = [:]
    /// The calls that have their final answer.
    private(set) var answered: Set<CallID> = []

    init(_ effects: [Effect]) {
        for effect in effects {
            counts[effect, default: 0] += 1
            switch effect {
            case .answer(let call, _), .showCommands(_, let call): answered.insert(call)
            default: break
            }
        }
    }

    /// Those of `effects` that were not performed yet. Each performed one stands for one, and an answer for whatever
    /// else its call might be told now.
    mutating func missing(from effects: [Effect]) -> [Effect] {
        effects.filter { effect in
            switch effect {
            case .answer(let call, _): return answered.insert(call).inserted
            // A place in line is told again: whoever waits is to hear something in time, and this broker believes that he
            // just did.
            case .tell(let call, .waiting): return !answered.contains(call)
            case .tell(let call, _): if answered.contains(call) { return false }
            case .showCommands(_, let call): return answered.insert(call).inserted
            case .takeSeat, .takeLease, .takeShell, .takeInvocation, .takeIdle, .record, .openSession, .createShell,
                .probeSession, .closeSession, .listShells, .endForeign, .startInvocation, .stopInvocation, .stop:
                break
            }
            guard let count = counts[effect], count > 0 else { return true }
            counts[effect] = count - 1
            return false
        }
    }
}

extension Record {
    /// The session that it is the end of.
    fileprivate var end: SessionID? { if case .ended(let id, _, _) = self { id } else { nil } }

    /// Whether the next life would do something wrong for want of it, such as take a session that is being ended for one
    /// that is wanted. Nobody waits for it all the same.
    fileprivate var isUrgent: Bool {
        switch self {
        case .closing, .ordered, .foreignEnded, .locked, .unlocked: true
        case .taken, .leaseChanged, .opened, .invoking, .used, .unconfirmed, .ended, .held, .pruned: false
        }
    }
}

extension Effect {
    /// Whether it is for the journal.
    fileprivate var isForDisk: Bool {
        switch self {
        case .takeSeat, .takeLease, .takeShell, .takeInvocation, .takeIdle, .record: true
        case .openSession, .createShell, .probeSession, .closeSession, .listShells, .endForeign, .startInvocation,
            .stopInvocation,
            .showCommands, .answer, .tell, .stop:
            false
        }
    }
}

extension Event {
    /// Whether feeding this event again would do what failed, or undo that we know of the failure.
    fileprivate func isAbout(_ calls: [CallID]) -> Bool {
        switch self {
        case .request(let call, _, _): calls.contains(call)
        case .journalTroubled: true
        default: false
        }
    }
}
