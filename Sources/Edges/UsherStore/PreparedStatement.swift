internal import GRDB
internal import GRDBSQLite

/// One statement of the hot path, prepared once for a connection and bound by hand.
///
/// GRDB's own way makes an array of existentials of the arguments, which on the grant path costs more than SQLite's work.
/// Everything else, opening, migrations, transactions, reading, is GRDB's. Not to be used beyond its connection.
final class PreparedStatement {
    private let statement: Statement

    init(_ database: Database, _ sql: String) throws { statement = try database.makeStatement(sql: sql) }

    /// Runs it with the values that `bind` gives, in the order of the placeholders.
    func run(_ bind: (inout Binding) -> Void) throws {
        var binding = Binding(statement: statement.sqliteStatement)
        bind(&binding)
        let step = binding.failure == SQLITE_OK ? sqlite3_step(statement.sqliteStatement) : binding.failure
        // Resetting gives the same code again, and frees the statement for the next run in any case.
        sqlite3_reset(statement.sqliteStatement)
        guard step == SQLITE_DONE else {
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(statement.sqliteStatement)))
            throw DatabaseError(resultCode: ResultCode(rawValue: step), message: message)
        }
    }

    /// Values on their way into a statement.
    struct Binding {
        fileprivate let statement: SQLiteStatement
        fileprivate var failure = SQLITE_OK
        private var place: Int32 = 0

        fileprivate init(statement: SQLiteStatement) { self.statement = statement }

        mutating func add(_ value: Int64?) {
            note(value.map { sqlite3_bind_int64(statement, place + 1, $0) } ?? sqlite3_bind_null(statement, place + 1))
        }

        mutating func add(_ text: String?) {
            guard var text else { return note(sqlite3_bind_null(statement, place + 1)) }
            let place = place + 1
            let statement = statement
            // SQLITE_TRANSIENT: SQLite copies the text before the call returns.
            let copy = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
            let code = text.withUTF8 { utf8 in
                utf8.withMemoryRebound(to: CChar.self) { bytes in
                    guard let start = bytes.baseAddress else { return sqlite3_bind_text(statement, place, "", 0, copy) }
                    return sqlite3_bind_text(statement, place, start, Int32(clamping: bytes.count), copy)
                }
            }
            note(code)
        }

        private mutating func note(_ code: Int32) {
            place += 1
            if failure == SQLITE_OK { failure = code }
        }
    }
}
