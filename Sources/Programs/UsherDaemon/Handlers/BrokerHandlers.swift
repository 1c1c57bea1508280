internal import UsherAPI
internal import UsherCore
internal import Varlink

enum ListTenantsHandler: Handler {
    static let method = Method.listTenants

    static func request(_ parameters: Parameters, _ origin: CallOrigin) -> Request { .listTenants }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .tenants(let views) = answer else { return nil }
        return ["tenants": .array(views.map(scribe.tenant))]
    }
}

/// What the broker does not know of itself, version, start and connections, is added by the daemon.
enum GetStatusHandler: Handler {
    static let method = Method.getStatus

    static func request(_ parameters: Parameters, _ origin: CallOrigin) -> Request { .status }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .status(let view) = answer else { return nil }
        return scribe.object(
            ("state", .string(view.phase.rawValue)), ("sessions", scribe.number(view.sessions)),
            ("unconfirmed", scribe.number(view.unconfirmed)), ("waiting", scribe.number(view.waiting)),
            ("trouble", view.trouble.map(JSON.string)))
    }
}

/// The broker's part is what there is now; the daemon adds what it counted.
enum GetMetricsHandler: Handler {
    static let method = Method.getMetrics

    static func request(_ parameters: Parameters, _ origin: CallOrigin) -> Request { .measure }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        if case .measured = answer { [:] } else { nil }
    }
}

enum DrainHandler: Handler {
    static let method = Method.drain

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        let timeout = try parameters.seconds("timeoutSeconds")
        return .drain(timeout: timeout, force: parameters.flag("force"), follow: origin.more)
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .remaining(let count) = answer else { return nil }
        return ["remaining": scribe.number(count)]
    }

    static func reply(_ news: News, _ scribe: Scribe) -> JSONObject? {
        guard case .remaining(let count) = news else { return nil }
        return ["remaining": scribe.number(count)]
    }
}

enum ResumeHandler: Handler {
    static let method = Method.resume

    static func request(_ parameters: Parameters, _ origin: CallOrigin) -> Request { .resume }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { answer == .done ? [:] : nil }
}

/// The broker only says who may. The daemon then reads the files and adds what is wrong with them.
enum ReloadHandler: Handler {
    static let method = Method.reload

    static func request(_ parameters: Parameters, _ origin: CallOrigin) -> Request { .mayReload }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? { answer == .done ? [:] : nil }
}
