public import UsherCore

/// The journal as a table in memory: applies records as the database does, and notes what a database would have to
/// refuse.
public struct JournalModel: Sendable {
    /// The sessions on a seat, as the last record about each left them.
    public private(set) var live: [SessionID: SessionRecord] = [:]
    /// Every session that was ever written down.
    public private(set) var begun: Set<SessionID> = []
    /// How each that is over ended. One that was withdrawn never was, for all who asked.
    public private(set) var ends: [SessionID: EndReason] = [:]
    public private(set) var withdrawn: Set<SessionID> = []
    /// What contradicts the journal's own history.
    public private(set) var faults: [String] = []

    private var ended: [EndedSession] = []
    private var next = SessionID.first
    private var locks: [TenantName: TenantLock] = [:]
    /// Sessions whose commit was reported as failed although it took place.
    private var disowned: Set<SessionID> = []

    public init() {}

    /// Applies one batch. `isReported` is false where the broker will be told that it failed.
    public mutating func apply(_ batch: [Record], isReported: Bool = true) {
        for record in batch {
            if case .taken(let session) = record, !isReported { disowned.insert(session.identity.id) }
            apply(record)
        }
    }

    private mutating func apply(_ record: Record) {
        switch record {
        case .taken(let session):
            let id = session.identity.id
            if !begun.insert(id).inserted { faults.append("\(id) begins a second time") }
            live[id] = session
            next = max(next, id.next)
        case .leaseChanged(let id, let lease, let lastUsed):
            change(id, "changes its lease") { $0.with(lease: lease, lastUsed: lastUsed) }
        case .opened(let id, let shell): change(id, "is opened") { $0.with(shell: shell) }
        case .invoking(let id, let invocations, let at):
            change(id, "begins to run something") {
                $0.with(lastUsed: at, invocations: invocations, mayRun: true)
            }
        case .used(let id, let invocations, let at):
            change(id, "is used") { $0.with(lastUsed: at, invocations: invocations, mayRun: false) }
        case .closing(let id, let reason, _):
            change(id, "is closing") { $0.with(end: .init(reason: reason, freesAt: nil, isUnconfirmed: false)) }
        case .unconfirmed(let id, let reason, let freesAt, _):
            change(id, "is unconfirmed") {
                $0.with(end: .init(reason: reason, freesAt: freesAt, isUnconfirmed: true))
            }
        case .ended(let id, let reason, let at):
            guard let session = live.removeValue(forKey: id) else {
                faults.append("\(id) ends (\(reason)) and is not there")
                return
            }
            if ends.updateValue(reason, forKey: id) != nil { faults.append("\(id) ends a second time") }
            ended.append(
                EndedSession(identity: session.identity, reason: reason, at: at, invocations: session.invocations))
        case .held(let sessions, let nextSession):
            hold(sessions)
            next = max(next, nextSession)
        case .locked(let tenant, let lock): locks[tenant] = lock
        case .unlocked(let tenant, _, _): locks[tenant] = nil
        case .ordered(let id, _, _, _): change(id, "is ordered to end") { $0 }
        case .foreignEnded, .pruned: break
        }
    }

    private mutating func change(_ id: SessionID, _ what: String, _ change: (SessionRecord) -> SessionRecord) {
        guard let session = live[id] else {
            faults.append("\(id) \(what) and is not there")
            return
        }
        live[id] = change(session)
    }

    /// Makes the table what the broker says is held. As this disk loses nothing, that must be what is in it, but for
    /// what was written although it was reported as failed.
    private mutating func hold(_ sessions: [SessionRecord]) {
        let held = Set(sessions.map(\.identity.id))
        for id in live.keys where !held.contains(id) {
            if !disowned.contains(id) { faults.append("\(id) is in the journal and not among what is held") }
            live[id] = nil
            withdrawn.insert(id)
        }
        for session in sessions {
            let id = session.identity.id
            if !begun.contains(id) { faults.append("\(id) is held and was never begun") }
            // Its end was written by a commit that was reported as failed, and will be written again.
            ends[id] = nil
            ended.removeAll { $0.identity.id == id }
            live[id] = session
        }
    }

    /// What a broker that starts now reads. Nobody is left who was told otherwise.
    public mutating func read(consoles: [SessionID: Console] = [:]) -> JournalContents {
        disowned = []
        return JournalContents(
            sessions: live.values.sorted { $0.identity.id < $1.identity.id }, consoles: consoles, ended: ended,
            nextSession: next, locks: locks)
    }

    /// How this journal differs from what the broker thinks is durable. Times of last use may lag behind: they are
    /// written when a pipeline has ended, not when it begins.
    public func differences(from records: [SessionRecord]) -> [String] {
        let ours = Dictionary(uniqueKeysWithValues: records.map { ($0.identity.id, $0) })
        var differences = live.keys.filter { ours[$0] == nil }.map { "\($0) is in the journal and not on the books" }
        for (id, record) in ours {
            guard let kept = live[id] else {
                differences.append("\(id) is on the books and not in the journal")
                continue
            }
            if kept.identity != record.identity { differences.append("\(id) is somebody else's in the journal") }
            if kept.lease != record.lease {
                differences.append("\(id) has lease \(record.lease), in the journal \(kept.lease)")
            }
            // One that was closing when the daemon died is unconfirmed in the next life; the journal need not say so.
            if kept.end?.reason != record.end?.reason || kept.end?.freesAt != record.end?.freesAt {
                let (ours, theirs) = (record.end.debugDescription, kept.end.debugDescription)
                differences.append("\(id) has end \(ours), in the journal \(theirs)")
            }
            if kept.mayRun != record.mayRun { differences.append("\(id) runs something, or the journal says so") }
            if kept.shell != record.shell { differences.append("\(id) has another shell in the journal") }
            if kept.lastUsed > record.lastUsed { differences.append("\(id) was used later in the journal") }
            if kept.invocations > record.invocations { differences.append("\(id) ran more often in the journal") }
        }
        return differences.sorted()
    }
}

extension SessionRecord {
    fileprivate func with(
        lease: LeaseRecord? = nil, lastUsed: Moment? = nil, invocations: Int? = nil, shell: ShellRecord? = nil,
        mayRun: Bool? = nil, end: End? = nil
    ) -> SessionRecord {
        SessionRecord(
            identity: identity, lease: lease ?? self.lease, lastUsed: lastUsed ?? self.lastUsed,
            invocations: invocations ?? self.invocations, shell: shell ?? self.shell, mayRun: mayRun ?? self.mayRun,
            end: end ?? self.end)
    }
}
