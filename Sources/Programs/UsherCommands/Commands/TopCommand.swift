import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Watch tenants and sessions
struct TopCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "top", abstract: "Watch tenants and sessions",
        discussion: """
            Shows how the broker is, the tenants you may use and the sessions you may see, again every second until q or \
            Ctrl-C. Away from a terminal, and with --format, once.
            """)

    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        if let format = shared.format, format != .table {
            let writer = singleWriter([Column("STATUS", "status"), Column("SESSIONS", "sessions")], in: console)
            try writer.add(try Overview(asking: try shared.connect(console)).record)
            return try writer.finish()
        }
        guard shared.format == nil, console.redraws(on: console.output), isatty(STDIN_FILENO) == 1 else {
            let overview = try Overview(asking: try shared.connect(console))
            for line in overview.lines(layout(console)) { try console.output.write(line: line) }
            return try console.output.flush()
        }
        try watch(console)
    }

    private func watch(_ console: Console) throws {
        let signals = try signalsThatEnd()
        let address = try shared.address(console)
        // Before the screen is taken: who may not, or mistyped, wants to read why.
        var client: BrokerClient? = try BrokerClient.connect(to: address)
        var overview = try client.map { try Overview(asking: $0, wake: signals.descriptor) }
        let screen = FullScreen(console)
        defer { screen.leave() }
        while true {
            var lines = overview?.lines(layout(console)) ?? []
            if client == nil { lines.insert("usherd went away; asking again.", at: 0) }
            try screen.show(lines)
            if try !screen.waits(.seconds(1), signals) { return }
            do {
                let present = try client ?? BrokerClient.connectAtOnce(to: address)
                client = present
                overview = try Overview(asking: present, wake: signals.descriptor)
            } catch let error as ClientError where error.mayPass || error.isSilence {
                client = nil
            }
        }
    }

    private func layout(_ console: Console) -> Table.Layout {
        Table.Layout(
            width: console.output.terminalWidth, hasHeader: !shared.noHeader,
            emphasis: console.emphasis(on: console.output), now: console.now())
    }
}

/// How the broker, its tenants and its sessions are at one moment.
struct Overview {
    private let status: JSONObject
    private let tenants: [JSONObject]
    private let sessions: [JSONObject]

    /// A readable `wake` ends the questions as interrupted.
    init(asking client: BrokerClient, wake: Int32 = -1) throws {
        status = try client.call(Method.getStatus.call(), wake: wake)
        tenants = (try client.call(Method.listTenants.call(), wake: wake)["tenants"]?.array ?? []).compactMap(\.object)
        sessions = try Self.sessions(client, wake)
    }

    /// Who may use no tenant may see no list of what is there.
    private static func sessions(_ client: BrokerClient, _ wake: Int32) throws -> [JSONObject] {
        do {
            return (try client.call(Method.listSessions.call(), wake: wake)["sessions"]?.array ?? []).compactMap(
                \.object)
        } catch let refusal as ErrorReply where refusal.known == .notAuthorized {
            return []
        }
    }

    init(status: JSONObject, tenants: [JSONObject], sessions: [JSONObject]) {
        self.status = status
        self.tenants = tenants
        self.sessions = sessions
    }

    /// For programs.
    var record: JSONObject {
        [
            "status": .object(status), "tenants": .array(tenants.map(JSON.object)),
            "sessions": .array(sessions.map(JSON.object)),
        ]
    }

    /// For people.
    func lines(_ layout: Table.Layout) -> [String] {
        var lines = [headline(layout)]
        if let trouble = status["trouble"]?.string { lines.append(layout.emphasis.alarming(trouble.madeVisible)) }
        for (columns, records) in [(TenantsCommand.columns, tenants), (SessionColumns.present, sessions)]
        where !records.isEmpty {
            var table = Table(columns, layout: layout)
            lines.append("")
            lines += records.flatMap { table.add($0) } + table.settle()
        }
        return lines
    }

    private func headline(_ layout: Table.Layout) -> String {
        var parts = [status.name("state"), Count.of(Int64(status.number("sessions")) ?? 0, "session")]
        for field in ["unconfirmed", "waiting"] where status[field]?.int ?? 0 > 0 {
            parts.append("\(status.number(field)) \(field)")
        }
        if let since = status["since"]?.string.flatMap(Instant.init(rfc3339:)) {
            parts.append("up \(since.age(at: layout.now))")
        }
        let line = "usherd \(status.name("version")): " + parts.joined(separator: " · ")
        return layout.width.map { line.fitted(to: $0) } ?? line
    }
}

extension ClientError {
    /// Whether the broker is there and says nothing.
    fileprivate var isSilence: Bool { if case .timedOut = self { true } else { false } }
}
