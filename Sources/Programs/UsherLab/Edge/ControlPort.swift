// The control port: what a test asks the lab for, and what the lab tells it. Plain HTTP on loopback, answers in JSON; every
// order is a POST with its words in the query. It keeps answering while the lab is down. docs/lab.md has the table.

internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Varlink
internal import WSMan

/// The server for orders and questions of tests.
final class ControlPort: HTTPConnectionDelegate {
    private let server: LabServer

    init(_ server: LabServer) { self.server = server }

    func open(_ address: LabAddress) -> EventLoopFuture<any Channel> {
        let port = NIOLoopBound(self, eventLoop: server.loop)
        return ServerBootstrap(group: server.loop)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.configureHTTPServerPipeline(
                        withPipeliningAssistance: false, withErrorHandling: true)
                    try pipeline.addHandler(HTTPConnection(isPlain: true, delegate: port.value))
                }
            }
            .bind(host: address.host, port: address.port)
    }

    func connected(_ connection: HTTPConnection) {}
    func disconnected(_ connection: HTTPConnection) {}
    func began(_ connection: HTTPConnection) -> Bool { true }

    func received(_ question: HTTPQuestion, by connection: HTTPConnection) {
        do throws(ControlRefusal) {
            switch (question.method, question.path) {
            case ("GET", "/stats"): return connection.answer(.json(server.stats))
            case ("GET", "/settings"): return connection.answer(.json(server.settings))
            case ("POST", "/down"), ("POST", "/up"):
                return turn(isDown: question.path == "/down", connection)
            case ("POST", let path): try obey(path, question)
            default: return connection.answer(HTTPReply(status: 404))
            }
            server.carry(server.tenant.timePassed(at: server.now))
            server.setAlarm()
            connection.answer(.json(["ok": true]))
        } catch {
            connection.answer(.json(["ok": false, "error": .string(error.words)], status: 400))
        }
    }

    private func turn(isDown: Bool, _ connection: HTTPConnection) {
        guard isDown != server.isDown else { return connection.answer(.json(["ok": true])) }
        let bound = NIOLoopBound(connection, eventLoop: server.loop)
        (isDown ? server.shut() : server.open()).whenComplete { result in
            switch result {
            case .success: bound.value.answer(.json(["ok": true]))
            case .failure(let error):
                bound.value.answer(.json(["ok": false, "error": .string("\(error)")], status: 500))
            }
        }
    }

    private func obey(_ path: String, _ question: HTTPQuestion) throws(ControlRefusal) {
        switch path {
        case "/set": for (name, value) in question.query { try server.set(name, value) }
        case "/trouble": try server.troubles.add(try Trouble(question))
        case "/clear": server.troubles.clear()
        case "/reset": server.reset()
        case "/foreign": try foreign(question)
        case "/reap":
            guard let id = question["shell"].flatMap({ GUID($0) }) else { throw ControlRefusal("shell is a ShellId.") }
            server.carry(server.tenant.reap(id, at: server.now))
        case "/disconnect":
            guard let id = question["shell"].flatMap({ GUID($0) }) else { throw ControlRefusal("shell is a ShellId.") }
            server.carry(server.tenant.disconnect(id, at: server.now))
        case "/expire":
            server.accounts.expireTokens()
            if question["refresh"] != nil { server.accounts.revokeRefreshTokens() }
        case "/approve":
            let user = try server.principalName(question["admin"] ?? "")
            guard server.accounts.approve(question["code"], as: user) else {
                throw ControlRefusal("Nobody asked for that code.")
            }
        case "/advance":
            guard let text = question["by"], let leap = DurationText.parse(text) else {
                throw ControlRefusal("by is a duration, as 15m.")
            }
            server.leap += leap
        default: throw ControlRefusal("There is no \(path).")
        }
    }

    private func foreign(_ question: HTTPQuestion) throws(ControlRefusal) {
        let user = try question["admin"].map { name throws(ControlRefusal) in try server.principalName(name) }
        func count(_ name: String) throws(ControlRefusal) -> Int? {
            guard let text = question[name] else { return nil }
            if name == "close", text == "all" { return .max }
            guard let count = Int(text), count >= 0 else { throw ControlRefusal("\(name) is a number.") }
            return count
        }
        if let opened = try count("open") {
            guard let user else { throw ControlRefusal("admin says whose shells they are.") }
            server.tenant.openForeign(opened, for: user, at: server.now)
        }
        if let closed = try count("close") {
            server.carry(server.tenant.closeForeign(closed, of: user, at: server.now))
        }
    }
}

extension HTTPReply {
    fileprivate static func json(_ json: JSON, status: Int = 200) -> HTTPReply {
        .text(status, json.text + "\n", type: "application/json")
    }
}
