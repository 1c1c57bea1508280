internal import GRDB
internal import UsherCore

/// What a connection writes again and again.
final class JournalStatements {
    private let insertSession: PreparedStatement
    private let changeLease: PreparedStatement
    private let noteUse: PreparedStatement
    private let noteClosing: PreparedStatement
    private let noteUnconfirmed: PreparedStatement
    private let noteShell: PreparedStatement
    private let deleteSession: PreparedStatement
    private let insertEvent: PreparedStatement
    private let insertBeginning: PreparedStatement

    init(_ database: Database) throws {
        insertSession = try PreparedStatement(
            database,
            """
            INSERT INTO sessions (number, session, tenant, admin, kind, uid, user, pid, terminal, purpose, request, since,
                since_boot, used, used_boot, lease, leader, leader_start, invocations, state, reason, frees, frees_boot,
                shell, running)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        changeLease = try PreparedStatement(
            database,
            "UPDATE sessions SET lease = ?, leader = ?, leader_start = ?, used = ?, used_boot = ? WHERE number = ?")
        noteUse = try PreparedStatement(
            database,
            "UPDATE sessions SET running = ?, invocations = ?, used = ?, used_boot = ? WHERE number = ?")
        noteClosing = try PreparedStatement(
            database, "UPDATE sessions SET state = 'closing', reason = ? WHERE number = ?")
        noteUnconfirmed = try PreparedStatement(
            database,
            "UPDATE sessions SET state = 'unconfirmed', reason = ?, frees = ?, frees_boot = ? WHERE number = ?")
        noteShell = try PreparedStatement(
            database,
            """
            UPDATE sessions SET shell_id = ?, endpoint = ?, resource = ?, client = ?, pool = ?, protocol = ?, cookies = ?,
                tenant_idle = ? WHERE number = ?
            """)
        deleteSession = try PreparedStatement(database, "DELETE FROM sessions WHERE number = ?")
        // Each row has all that is known of the session, so that it tells its story without the others. A session that
        // has no row any more adds none: it has ended before. OR FAIL, because SQLite would otherwise keep a savepoint for
        // it, a tenth of the journal's work; a batch that fails is rolled back as a whole anyway.
        insertEvent = try PreparedStatement(
            database,
            """
            INSERT OR FAIL INTO events (at, event, session, session_number, tenant, admin, kind, uid, user, pid, terminal,
                purpose, request, since, lease, invocations, shell, reason, actor_uid, actor)
            SELECT ?, ?, session, number, tenant, admin, kind, uid, user, pid, terminal, purpose, request, since,
                lease, invocations, coalesce(shell_id, shell), ?, ?, ? FROM sessions WHERE number = ?
            """)
        insertBeginning = try PreparedStatement(
            database,
            """
            INSERT OR FAIL INTO events (at, event, session, session_number, tenant, admin, kind, uid, user, pid, terminal,
                purpose, request, since, lease, invocations, shell)
            VALUES (?, 'began', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
    }

    /// The event of a row that was just inserted: its values are at hand, and to have SQLite look them up there is half as
    /// much work again.
    private func addBeginning(of record: SessionRecord, _ instant: Instant) throws {
        let identity = record.identity
        try insertBeginning.run {
            $0.add(instant.wall(of: identity.since))
            $0.add(identity.id.description)
            $0.add(identity.id.row)
            $0.add(identity, instant)
            $0.add(LeaseColumns(record.lease).lease)
            $0.add(Int64(record.invocations))
            $0.add(identity.shell?.description)
        }
    }

    /// Writes one record inside the transaction of its batch.
    func write(_ record: UsherCore.Record, _ database: Database, _ instant: Instant) throws {
        switch record {
        case .taken(let session):
            try insert(session, instant)
            try addBeginning(of: session, instant)
        case .leaseChanged(let id, let lease, let lastUsed):
            let columns = LeaseColumns(lease)
            try changeLease.run {
                $0.add(columns.lease)
                $0.add(columns.leader)
                $0.add(columns.startTicks)
                $0.add(instant.wall(of: lastUsed))
                $0.add(lastUsed.nanoseconds)
                $0.add(id.row)
            }
            try addEvent("lease", of: id, reason: nil, at: instant.moment, instant)
        case .opened(let id, let shell):
            try note(shell, of: id)
            try addEvent("opened", of: id, reason: nil, at: instant.moment, instant)
        case .invoking(let id, let invocations, let moment):
            try note(isRunning: true, invocations, at: moment, of: id, instant)
        case .used(let id, let invocations, let moment):
            try note(isRunning: false, invocations, at: moment, of: id, instant)
        case .closing(let id, let reason, let moment):
            try noteClosing.run {
                $0.add(reason.rawValue)
                $0.add(id.row)
            }
            try addEvent("closing", of: id, reason: reason, at: moment, instant)
        case .unconfirmed(let id, let reason, let freesAt, let moment):
            try noteUnconfirmed.run {
                $0.add(reason.rawValue)
                $0.add(freesAt.map(instant.wall))
                $0.add(freesAt?.nanoseconds)
                $0.add(id.row)
            }
            try addEvent("unconfirmed", of: id, reason: reason, at: moment, instant)
        case .ordered(let id, let reason, let actor, let moment):
            try addEvent("ordered", of: id, reason: reason, by: actor, at: moment, instant)
        case .foreignEnded(let foreign, let actor, let moment):
            let note = [foreign.shell.name, foreign.shell.owner, foreign.shell.address].compactMap { $0 }
            try Journal.addEvent(
                "foreign ended", at: foreign.tenant, admin: foreign.seenBy.description, shell: foreign.shell.shellID,
                note: note.joined(separator: ", "), by: actor, at: moment, database, instant)
        case .locked(let tenant, let lock):
            try Journal.insert(lock, of: tenant, database, instant)
            try Journal.addEvent(
                "locked", at: tenant, note: lock.message, by: lock.by, at: lock.since, database, instant)
        case .unlocked(let tenant, let actor, let moment):
            try database.execute(sql: "DELETE FROM locks WHERE tenant = ?", arguments: [tenant.description])
            try Journal.addEvent("unlocked", at: tenant, by: actor, at: moment, database, instant)
        case .ended(let id, let reason, let moment):
            try addEvent("ended", of: id, reason: reason, at: moment, instant)
            try deleteSession.run { $0.add(id.row) }
        case .held(let sessions, let nextSession):
            try database.execute(sql: "DELETE FROM sessions")
            try Journal.keepNextSession(nextSession, database)
            // All moments in it are of this start now, whatever file lies there.
            try Journal.noteBoot(instant.boot, database)
            for session in sessions { try insert(session, instant) }
        case .pruned(let before): try Journal.prune(before: instant.wall(of: before), database)
        }
    }

    private func insert(_ record: SessionRecord, _ instant: Instant) throws {
        let identity = record.identity
        let lease = LeaseColumns(record.lease)
        try insertSession.run {
            $0.add(identity.id.row)
            $0.add(identity.id.description)
            $0.add(identity, instant)
            $0.add(identity.since.nanoseconds)
            $0.add(instant.wall(of: record.lastUsed))
            $0.add(record.lastUsed.nanoseconds)
            $0.add(lease.lease)
            $0.add(lease.leader)
            $0.add(lease.startTicks)
            $0.add(Int64(record.invocations))
            $0.add(record.end.map { $0.isUnconfirmed ? "unconfirmed" : "closing" } ?? "held")
            $0.add(record.end?.reason.rawValue)
            $0.add((record.end?.freesAt).map(instant.wall))
            $0.add(record.end?.freesAt?.nanoseconds)
            $0.add(identity.shell?.description)
            $0.add(record.mayRun ? 1 : 0)
        }
        if let shell = record.shell { try note(shell, of: identity.id) }
    }

    private func note(
        isRunning: Bool, _ invocations: Int, at moment: Moment, of id: SessionID, _ instant: Instant
    ) throws {
        try noteUse.run {
            $0.add(isRunning ? 1 : 0)
            $0.add(Int64(invocations))
            $0.add(instant.wall(of: moment))
            $0.add(moment.nanoseconds)
            $0.add(id.row)
        }
    }

    private func note(_ shell: ShellRecord, of id: SessionID) throws {
        try noteShell.run {
            $0.add(shell.shellID)
            $0.add(shell.endpoint)
            $0.add(shell.resourceURI)
            $0.add(shell.clientID.description)
            $0.add(shell.poolID.description)
            $0.add(shell.protocolVersion)
            $0.add(shell.cookies)
            $0.add(shell.tenantIdle?.wholeMilliseconds)
            $0.add(id.row)
        }
    }

    private func addEvent(
        _ event: String, of id: SessionID, reason: EndReason?, by actor: Principal? = nil, at moment: Moment,
        _ instant: Instant
    ) throws {
        try insertEvent.run {
            $0.add(instant.wall(of: moment))
            $0.add(event)
            $0.add(reason?.rawValue)
            $0.add((actor?.uid.rawValue).map { Int64($0) })
            $0.add(actor?.user)
            $0.add(id.row)
        }
    }
}

extension PreparedStatement.Binding {
    /// Whose a session is and what for, as both tables have it, from `tenant` to `since`.
    fileprivate mutating func add(_ identity: SessionIdentity, _ instant: Instant) {
        add(identity.tenant.description)
        add(identity.admin.description)
        add(identity.kind.rawValue)
        add(Int64(identity.owner.rawValue))
        add(identity.user)
        add(Int64(identity.pid))
        add(identity.terminal)
        add(identity.purpose)
        add(identity.request?.description)
        add(instant.wall(of: identity.since))
    }
}

// What happens seldom, and to no session.
extension Journal {
    fileprivate static func insert(_ lock: TenantLock, of tenant: TenantName, _ database: Database, _ instant: Instant)
        throws
    {
        try database.execute(
            sql: "INSERT OR REPLACE INTO locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                tenant.description, lock.message, instant.wall(of: lock.since), lock.since.nanoseconds,
                lock.until.map(instant.wall), lock.until?.nanoseconds, Int64(lock.by.uid.rawValue), lock.by.user,
            ])
    }

    /// A row of the events that concerns no session. What such a row has no word for is empty.
    fileprivate static func addEvent(
        _ event: String, at tenant: TenantName, admin: String = "", shell: String? = nil, note: String? = nil,
        by actor: Principal?, at moment: Moment, _ database: Database, _ instant: Instant
    ) throws {
        try database.execute(
            sql: """
                INSERT INTO events (at, event, session, session_number, tenant, admin, kind, uid, user, pid, since, lease,
                    invocations, shell, note, actor_uid, actor)
                VALUES (?, ?, '', -1, ?, ?, '', ?, ?, 0, ?, '', 0, ?, ?, ?, ?)
                """,
            arguments: [
                instant.wall(of: moment), event, tenant.description, admin, Int64(actor?.uid.rawValue ?? 0),
                actor?.user ?? "", instant.wall(of: moment), shell, note, (actor?.uid.rawValue).map { Int64($0) },
                actor?.user,
            ])
    }
}

extension Journal {
    /// Forgets events older than that. They are in the order of time but for what clocks do, so the oldest ones are at
    /// the front and the walk ends at the first that stays. What the rows knew of ids is kept.
    static func prune(before wall: Int64, _ database: Database) throws {
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

    static func noteBoot(_ boot: String, _ database: Database) throws {
        try database.execute(sql: "UPDATE daemon SET boot = ?", arguments: [boot])
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
