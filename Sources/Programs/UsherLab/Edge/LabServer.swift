// The edge of the lab: sockets, TLS, the clock. It knows who asks, hands what they ask to the tenant, and carries the
// answers back to the connections they belong to. All of it lives on one event loop, so nothing here is shared.

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import WSMan

/// The servers of one lab and what is behind them.
final class LabServer: HTTPConnectionDelegate {
    let loop: any EventLoop
    let options: LabOptions
    var tenant: LabTenant
    var accounts: Accounts
    var discovery: Autodiscovery
    var troubles = Troubles()
    /// The authority that a 401 names; nil for our own.
    var authority: String?
    /// Requests of every kind since the lab began or counted afresh.
    var requestsCount = 0
    var requestsOf: [String: Int] = [:]
    /// What was added to the clock.
    var leap: Duration = .zero
    private(set) var isDown = false

    private let tls: NIOSSLContext
    private let start = NIODeadline.now()
    private var connections: [ObjectIdentifier: HTTPConnection] = [:]
    private var pending: [Int: PendingRequest] = [:]
    private var requestOf: [ObjectIdentifier: Int] = [:]
    private var lastRequest = 0
    private var alarm: Scheduled<Void>?
    private var mainChannel: (any Channel)?
    private var plainChannel: (any Channel)?
    private(set) var addresses: LabAddresses

    /// A request that the tenant has and has not answered.
    private struct PendingRequest {
        let connection: HTTPConnection
        let action: String
        let messageID: String?
        let ending: HTTPReply.Ending
        let isCreate: Bool
    }

    init(loop: any EventLoop, options: LabOptions, tls: NIOSSLContext, startOfClock: Int64, seed: UInt64) {
        self.loop = loop
        self.options = options
        self.tls = tls
        accounts = Accounts(passwords: options.users)
        accounts.tokenLifetime = options.tokenLifetime
        let directory = Directory(
            domain: options.domain, usersCount: options.usersCount, administrators: options.users.keys.sorted())
        tenant = LabTenant(limits: options.limits, directory: directory, startOfClock: startOfClock, seed: seed)
        addresses = LabAddresses(listen: options.listen, discovery: options.discoveryListen)
        discovery = Autodiscovery(domain: options.domain, origin: "")
    }

    /// Time since the lab began, with what was added.
    var now: Duration { .nanoseconds((NIODeadline.now() - start).nanoseconds) + leap }

    /// The beginning of every address of ours.
    var origin: String { "https://localhost:\(addresses.listen.port)" }

    // MARK: Sockets

    /// Listens, at the ports it had when it listened before.
    func open() -> EventLoopFuture<Void> {
        isDown = false
        return bind(addresses.listen, tls: tls).assumeIsolated().flatMap { channel in
            self.mainChannel = channel
            return self.bind(self.addresses.discovery, tls: nil)
        }.map { channel in
            self.plainChannel = channel
            self.addresses.listen.port = self.mainChannel?.localAddress?.port ?? 0
            self.addresses.discovery.port = channel.localAddress?.port ?? 0
            self.discovery = Autodiscovery(
                domain: self.options.domain, origin: self.origin, fault: self.discovery.fault,
                target: self.discovery.target)
        }.nonisolated()
    }

    /// Stops listening and drops every connection; what is in the tenant stays.
    func shut() -> EventLoopFuture<Void> {
        isDown = true
        for connection in Array(connections.values) { connection.sever() }
        let closing = [mainChannel, plainChannel].compactMap { $0?.close() }
        (mainChannel, plainChannel) = (nil, nil)
        return EventLoopFuture.andAllComplete(closing, on: loop)
    }

    private func bind(_ address: LabAddress, tls: NIOSSLContext?) -> EventLoopFuture<any Channel> {
        let server = NIOLoopBound(self, eventLoop: loop)
        return ServerBootstrap(group: loop)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: true)
                    try pipeline.addHandler(HTTPConnection(isPlain: tls == nil, delegate: server.value))
                }
            }
            .bind(host: address.host, port: address.port)
    }

    // MARK: Connections

    func connected(_ connection: HTTPConnection) {
        connections[ObjectIdentifier(connection)] = connection
        if case .cut? = troubles.take(["connection"], isReused: false) { connection.sever() }
    }

    func began(_ connection: HTTPConnection) -> Bool {
        if case .cut? = troubles.take(["request"], isReused: false) { return false }
        return true
    }

    func disconnected(_ connection: HTTPConnection) {
        let key = ObjectIdentifier(connection)
        connections[key] = nil
        guard let id = requestOf.removeValue(forKey: key) else { return }
        pending[id] = nil
        tenant.clientLeft(id)
    }

    func received(_ question: HTTPQuestion, by connection: HTTPConnection) {
        requestsCount += 1
        let errand = errand(of: question)
        requestsOf[errand.kinds[0], default: 0] += 1
        let trouble = troubles.take(errand.kinds, isReused: question.isReused)
        var ending = HTTPReply.Ending.whole
        switch trouble {
        case .cut: return connection.answer(HTTPReply(status: 200, ending: .silence))
        case .hang: return connection.answer(HTTPReply(status: 200, ending: .hang))
        case .html: return connection.answer(.html)
        case .endless: return connection.answer(HTTPReply(status: 200, fields: errand.type, ending: .endless))
        case .malformed:
            let text = "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><unfinished"
            return connection.answer(HTTPReply(status: 200, fields: errand.type, body: Array(text.utf8)))
        case .status(let status): return connection.answer(HTTPReply(status: status))
        case .redirect(let status, let target):
            return connection.answer(HTTPReply(status: status, fields: [("Location", target)]))
        case .fault(let fault): return answer(fault, errand, connection)
        case .lose: ending = .silence
        case .truncate(let bytes): ending = .cut(after: bytes)
        case .delay(let delay):
            let bound = NIOLoopBound((self, connection, errand), eventLoop: loop)
            loop.scheduleTask(in: .nanoseconds(delay.inNanoseconds)) {
                let (server, connection, errand) = bound.value
                // A Receive that nobody waits for must not take output with it.
                if errand.isReceive, server.connections[ObjectIdentifier(connection)] == nil { return }
                server.run(errand, for: connection, ending: .whole)
            }
            return
        case nil: break
        }
        run(errand, for: connection, ending: ending)
    }

    private func run(_ errand: Errand, for connection: HTTPConnection, ending: HTTPReply.Ending) {
        switch errand {
        case .page(let question):
            var reply = self.reply(to: question)
            if case .whole = reply.ending { reply.ending = ending }
            connection.answer(reply)
        case .refused(let fault, _): answer(fault, errand, connection)
        case .operation(let request, let user, let question):
            if let domain = question["AdminDomain"], domain.lowercased() != options.domain {
                return answer(.notAnAdministrator(user).for(request.messageID), errand, connection)
            }
            // Another machine behind the load balancer, which knows nothing of the shell.
            if tenant.limits.hasAffinity, let shell = request.operation.shell,
                question.fields["cookie"]?.contains(Self.affinity) != true
            {
                return answer(.shellGone(shell.description).for(request.messageID), errand, connection)
            }
            lastRequest += 1
            let isCreate = if case .create = request.operation { true } else { false }
            pending[lastRequest] = PendingRequest(
                connection: connection, action: request.action, messageID: request.messageID, ending: ending,
                isCreate: isCreate)
            let key = ObjectIdentifier(connection)
            if connections[key] != nil { requestOf[key] = lastRequest }
            let id = lastRequest
            carry(tenant.ask(id, user: user, request, at: now))
            // Somebody whose client had gone before: what hangs for them hangs for nobody.
            if connections[key] == nil, pending.removeValue(forKey: id) != nil { tenant.clientLeft(id) }
            setAlarm()
        }
    }

    // MARK: Answers

    /// Takes answers of the tenant to where they belong.
    func carry(_ replies: [LabTenant.Reply]) {
        for reply in replies {
            guard let request = pending.removeValue(forKey: reply.request) else { continue }
            let key = ObjectIdentifier(request.connection)
            if requestOf[key] == reply.request { requestOf[key] = nil }
            var answer = reply.answer
            if case .created(let view, _, let isTerse) = answer {
                answer = .created(view, address: "\(origin)/wsman", isTerse: isTerse)
            }
            request.connection.answer(
                reply: envelope(answer, action: request.action, relatesTo: request.messageID, ending: request.ending))
        }
    }

    private func answer(_ fault: ServerFault, _ errand: Errand, _ connection: HTTPConnection) {
        var action = ""
        var relatesTo = fault.relatesTo
        if case .operation(let request, _, _) = errand { (action, relatesTo) = (request.action, request.messageID) }
        connection.answer(envelope(.fault(fault), action: action, relatesTo: relatesTo, ending: .whole))
    }

    private func envelope(
        _ answer: ServerAnswer, action: String, relatesTo: String?, ending: HTTPReply.Ending
    ) -> HTTPReply {
        let bytes = answer.envelope(
            action: action, relatesTo: relatesTo, messageID: tenant.chance.guid(), activityID: tenant.chance.guid(),
            machine: "localhost")
        var reply = HTTPReply(status: answer.status, fields: Self.soap, body: bytes, ending: ending)
        if tenant.limits.hasAffinity, case .created = answer {
            reply.fields.append(("Set-Cookie", "\(Self.affinity); Path=/; HttpOnly; Secure"))
        }
        if tenant.limits.compresses {
            reply.fields.append(("Content-Encoding", "gzip"))
            reply.body = GZip.stored(reply.body)
        }
        return reply
    }

    /// What a load balancer finds the machine by.
    private static let affinity = "MS-WSMAN=machine-1"

    static let soap = [(name: "Content-Type", value: "application/soap+xml;charset=UTF-8")]

    /// Wakes the tenant when something of it is due.
    func setAlarm() {
        alarm?.cancel()
        alarm = nil
        guard let wake = tenant.nextWake(now: now) else { return }
        let delay = max(.zero, wake - now)
        let bound = NIOLoopBound(self, eventLoop: loop)
        alarm = loop.scheduleTask(in: .nanoseconds(delay.inNanoseconds)) {
            let server = bound.value
            server.carry(server.tenant.timePassed(at: server.now))
            server.setAlarm()
        }
    }

    var connectionsCount: Int { connections.count }
}

extension HTTPConnection {
    fileprivate func answer(reply: HTTPReply) { answer(reply) }
}

extension Duration {
    /// Not more than a century, so that no clock overflows.
    var inNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        return min(max(seconds, 0), 3_000_000_000) * 1_000_000_000 + max(attoseconds, 0) / 1_000_000_000
    }
}

/// Where the lab listens.
struct LabAddresses {
    var listen: LabAddress
    var discovery: LabAddress
}

/// A host and a port.
struct LabAddress: Hashable {
    var host: String
    var port: Int

    /// Reads `127.0.0.1:443`, `[::1]:0` or a port alone.
    init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard let last = parts.last, let port = Int(last), (0...65535).contains(port) else { return nil }
        var host = parts.dropLast().joined(separator: ":")
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.host = host.isEmpty ? "127.0.0.1" : host
        self.port = port
    }
}
