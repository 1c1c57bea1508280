internal import UsherAPI
internal import UsherCore
internal import UsherTenant
internal import Varlink

enum AcquireHandler: Handler {
    static let method = Method.acquire

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .acquire(try acquisition(parameters, origin))
    }

    /// What is asked for, by this method and by one that runs a pipeline.
    static func acquisition(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Acquisition {
        var acquisition = Acquisition(tenant: parameters.text("tenant") ?? "")
        acquisition.admin = try parameters.admin("admin")
        acquisition.shell = .random()
        if let text = parameters.text("requestId") {
            guard let request = RequestID(text) else { throw InvalidParameter(name: "requestId") }
            acquisition.request = request
        }
        acquisition.purpose = parameters.text("purpose")
        guard Remark.fits(acquisition.purpose ?? "") else { throw InvalidParameter(name: "purpose") }
        acquisition.wait = try parameters.seconds("waitSeconds")
        acquisition.reuse = parameters.flag("reuse")
        acquisition.runsPipelines = parameters.flag("pipelines")
        acquisition.lease = try parameters.lease("lease", origin) ?? .connection
        guard acquisition.lease != .none else { throw InvalidParameter(name: "lease") }
        acquisition.terminal = origin.terminal()
        return acquisition
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .session(let view, let reused) = answer else { return nil }
        return ["session": scribe.session(view), "reused": .bool(reused)]
    }

    static func reply(_ news: News, _ scribe: Scribe) -> JSONObject? {
        switch news {
        case .waiting(let position, let holders, let retryAfter):
            scribe.object(
                ("position", scribe.number(position)), ("holders", .array(holders.map(scribe.holder))),
                ("retryAfterSeconds", scribe.secondsToWait(retryAfter)))
        case .step(let step, let detail):
            scribe.object(("step", .string(step.rawValue)), ("detail", detail.map(JSON.string)))
        case .session, .began, .remaining: nil
        }
    }
}

enum AttachHandler: Handler {
    static let method = Method.attach

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        guard let lease = try parameters.lease("lease", origin) else { throw InvalidParameter(name: "lease") }
        return .attach(try parameters.session("session"), lease)
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        switch answer {
        case .session(let view, _): ["session": scribe.session(view)]
        default: nil
        }
    }
}

enum WatchHandler: Handler {
    static let method = Method.watch

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .watch(try parameters.session("session"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .session(let view, _) = answer else { return nil }
        return ["session": scribe.session(view)]
    }

    static func reply(_ news: News, _ scribe: Scribe) -> JSONObject? {
        guard case .session(let view) = news else { return nil }
        return ["session": scribe.session(view)]
    }
}

enum CloseHandler: Handler {
    static let method = Method.close

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .close(try parameters.session("session"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .closed(let id, let reason, let isConfirmed) = answer else { return nil }
        let state = isConfirmed ? SessionState.closed : .unconfirmed
        return ["session": scribe.text(id), "state": .string(state.rawValue), "reason": .string(reason.rawValue)]
    }
}

enum ListSessionsHandler: Handler {
    static let method = Method.listSessions

    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request {
        .listSessions(tenant: try parameters.tenant("tenant"), ended: parameters.flag("ended"))
    }

    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject? {
        guard case .sessions(let views) = answer else { return nil }
        return ["sessions": .array(views.map(scribe.session))]
    }
}
