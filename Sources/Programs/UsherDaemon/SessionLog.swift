internal import Logging
internal import Synchronization
internal import UsherCore

/// What becomes of sessions, in the system's log, written when the journal has it.
///
/// It runs on the journal's thread, behind the commit, because formatting a line takes longer than deciding a request.
final class SessionLog: Sendable {
    private let log: Logger
    private let now: @Sendable () -> Moment
    private let storm = Mutex(Storm())

    /// In a storm the lines would only bury each other; the journal's table of events has every one.
    private static let linesMax = 8

    /// What was not told one by one.
    private struct Storm {
        var began = 0
        var ended = 0
        var toldAt = Moment.start

        /// The sum, once a second at most; what comes after that is part of the next one.
        mutating func add(_ records: [Record], at now: Moment) -> (began: Int, ended: Int)? {
            for record in records {
                switch record {
                case .taken: began += 1
                case .ended: ended += 1
                default: break
                }
            }
            guard toldAt + .seconds(1) <= now, began + ended > 0 else { return nil }
            defer { self = Storm(toldAt: now) }
            return (began, ended)
        }
    }

    init(log: Logger, now: @escaping @Sendable () -> Moment) {
        self.log = log
        self.now = now
    }

    /// Of whose sessions these records speak, as far as that will be told.
    func sessions(of records: [Record], _ broker: Broker) -> [SessionID: SessionIdentity] {
        guard records.count <= Self.linesMax else { return [:] }
        var sessions: [SessionID: SessionIdentity] = [:]
        for record in records {
            switch record {
            case .ended(let id, _, _), .unconfirmed(let id, _, _, _), .ordered(let id, _, _, _):
                sessions[id] = broker.identity(of: id)
            default: break
            }
        }
        return sessions
    }

    /// Tells records that are durable; `sessions` are those they speak of.
    func note(_ records: [Record], _ sessions: [SessionID: SessionIdentity] = [:]) {
        let isStorm = records.count > Self.linesMax
        let now = now()
        // With few records too: what is left of a storm is told with whatever comes next.
        if let (began, ended) = storm.withLock({ $0.add(isStorm ? records : [], at: now) }) {
            log.info("many sessions at once", metadata: ["began": "\(began)", "ended": "\(ended)"])
        }
        if isStorm { return }
        func facts(_ id: SessionID, _ reason: EndReason) -> Logger.Metadata {
            var facts = sessions[id].map(fields) ?? ["session": "\(id)"]
            facts["reason"] = "\(reason.rawValue)"
            return facts
        }
        for record in records {
            switch record {
            case .taken(let session):
                log.info("a session began", metadata: fields(session.identity))
            case .ended(let id, let reason, _): log.info("a session ended", metadata: facts(id, reason))
            case .unconfirmed(let id, let reason, _, _):
                log.warning(
                    "the tenant has not confirmed the end of a session; its seat stays taken",
                    metadata: facts(id, reason))
            case .ordered(let id, let reason, let actor, _):
                log.notice(
                    "somebody has a session ended",
                    metadata: facts(id, reason).merging(["by": "\(actor.user)"]) { $1 })
            case .foreignEnded(let foreign, let actor, _):
                log.notice(
                    "a shell that was not opened here was ended",
                    metadata: [
                        "tenant": "\(foreign.tenant)", "shell": "\(foreign.shell.shellID)", "by": "\(actor.user)",
                    ])
            case .locked(let tenant, let lock):
                log.notice("a tenant is locked", metadata: ["tenant": "\(tenant)", "by": "\(lock.by.user)"])
            case .unlocked(let tenant, let actor, _):
                var facts: Logger.Metadata = ["tenant": "\(tenant)"]
                facts["by"] = actor.map { "\($0.user)" }
                log.notice("a tenant is unlocked", metadata: facts)
            case .leaseChanged, .opened, .invoking, .used, .closing, .held, .pruned: break
            }
        }
    }

    /// What the system's log can be searched by.
    private func fields(_ identity: SessionIdentity) -> Logger.Metadata {
        var fields: Logger.Metadata = [
            "session": "\(identity.id)", "tenant": "\(identity.tenant)", "admin": "\(identity.admin)",
            "uid": "\(identity.owner)", "user": "\(identity.user)",
        ]
        fields["terminal"] = identity.terminal.map { "\($0)" }
        fields["purpose"] = identity.purpose.map { "\($0)" }
        return fields
    }
}
