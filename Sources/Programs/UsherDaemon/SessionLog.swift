internal import Logging
internal import UsherCore

/// What becomes of sessions, in the system's log, written when the journal has it.
///
/// It runs on the journal's thread, behind the commit, because formatting a line takes longer than deciding a request.
struct SessionLog {
    let log: Logger

    /// In a storm the lines would only bury each other; the journal's table of events has every one.
    private static let linesMax = 8

    func note(_ records: [Record]) {
        guard records.count <= Self.linesMax else {
            let began = records.count { if case .taken = $0 { true } else { false } }
            let ended = records.count { if case .ended = $0 { true } else { false } }
            return log.info("many sessions at once", metadata: ["began": "\(began)", "ended": "\(ended)"])
        }
        for record in records {
            switch record {
            case .taken(let session):
                log.info("a session began", metadata: fields(session.identity))
            case .ended(let id, let reason, _):
                log.info("a session ended", metadata: ["session": "\(id)", "reason": "\(reason.rawValue)"])
            case .unconfirmed(let id, let reason, _, _):
                log.warning(
                    "the tenant has not confirmed the end of a session; its seat stays taken",
                    metadata: ["session": "\(id)", "reason": "\(reason.rawValue)"])
            case .ordered(let id, let reason, let actor, _):
                log.notice(
                    "somebody has a session ended",
                    metadata: ["session": "\(id)", "reason": "\(reason.rawValue)", "by": "\(actor.user)"])
            case .foreignEnded(let foreign, let actor, _):
                log.notice(
                    "a shell that was not opened here was ended",
                    metadata: [
                        "tenant": "\(foreign.tenant)", "shell": "\(foreign.shell.shellID)", "by": "\(actor.user)",
                    ])
            case .locked(let tenant, let lock):
                log.notice("a tenant is locked", metadata: ["tenant": "\(tenant)", "by": "\(lock.by.user)"])
            case .unlocked(let tenant, _, _): log.notice("a tenant is unlocked", metadata: ["tenant": "\(tenant)"])
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
