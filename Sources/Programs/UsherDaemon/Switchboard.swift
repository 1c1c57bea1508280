internal import LocalSocket
internal import Logging
internal import NIOCore
internal import Processes
internal import UsherAPI
internal import UsherCore
internal import Varlink

/// Between the socket and the broker: who is calling, what is asked, and where the answer goes.
///
/// A call's way: the interface text checks it, its handler puts it into the broker's words, the broker answers under
/// the call's number, the handler puts that into a reply. Only for use on the event loop.
final class Switchboard: ConnectionDelegate {
    private let service: Service
    private let scribe: Scribe
    private let names: UserNames
    private let logins: LoginSessions
    private let log: Logger
    private let about: About

    /// How new requests and departures reach the broker.
    var submit: (Event) -> Void = { _ in }
    /// Reads the configuration again and puts it in force unless it has faults, which it returns.
    var reload: () -> EventLoopFuture<[JSON]>

    private var door: Door
    private var clients: [ObjectIdentifier: Client] = [:]
    private var pending: [CallID: Pending] = [:]
    private var callCount: UInt64 = 0

    private struct Client {
        let id: ConnectionID
        let verdict: Door.Verdict
        /// Nil until the user's name is known; the first call waits for it.
        var caller: Caller?
        /// For display, looked up with the first call that wants it.
        var terminal: String??
    }

    private struct Pending {
        let connection: Connection
        let method: Method
        let more: Bool
    }

    init(
        about: About, door: Door, scribe: Scribe, names: UserNames, logins: LoginSessions, log: Logger,
        reload: @escaping () -> EventLoopFuture<[JSON]>
    ) {
        self.about = about
        self.door = door
        self.scribe = scribe
        self.names = names
        self.logins = logins
        self.log = log
        self.reload = reload
        service = Service(
            vendor: "Usher", product: "usherd", version: about.version, url: about.url,
            interfaces: [Interface.description])
    }

    /// New limits hold for new connections.
    func limit(connectionsMax: Int, connectionsPerUser: Int) {
        door.connectionsMax = connectionsMax
        door.connectionsPerUser = connectionsPerUser
    }

    // MARK: connections

    func connected(_ connection: Connection) {
        let user = UserID(connection.peer.uid)
        let verdict = door.enter(user)
        let id = ConnectionID(connection.number)
        clients[ObjectIdentifier(connection)] = Client(id: id, verdict: verdict)
        if verdict == .shut { connection.close() }
    }

    func ended(_ connection: Connection) {
        guard let client = clients.removeValue(forKey: ObjectIdentifier(connection)) else { return }
        door.leave(UserID(connection.peer.uid))
        if client.caller != nil { submit(.clientLeft(client.id)) }
    }

    func violated(_ connection: Connection, _ violation: ProtocolViolation) {
        log.notice(
            "cut off a client: \(violation.description)",
            metadata: ["uid": "\(connection.peer.uid)", "pid": "\(connection.peer.pid)"])
    }

    // MARK: calls

    func called(_ connection: Connection, _ call: Call) {
        let key = ObjectIdentifier(connection)
        guard let client = clients[key] else { return }
        if case .refused(let setting, let limit) = client.verdict {
            connection.reply(scribe.refusal(.tooManyRequests(setting: setting, limit: limit)))
            return connection.closeAfterReplies()
        }
        guard client.caller == nil else { return dispatch(call, connection) }
        let peer = connection.peer
        names.name(of: UserID(peer.uid)) { [self] name in
            // It may be gone by now; then nobody waits for this.
            guard clients[key]?.id == client.id else { return }
            clients[key]?.caller = Caller(
                uid: UserID(peer.uid), groups: Set(peer.groups.map(GroupID.init)), connection: client.id, user: name,
                pid: peer.pid)
            dispatch(call, connection)
        }
    }

    private func dispatch(_ call: Call, _ connection: Connection) {
        guard let caller = clients[ObjectIdentifier(connection)]?.caller else { return }
        let name: String
        switch service.route(call) {
        case .answer(let reply): return connection.reply(reply)
        case .dispatch(_, let method): name = method
        }
        guard let method = Method(rawValue: name) else { return connection.reply(.methodNotImplemented(call.method)) }
        do {
            let request = try Handlers.handler(of: method)
                .request(Parameters(object: call.parameters), origin(of: call, connection))
            callCount += 1
            let id = CallID(callCount)
            pending[id] = Pending(connection: connection, method: method, more: call.more)
            submit(.request(id, caller, request))
        } catch {
            connection.reply(.invalidParameter(error.name))
        }
    }

    private func origin(of call: Call, _ connection: Connection) -> CallOrigin {
        let pid = connection.peer.pid
        return CallOrigin(
            more: call.more,
            terminal: { [self] in
                let key = ObjectIdentifier(connection)
                if let known = clients[key]?.terminal { return known }
                let terminal = ProcessStatus(of: pid)?.terminal
                clients[key]?.terminal = .some(terminal)
                return terminal
            },
            console: { [self] in logins.session(of: pid).map(Console.init) })
    }

    // MARK: answers

    func answer(_ call: CallID, _ answer: Answer) {
        guard let pending = pending.removeValue(forKey: call) else { return }
        if case .refused(let refusal) = answer { return pending.connection.reply(scribe.refusal(refusal)) }
        guard var parameters = Handlers.handler(of: pending.method).reply(answer, scribe) else {
            preconditionFailure("\(pending.method.rawValue) cannot be answered with \(answer)")
        }
        switch pending.method {
        case .getStatus:
            parameters["version"] = .string(about.version)
            parameters["since"] = scribe.time(about.since)
            parameters["connections"] = scribe.number(door.count)
        case .reload:
            let bound = NIOLoopBound(pending.connection, eventLoop: names.eventLoop)
            reload().whenSuccess { bound.value.reply(Reply(parameters: ["faults": .array($0)])) }
            return
        case .listSessions where pending.more:
            for session in parameters["sessions"]?.array ?? [] {
                pending.connection.reply(Reply(parameters: ["session": session], continues: true))
            }
            parameters = [:]
        default: break
        }
        pending.connection.reply(Reply(parameters: parameters))
    }

    /// Says something on the way to the answer, unless the client did not ask for that, or does not read: the next
    /// news makes up for these.
    func tell(_ call: CallID, _ news: News) {
        guard let pending = pending[call], pending.more, pending.connection.isReadingReplies,
            let parameters = Handlers.handler(of: pending.method).reply(news, scribe)
        else { return }
        pending.connection.reply(Reply(parameters: parameters, continues: true))
    }
}

/// What the daemon says of itself.
struct About {
    let version: String
    let url: String
    let since: Moment
}

extension Console {
    /// A watched login session in the broker's words.
    init(_ login: LoginSession) {
        self.init(id: login.number, leader: login.leader, startTicks: login.startTicks)
    }
}
