internal import GRDB
internal import Synchronization
public import UsherCore

/// One row of the journal's events, as people read it. Times are milliseconds since 1970.
public struct AuditEvent: Hashable, Sendable {
    public let number: Int64
    public let at: Int64
    public let event: String
    /// Nil for what concerns no session.
    public let session: String?
    public let tenant: String
    public let admin: String?
    public let user: String
    public let uid: Int64
    public let pid: Int64
    public let terminal: String?
    public let purpose: String?
    public let lease: String?
    public let since: Int64
    public let invocations: Int64
    public let shell: String?
    public let reason: String?
    public let actor: String?
    public let actorUID: Int64?
    public let note: String?
}

/// Reads the journal's events beside its writer, on any thread, some at a time: whoever reads years holds up no grant.
public final class AuditReader: Sendable {
    private let path: String
    /// Opened with the first page, because a disk may take its time over that, too.
    private let database = Mutex<DatabaseQueue?>(nil)
    private let scope: AuditScope
    private let tenant: TenantName?
    private let since: Int64

    /// How many events one page has.
    public static let pageSize = 200

    /// Names the file; nothing is opened yet. `since` is in milliseconds since 1970.
    public init(path: String, scope: AuditScope, tenant: TenantName?, since: Int64) {
        self.path = path
        self.scope = scope
        self.tenant = tenant
        self.since = since
    }

    private func open() throws -> DatabaseQueue {
        try database.withLock { database in
            if let database { return database }
            var configuration = GRDB.Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            configuration.label = "audit"
            let opened = try DatabaseQueue(path: path, configuration: configuration)
            database = opened
            return opened
        }
    }

    /// The next events after that number, oldest first. Fewer than a page when it was the last.
    public func page(after number: Int64) throws -> [AuditEvent] {
        var conditions = ["number > ?", "at >= ?"]
        var arguments: StatementArguments = [number, since]
        if let tenant {
            conditions.append("tenant = ?")
            arguments += [tenant.description]
        }
        if !scope.all {
            let places = Array(repeating: "?", count: scope.tenants.count).joined(separator: ", ")
            conditions.append("(uid = ? OR tenant IN (\(places)))")
            arguments += [Int64(scope.uid.rawValue)]
            arguments += StatementArguments(scope.tenants.map(\.description))
        }
        let sql =
            "SELECT * FROM events WHERE \(conditions.joined(separator: " AND ")) ORDER BY number LIMIT \(Self.pageSize)"
        return try open().read {
            try Row.fetchAll($0, sql: sql, arguments: arguments).map { AuditEvent($0, for: scope) }
        }
    }
}

extension AuditEvent {
    fileprivate init(_ row: Row, for scope: AuditScope) {
        let uid: Int64 = row["uid"]
        // As in lists of sessions: the shell at the tenant is for its owner and for operators.
        let maySeeShell = scope.all || uid == Int64(scope.uid.rawValue)
        func text(_ column: String) -> String? {
            guard let text = row[column] as String?, !text.isEmpty else { return nil }
            return text
        }
        self.init(
            number: row["number"], at: row["at"], event: row["event"], session: text("session"), tenant: row["tenant"],
            admin: text("admin"), user: row["user"], uid: uid, pid: row["pid"], terminal: text("terminal"),
            purpose: text("purpose"), lease: text("lease"), since: row["since"], invocations: row["invocations"],
            shell: maySeeShell ? text("shell") : nil, reason: text("reason"), actor: text("actor"),
            actorUID: row["actor_uid"],
            note: text("note"))
    }
}
