public import UsherCore

/// The last things that happened, for whoever has to find out why.
public struct History: Sendable, CustomStringConvertible {
    private enum Entry: Sendable {
        case event(Event)
        case effect(Effect)
        case note(String)
    }

    private var entries: [(at: Moment, entry: Entry)] = []
    private let countMax = 400

    mutating func add(_ now: Moment, _ event: Event) { add((now, .event(event))) }
    mutating func add(_ now: Moment, _ effect: Effect) { add((now, .effect(effect))) }
    mutating func add(_ now: Moment, _ note: String) { add((now, .note(note))) }

    private mutating func add(_ entry: (Moment, Entry)) {
        // Cleared in halves, so that adding costs nothing.
        if entries.count == 2 * countMax { entries.removeFirst(countMax) }
        entries.append(entry)
    }

    /// One line each, oldest first, in seconds since the first of all.
    public var description: String {
        entries.suffix(countMax).map { at, entry in
            let seconds = Double((at.nanoseconds - ManualClock().now.nanoseconds) / 1_000_000) / 1000
            return switch entry {
            case .event(let event): "\(seconds)  \(event.summary)"
            case .effect(let effect): "\(seconds)      \(effect.summary)"
            case .note(let note): "\(seconds)  -- \(note)"
            }
        }
        .joined(separator: "\n")
    }
}

extension Event {
    /// Short enough to be read in a list of hundreds.
    public var summary: String {
        switch self {
        case .request(let call, let caller, .acquire(let wish)):
            "call \(call.rawValue) \(caller.user) on \(caller.connection.rawValue): acquire \(wish.tenant) as "
                + "\(wish.admin?.description ?? "-") \(wish.lease) wait \(wish.wait?.spelledOut ?? "-")"
                + "\(wish.reuse ? " reuse" : "") \(wish.request?.description ?? "")"
        case .request(let call, let caller, let request):
            "call \(call.rawValue) \(caller.user) on \(caller.connection.rawValue): \(request)"
        case .journalRead(let contents): "journalRead \(contents.sessions.map(\.identity.id))"
        case .rulesChanged: "rulesChanged"
        default: "\(self)"
        }
    }
}

extension Effect {
    /// Short enough to be read in a list of hundreds.
    public var summary: String {
        switch self {
        case .takeSeat(let record, let call): "takeSeat \(record.identity.id) for call \(call.rawValue)"
        case .openSession(let identity): "openSession \(identity.id) \(identity.admin) at \(identity.tenant)"
        case .closeSession(let identity): "closeSession \(identity.id)"
        case .answer(let call, .session(let view, let reused)):
            "answer call \(call.rawValue): \(view.identity.id) \(view.lease)\(reused ? " reused" : "")"
        case .answer(let call, .refused(.quotaExceeded(let no))): "answer call \(call.rawValue): \(no.shortage)"
        case .answer(let call, .refused(.waitTimeout(_, let waited))):
            "answer call \(call.rawValue): waited \(waited)"
        case .answer(let call, .sessions(let views)): "answer call \(call.rawValue): \(views.count) sessions"
        case .answer(let call, .tenants(let views)): "answer call \(call.rawValue): \(views.count) tenants"
        case .tell(let call, .waiting(let position, _, _)): "tell call \(call.rawValue): position \(position)"
        case .tell(let call, .session(let view)): "tell call \(call.rawValue): \(view.identity.id) \(view.state)"
        case .record(let record): "record \(record.summary)"
        default: "\(self)"
        }
    }
}

extension Record {
    /// Short enough to be read in a list of hundreds.
    public var summary: String {
        switch self {
        case .taken(let record): "taken \(record.identity.id)"
        case .held(let records, _): "held \(records.map(\.identity.id))"
        case .leaseChanged(let id, let lease, _): "leaseChanged \(id) \(lease)"
        case .ended(let id, let reason, _): "ended \(id) \(reason)"
        case .closing(let id, let reason, _): "closing \(id) \(reason)"
        case .unconfirmed(let id, let reason, _, _): "unconfirmed \(id) \(reason)"
        case .opened(let id, _): "opened \(id)"
        case .invoking(let id, let count, _): "invoking \(id) \(count)"
        case .used(let id, let count, _): "used \(id) \(count)"
        case .ordered(let id, let reason, let principal, _): "ordered \(id) \(reason) by \(principal.user)"
        case .foreignEnded(let foreign, _, _): "foreign ended \(foreign.shell.shellID)"
        case .locked(let tenant, _): "locked \(tenant)"
        case .unlocked(let tenant, _, _): "unlocked \(tenant)"
        case .pruned: "pruned"
        }
    }
}
