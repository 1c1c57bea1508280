internal import UsherAPI
internal import UsherCore
internal import Varlink

enum ListForeignHandler: Handler {
    static let method = Method.listForeign

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .listForeign(tenant: try parameters.tenant("tenant"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .foreign(let report) = answer else { return nil }
        return [
            "shells": .array(report.shells.map(scribe.foreign)),
            "troubles": .array(report.troubles.map(scribe.trouble)),
        ]
    }
}

enum ReclaimHandler: Handler {
    static let method = Method.reclaim

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        let filter = Parameters(object: parameters.object["filter"]?.object ?? [:])
        var wish = ReclaimWish()
        wish.tenant = try filter.tenant("tenant")
        wish.admin = try filter.admin("admin")
        wish.user = filter.text("user")
        wish.idle = try filter.seconds("idleSeconds")
        wish.orphaned = filter.flag("orphaned")
        wish.unconfirmed = filter.flag("unconfirmed")
        wish.foreign = filter.flag("foreign")
        wish.forget = parameters.flag("forget")
        wish.dryRun = parameters.flag("dryRun")
        return .reclaim(wish)
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .reclaimed(let report) = answer else { return nil }
        return [
            "reclaimed": .array(report.reclaimed.map(scribe.session)),
            "foreign": .array(report.foreign.map(scribe.foreign)), "kept": .array(report.kept.map(scribe.kept)),
            "troubles": .array(report.troubles.map(scribe.trouble)),
        ]
    }
}

enum LockHandler: Handler {
    static let method = Method.lock

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        guard let tenant = try parameters.tenant("tenant") else { throw InvalidParameter(name: "tenant") }
        let message = parameters.text("message") ?? ""
        guard !message.isEmpty, Remark.fits(message) else { throw InvalidParameter(name: "message") }
        return .lock(tenant, message: message, span: try parameters.seconds("seconds"), cut: parameters.flag("cut"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { answer == .done ? [:] : nil }
}

enum UnlockHandler: Handler {
    static let method = Method.unlock

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        guard let tenant = try parameters.tenant("tenant") else { throw InvalidParameter(name: "tenant") }
        return .unlock(tenant)
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { answer == .done ? [:] : nil }
}

/// The broker only says how much the caller may read. The daemon then reads it.
enum AuditHandler: Handler {
    static let method = Method.audit

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        _ = try parameters.seconds("lastSeconds")
        return .mayAudit(tenant: try parameters.tenant("tenant"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .auditScope = answer else { return nil }
        return [:]
    }
}

/// The broker says which sessions are there. The daemon then tells what the journal has written.
enum SubscribeHandler: Handler {
    static let method = Method.subscribe

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .listSessions(tenant: try parameters.tenant("tenant"), ended: false)
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        ListSessionsHandler.reply(answer, scribe)
    }
}

enum DiagnoseHandler: Handler {
    static let method = Method.diagnose

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .diagnose(tenant: try parameters.tenant("tenant"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .findings(let findings) = answer else { return nil }
        return ["findings": .array(findings.map(scribe.finding))]
    }
}
