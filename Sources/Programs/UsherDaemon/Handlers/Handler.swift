internal import UsherAPI
internal import UsherCore
internal import Varlink

/// One method of the interface: its parameters into the broker's words, the broker's answers into its replies.
///
/// Parameters have been checked against the interface text before they come here; what a handler still refuses is
/// what the text cannot say. It decides nothing.
protocol Handler {
    static var method: Method { get }

    /// What the caller asks the broker.
    static func request(_ parameters: Parameters, _ origin: CallOrigin) throws(InvalidParameter) -> Request

    /// The final reply, or nil for an answer that this method never gets.
    static func reply(_ answer: Answer, _ scribe: Scribe) -> JSONObject?

    /// A reply on the way, or nil for news that this method never gets.
    static func reply(_ news: News, _ scribe: Scribe) -> JSONObject?
}

extension Handler {
    static func reply(_ news: News, _ scribe: Scribe) -> JSONObject? { nil }
}

/// Every method that the broker itself answers.
enum Handlers {
    static func handler(of method: Method) -> any Handler.Type {
        switch method {
        case .acquire: AcquireHandler.self
        case .login: LoginHandler.self
        case .listCommands: ListCommandsHandler.self
        case .invoke: InvokeHandler.self
        case .answer: AnswerHandler.self
        case .input: InputHandler.self
        case .stop: StopHandler.self
        case .attach: AttachHandler.self
        case .watch: WatchHandler.self
        case .close: CloseHandler.self
        case .listSessions: ListSessionsHandler.self
        case .listForeign: ListForeignHandler.self
        case .reclaim: ReclaimHandler.self
        case .lock: LockHandler.self
        case .unlock: UnlockHandler.self
        case .audit: AuditHandler.self
        case .subscribe: SubscribeHandler.self
        case .diagnose: DiagnoseHandler.self
        case .listTenants: ListTenantsHandler.self
        case .getStatus: GetStatusHandler.self
        case .getMetrics: GetMetricsHandler.self
        case .drain: DrainHandler.self
        case .resume: ResumeHandler.self
        case .reload: ReloadHandler.self
        }
    }
}

/// A parameter that the interface text allows and we do not.
struct InvalidParameter: Error {
    let name: String
}

/// What a request says, read by name. Missing and null are one.
struct Parameters {
    let object: JSONObject

    func text(_ name: String) -> String? { object[name]?.string }

    /// The name of a tenant, whether or not there is one.
    func tenant(_ name: String) throws(InvalidParameter) -> TenantName? {
        guard let text = text(name) else { return nil }
        guard let tenant = TenantName(text) else { throw InvalidParameter(name: name) }
        return tenant
    }

    func flag(_ name: String) -> Bool { object[name]?.bool ?? false }

    /// A whole number of seconds, not negative.
    func seconds(_ name: String) throws(InvalidParameter) -> Duration? {
        guard let value = object[name]?.int else { return nil }
        // A century of seconds: what is longer is a mistake, and would not fit our clock.
        guard (0...3_155_760_000).contains(value) else { throw InvalidParameter(name: name) }
        return .seconds(value)
    }

    /// A number of columns or rows.
    func extent(_ name: String) throws(InvalidParameter) -> Int32? {
        guard let value = object[name]?.int else { return nil }
        guard (1...32767).contains(value) else { throw InvalidParameter(name: name) }
        return Int32(value)
    }

    func session(_ name: String) throws(InvalidParameter) -> SessionReference {
        guard let reference = SessionReference(text(name) ?? "") else { throw InvalidParameter(name: name) }
        return reference
    }

    func invocation(_ name: String) -> InvocationID? { object[name]?.int.map { InvocationID(Int($0)) } }

    func admin(_ name: String) throws(InvalidParameter) -> AdminName? {
        guard let text = text(name) else { return nil }
        guard let admin = AdminName(text) else { throw InvalidParameter(name: name) }
        return admin
    }

    func lease(_ name: String, _ origin: CallOrigin) throws(InvalidParameter) -> LeaseWish? {
        switch text(name) {
        case nil: nil
        case "connection": .connection
        case "console": .console(origin.console())
        case "detached": .detached
        case "none": LeaseWish.none
        default: throw InvalidParameter(name: name)
        }
    }
}

/// Where a call comes from, as far as only the kernel knows. Looked up when a method wants to know.
struct CallOrigin {
    /// Whether the caller takes several replies.
    let more: Bool
    /// The caller's terminal, for display.
    let terminal: () -> String?
    /// The caller's login session, watched from now on, or nil where there is none to watch.
    let console: () -> Console?
}
