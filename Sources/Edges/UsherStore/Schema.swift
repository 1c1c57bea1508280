internal import GRDB

// The file, as an operator finds it with the sqlite3 shell:
//
//     sessions   one row for each seat that is taken, whatever became of its session
//     events     the journal: one row for each thing that happened to a session, kept for audit_keep
//     holders    a view of sessions with times to read
//     locks      tenants that an operator closed for new sessions
//     daemon     one row: which machine start the *_boot columns count from, the next id, and how often the journal was
//                opened
//
// Of a remote shell, `shell` is the id that we proposed for it, durable before it was asked for; `shell_id` and what
// follows lead to what the tenant made, and are null until it said so. `tenant_idle` is in milliseconds. `running` is 1
// from before a pipeline is sent until it has ended. The actor of an event is who had it happen, where that is not the
// session's own user.
//
// Times are milliseconds since 1970 for people and for after a reboot; the *_boot columns have the same moments on the
// boot clock, in nanoseconds, because deadlines must not move when somebody sets the time.

enum Schema {
    /// Named steps, applied in order, each once. A file that has steps we do not know was written by a newer Usher
    /// and is left alone.
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 sessions and events") { database in
            try database.execute(
                sql: """
                    CREATE TABLE daemon (
                        only INTEGER PRIMARY KEY CHECK (only = 1),
                        boot TEXT NOT NULL,
                        next_session INTEGER NOT NULL
                    ) STRICT;
                    INSERT INTO daemon VALUES (1, '', 0);

                    CREATE TABLE sessions (
                        number INTEGER PRIMARY KEY,
                        session TEXT NOT NULL,
                        tenant TEXT NOT NULL,
                        admin TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        uid INTEGER NOT NULL,
                        user TEXT NOT NULL,
                        pid INTEGER NOT NULL,
                        terminal TEXT,
                        purpose TEXT,
                        request TEXT,
                        since INTEGER NOT NULL,
                        since_boot INTEGER NOT NULL,
                        used INTEGER NOT NULL,
                        used_boot INTEGER NOT NULL,
                        lease TEXT NOT NULL,
                        leader INTEGER,
                        leader_start INTEGER,
                        invocations INTEGER NOT NULL,
                        state TEXT NOT NULL,
                        reason TEXT,
                        frees INTEGER,
                        frees_boot INTEGER
                    ) STRICT;

                    CREATE TABLE events (
                        number INTEGER PRIMARY KEY,
                        at INTEGER NOT NULL,
                        event TEXT NOT NULL,
                        session TEXT NOT NULL,
                        session_number INTEGER NOT NULL,
                        tenant TEXT NOT NULL,
                        admin TEXT NOT NULL,
                        kind TEXT NOT NULL,
                        uid INTEGER NOT NULL,
                        user TEXT NOT NULL,
                        pid INTEGER NOT NULL,
                        terminal TEXT,
                        purpose TEXT,
                        request TEXT,
                        since INTEGER NOT NULL,
                        lease TEXT NOT NULL,
                        invocations INTEGER NOT NULL,
                        reason TEXT
                    ) STRICT;

                    CREATE VIEW holders AS
                        SELECT session, tenant, admin, user, terminal, purpose, lease, state, reason,
                            datetime(since / 1000, 'unixepoch', 'localtime') AS since,
                            datetime(used / 1000, 'unixepoch', 'localtime') AS last_used
                        FROM sessions ORDER BY number;
                    """)
        }
        migrator.registerMigration("2 shells") { database in
            try database.execute(
                sql: """
                    ALTER TABLE daemon ADD COLUMN life INTEGER NOT NULL DEFAULT 0;

                    ALTER TABLE sessions ADD COLUMN shell TEXT;
                    ALTER TABLE sessions ADD COLUMN shell_id TEXT;
                    ALTER TABLE sessions ADD COLUMN endpoint TEXT;
                    ALTER TABLE sessions ADD COLUMN resource TEXT;
                    ALTER TABLE sessions ADD COLUMN client TEXT;
                    ALTER TABLE sessions ADD COLUMN pool TEXT;
                    ALTER TABLE sessions ADD COLUMN protocol TEXT;
                    ALTER TABLE sessions ADD COLUMN cookies TEXT;
                    ALTER TABLE sessions ADD COLUMN tenant_idle INTEGER;

                    ALTER TABLE events ADD COLUMN shell TEXT;
                    """)
        }
        migrator.registerMigration("3 running, locks and actors") { database in
            try database.execute(
                sql: """
                    ALTER TABLE sessions ADD COLUMN running INTEGER NOT NULL DEFAULT 0;

                    ALTER TABLE events ADD COLUMN actor_uid INTEGER;
                    ALTER TABLE events ADD COLUMN actor TEXT;
                    ALTER TABLE events ADD COLUMN note TEXT;

                    CREATE TABLE locks (
                        tenant TEXT PRIMARY KEY,
                        message TEXT NOT NULL,
                        since INTEGER NOT NULL,
                        since_boot INTEGER NOT NULL,
                        until INTEGER,
                        until_boot INTEGER,
                        actor_uid INTEGER NOT NULL,
                        actor TEXT NOT NULL
                    ) STRICT;
                    """)
        }
        return migrator
    }
}
