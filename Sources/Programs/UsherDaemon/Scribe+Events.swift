internal import UsherAPI
internal import UsherCore
internal import UsherStore
internal import Varlink

// Events as they happen and as the journal has them, in one form.
extension Scribe {
    /// Something that happened to a session just now.
    func event(
        _ event: String, of identity: SessionIdentity, at moment: Moment?, lease: LeaseRecord?, reason: EndReason?,
        by actor: Principal?
    ) -> JSON {
        .object(
            object(
                ("time", moment.map(time) ?? present), ("event", .string(event)), ("session", text(identity.id)),
                ("tenant", text(identity.tenant)), ("admin", text(identity.admin)), ("user", .string(identity.user)),
                ("uid", number(identity.owner.rawValue)), ("pid", number(identity.pid)),
                ("terminal", identity.terminal.map(JSON.string)), ("purpose", identity.purpose.map(JSON.string)),
                ("lease", lease.map { .string($0.word) }), ("since", time(identity.since)),
                ("reason", reason.map { .string($0.rawValue) }), ("actor", (actor?.user).map(JSON.string)),
                ("actorUid", (actor?.uid.rawValue).map(number))))
    }

    /// Something that happened to a tenant just now.
    func event(_ event: String, at tenant: TenantName, _ moment: Moment, by actor: Principal?, note: String?) -> JSON {
        .object(
            object(
                ("time", time(moment)), ("event", .string(event)), ("tenant", text(tenant)),
                ("actor", (actor?.user).map(JSON.string)), ("actorUid", (actor?.uid.rawValue).map(number)),
                ("note", note.map(JSON.string))))
    }

    /// A row of the journal.
    func event(_ row: AuditEvent) -> JSON {
        let isOfSession = row.session != nil
        return .object(
            object(
                ("number", number(row.number)), ("time", .string(rfc3339(row.at / 1000))),
                ("event", .string(row.event)), ("session", row.session.map(JSON.string)),
                ("tenant", .string(row.tenant)), ("admin", row.admin.map(JSON.string)),
                ("user", isOfSession ? .string(row.user) : nil), ("uid", isOfSession ? number(row.uid) : nil),
                ("pid", isOfSession ? number(row.pid) : nil), ("terminal", row.terminal.map(JSON.string)),
                ("purpose", row.purpose.map(JSON.string)), ("lease", row.lease.map(JSON.string)),
                ("since", isOfSession ? .string(rfc3339(row.since / 1000)) : nil),
                ("invocations", isOfSession ? number(row.invocations) : nil), ("shellId", row.shell.map(JSON.string)),
                ("reason", row.reason.map(JSON.string)), ("actor", row.actor.map(JSON.string)),
                ("actorUid", row.actorUID.map(number)), ("note", row.note.map(JSON.string))))
    }
}

extension LeaseRecord {
    /// The lease in the word of the interface.
    fileprivate var word: String {
        switch self {
        case .connection: "connection"
        case .console: "console"
        case .detached: "detached"
        case .none: "none"
        }
    }
}
