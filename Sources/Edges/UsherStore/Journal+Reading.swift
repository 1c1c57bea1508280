internal import GRDB
internal import UsherCore

extension Journal {
    /// Everything the broker must know before it gives anything out.
    static func contents(_ database: Database, _ clock: any JournalClock) throws -> JournalContents {
        let instant = Instant(clock)
        // Without a name of its own every start of the machine may be another one.
        let isSameBoot =
            try !instant.boot.isEmpty && String.fetchOne(database, sql: "SELECT boot FROM daemon") == instant.boot
        let sessions = try Row.fetchAll(database, sql: "SELECT * FROM sessions ORDER BY number").map { row in
            guard let session = session(row, isSameBoot, instant) else { throw UnreadableRow(table: "sessions", row) }
            return session
        }
        let ended = try Row.fetchAll(
            database,
            sql: "SELECT * FROM events WHERE event = 'ended' ORDER BY number DESC LIMIT ?",
            arguments: [JournalContents.endedCountMax]
        ).compactMap { endedSession($0, instant) }.reversed()
        let next = try nextSession(database)
        let locks = try locks(database, isSameBoot, instant)
        if !isSameBoot {
            for session in sessions { try restate(session, database) }
            for (tenant, lock) in locks { try restate(lock, of: tenant, database) }
            try noteBoot(instant.boot, database)
        }
        try database.execute(sql: "UPDATE daemon SET life = life + 1")
        let life = try Int64.fetchOne(database, sql: "SELECT life FROM daemon") ?? 1
        return JournalContents(
            sessions: sessions, ended: Array(ended), nextSession: next, locks: locks,
            life: UInt32(truncatingIfNeeded: life))
    }

    /// Puts the boot columns on the clock of this start of the machine: after the next restart they will be believed.
    private static func restate(_ session: SessionRecord, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE sessions SET since_boot = ?, used_boot = ?, frees_boot = ? WHERE number = ?",
            arguments: [
                session.identity.since.nanoseconds, session.lastUsed.nanoseconds, session.end?.freesAt?.nanoseconds,
                session.identity.id.row,
            ])
    }

    private static func restate(_ lock: TenantLock, of tenant: TenantName, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE locks SET since_boot = ?, until_boot = ? WHERE tenant = ?",
            arguments: [lock.since.nanoseconds, lock.until?.nanoseconds, tenant.description])
    }

    private static func locks(
        _ database: Database, _ isSameBoot: Bool, _ instant: Instant
    ) throws -> [TenantName: TenantLock] {
        var locks: [TenantName: TenantLock] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT * FROM locks") {
            func moment(_ column: String) -> Moment? {
                if isSameBoot { return (row[column + "_boot"] as Int64?).map(Moment.init(nanoseconds:)) }
                return (row[column] as Int64?).map { instant.moment(atWall: $0, boundedByNow: false) }
            }
            guard let tenant = (row["tenant"] as String?).flatMap(TenantName.init), let since = moment("since") else {
                throw UnreadableRow(table: "locks", row)
            }
            let actor = Principal(
                uid: UserID(UInt32(truncatingIfNeeded: row["actor_uid"] as Int64? ?? 0)), user: row["actor"] ?? "")
            locks[tenant] = TenantLock(message: row["message"] ?? "", until: moment("until"), by: actor, since: since)
        }
        return locks
    }

    private static func session(_ row: Row, _ isSameBoot: Bool, _ instant: Instant) -> SessionRecord? {
        /// A moment from the boot clock's column where the machine still runs, else from the wall clock's.
        func moment(_ column: String, boundedByNow: Bool = true) -> Moment? {
            guard let wall = row[column] as Int64? else { return nil }
            if isSameBoot, let boot = row[column + "_boot"] as Int64? { return Moment(nanoseconds: boot) }
            return instant.moment(atWall: wall, boundedByNow: boundedByNow)
        }
        guard let since = moment("since"), let identity = identity(row, number: row["number"], since: since),
            let lastUsed = moment("used"), let invocations = row["invocations"] as Int?,
            let lease = LeaseColumns.record(
                lease: row["lease"] ?? "", leader: row["leader"], startTicks: row["leader_start"])
        else { return nil }
        var end: SessionRecord.End?
        if let reason = (row["reason"] as String?).flatMap(EndReason.init(rawValue:)) {
            end = SessionRecord.End(
                reason: reason, freesAt: moment("frees", boundedByNow: false),
                isUnconfirmed: row["state"] as String? == "unconfirmed")
        }
        return SessionRecord(
            identity: identity, lease: lease, lastUsed: lastUsed, invocations: invocations, shell: shell(row),
            mayRun: row["running"] as Int64? != 0, end: end)
    }

    private static func shell(_ row: Row) -> ShellRecord? {
        guard let shellID = row["shell_id"] as String?, let endpoint = row["endpoint"] as String?,
            let resource = row["resource"] as String?, let client = (row["client"] as String?).flatMap(ShellID.init),
            let pool = (row["pool"] as String?).flatMap(ShellID.init), let version = row["protocol"] as String?
        else { return nil }
        return ShellRecord(
            shellID: shellID, endpoint: endpoint, resourceURI: resource, clientID: client, poolID: pool,
            protocolVersion: version, cookies: row["cookies"] ?? "",
            tenantIdle: (row["tenant_idle"] as Int64?).map { .milliseconds(max(0, $0)) })
    }

    private static func endedSession(_ row: Row, _ instant: Instant) -> EndedSession? {
        guard let since = row["since"] as Int64?, let at = row["at"] as Int64?,
            let identity = identity(row, number: row["session_number"], since: instant.moment(atWall: since)),
            let reason = (row["reason"] as String?).flatMap(EndReason.init(rawValue:))
        else { return nil }
        return EndedSession(
            identity: identity, reason: reason, at: instant.moment(atWall: at), invocations: row["invocations"] ?? 0)
    }

    private static func identity(_ row: Row, number: Int64?, since: Moment) -> SessionIdentity? {
        guard let number, number >= 0, let tenant = (row["tenant"] as String?).flatMap(TenantName.init),
            let admin = (row["admin"] as String?).flatMap(AdminName.init),
            let kind = (row["kind"] as String?).flatMap(TenantRules.Kind.init(rawValue:)),
            let uid = row["uid"] as Int64?
        else { return nil }
        return SessionIdentity(
            id: SessionID(number: UInt64(number)), tenant: tenant, admin: admin, kind: kind,
            owner: UserID(UInt32(truncatingIfNeeded: uid)), user: row["user"] ?? "", pid: row["pid"] ?? 0,
            terminal: row["terminal"], purpose: row["purpose"],
            request: (row["request"] as String?).flatMap(RequestID.init),
            shell: (row["shell"] as String?).flatMap(ShellID.init), since: since)
    }
}

/// A row that no Usher wrote: somebody edited the file. Passing it over would lose its seat.
struct UnreadableRow: Error, CustomStringConvertible {
    let description: String

    init(table: String, _ row: Row) {
        description = "row \((row["number"] as Int64?).map(String.init) ?? "?") of its table \(table) makes no sense"
    }
}
