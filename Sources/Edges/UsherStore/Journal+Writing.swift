internal import GRDB
internal import UsherCore

extension Journal {
    /// Writes one record inside the transaction of its batch.
    static func write(_ record: UsherCore.Record, _ database: Database, _ instant: Instant) throws {
        switch record {
        case .taken(let session):
            try insert(session, database, instant)
            try addEvent("began", of: session.identity.id, reason: nil, at: session.identity.since, database, instant)
        case .leaseChanged(let id, let lease, let lastUsed):
            let columns = LeaseColumns(lease)
            try database.cachedStatement(
                sql: """
                    UPDATE sessions SET lease = ?, leader = ?, leader_start = ?, used = ?, used_boot = ? WHERE number = ?
                    """
            ).execute(arguments: [
                columns.lease, columns.leader, columns.startTicks, instant.wall(of: lastUsed), lastUsed.nanoseconds,
                id.row,
            ])
            try addEvent("lease", of: id, reason: nil, at: instant.moment, database, instant)
        case .used(let id, let invocations, let moment):
            try database.cachedStatement(
                sql: "UPDATE sessions SET invocations = ?, used = ?, used_boot = ? WHERE number = ?"
            ).execute(arguments: [invocations, instant.wall(of: moment), moment.nanoseconds, id.row])
        case .closing(let id, let reason, let moment):
            try database.cachedStatement(sql: "UPDATE sessions SET state = 'closing', reason = ? WHERE number = ?")
                .execute(arguments: [reason.rawValue, id.row])
            try addEvent("closing", of: id, reason: reason, at: moment, database, instant)
        case .unconfirmed(let id, let reason, let freesAt, let moment):
            try database.cachedStatement(
                sql: """
                    UPDATE sessions SET state = 'unconfirmed', reason = ?, frees = ?, frees_boot = ? WHERE number = ?
                    """
            ).execute(arguments: [reason.rawValue, freesAt.map(instant.wall), freesAt?.nanoseconds, id.row])
            try addEvent("unconfirmed", of: id, reason: reason, at: moment, database, instant)
        case .ended(let id, let reason, let moment):
            try addEvent("ended", of: id, reason: reason, at: moment, database, instant)
            try database.cachedStatement(sql: "DELETE FROM sessions WHERE number = ?").execute(arguments: [
                id.row
            ])
        case .held(let sessions):
            try database.execute(sql: "DELETE FROM sessions")
            for session in sessions { try insert(session, database, instant) }
        case .pruned(let before): try prune(before: instant.wall(of: before), database)
        }
    }

    private static func insert(_ record: SessionRecord, _ database: Database, _ instant: Instant) throws {
        let identity = record.identity
        let lease = LeaseColumns(record.lease)
        let state = record.end.map { $0.isUnconfirmed ? "unconfirmed" : "closing" } ?? "held"
        try database.cachedStatement(
            sql: """
                INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            identity.id.row, identity.id.description, identity.tenant.description, identity.admin.description,
            identity.kind.rawValue, Int64(identity.owner.rawValue), identity.user, identity.pid, identity.terminal,
            identity.purpose, identity.request?.description, instant.wall(of: identity.since),
            identity.since.nanoseconds, instant.wall(of: record.lastUsed), record.lastUsed.nanoseconds, lease.lease,
            lease.leader, lease.startTicks, record.invocations, state, record.end?.reason.rawValue,
            (record.end?.freesAt).map(instant.wall), record.end?.freesAt?.nanoseconds,
        ])
    }

    /// Adds a row to the journal proper, with all that is known of the session, so that each row tells its story
    /// without the others. A session that has no row any more adds none: it has ended before.
    private static func addEvent(
        _ event: String, of id: SessionID, reason: EndReason?, at moment: Moment, _ database: Database,
        _ instant: Instant
    ) throws {
        try database.cachedStatement(
            sql: """
                INSERT INTO events (at, event, session, session_number, tenant, admin, kind, uid, user, pid, terminal,
                    purpose, request, since, lease, invocations, reason)
                SELECT ?, ?, session, number, tenant, admin, kind, uid, user, pid, terminal, purpose, request, since,
                    lease, invocations, ? FROM sessions WHERE number = ?
                """
        ).execute(arguments: [instant.wall(of: moment), event, reason?.rawValue, id.row])
    }

    /// Forgets events older than that. They are in the order of time but for what clocks do, so the oldest ones are at
    /// the front and the walk ends at the first that stays. What the rows knew of ids is kept.
    private static func prune(before wall: Int64, _ database: Database) throws {
        let firstKept = try Int64.fetchOne(
            database, sql: "SELECT number FROM events WHERE at >= ? ORDER BY number LIMIT 1", arguments: [wall])
        try keepNextSession(try nextSession(database), database)
        if let firstKept {
            try database.execute(sql: "DELETE FROM events WHERE number < ?", arguments: [firstKept])
        } else {
            try database.execute(sql: "DELETE FROM events")
        }
    }

    /// The first id that no row speaks of.
    static func nextSession(_ database: Database) throws -> SessionID {
        let kept = try Int64.fetchOne(database, sql: "SELECT next_session FROM daemon") ?? 0
        let held = try Int64.fetchOne(database, sql: "SELECT max(number) FROM sessions") ?? -1
        // Ids begin in the order in which they are given out, so the last beginning has the highest.
        let begun =
            try Int64.fetchOne(
                database,
                sql: "SELECT session_number FROM events WHERE event = 'began' ORDER BY number DESC LIMIT 1") ?? -1
        return max(.first, SessionID(number: UInt64(max(0, kept, held + 1, begun + 1))))
    }

    static func keepNextSession(_ id: SessionID, _ database: Database) throws {
        try database.execute(
            sql: "UPDATE daemon SET next_session = max(next_session, ?)", arguments: [Int64(id.number)])
    }
}

extension SessionID {
    /// The number as SQLite has it. It stays below 2^63 for as long as SessionID's own bound holds.
    var row: Int64 { Int64(clamping: number) }
}

/// A lease in three columns.
struct LeaseColumns {
    let lease: String
    var leader: Int64?
    var startTicks: Int64?

    init(_ record: LeaseRecord) {
        switch record {
        case .connection: lease = "connection"
        case .console(let leader, let startTicks):
            lease = "console"
            self.leader = Int64(leader)
            self.startTicks = Int64(clamping: startTicks)
        case .detached: lease = "detached"
        case .none: lease = "none"
        }
    }

    /// Nil when the columns say nothing that we would have written.
    static func record(lease: String, leader: Int64?, startTicks: Int64?) -> LeaseRecord? {
        switch (lease, leader, startTicks) {
        case ("connection", _, _): .connection
        case ("console", let leader?, let ticks?):
            .console(leader: Int32(clamping: leader), startTicks: UInt64(max(0, ticks)))
        case ("detached", _, _): .detached
        case ("none", _, _): LeaseRecord.none
        default: nil
        }
    }
}
