internal import GRDB
internal import GRDBSQLite

/// One statement of the hot path, prepared once for a connection and bound by hand.
///
/// GRDB's own way makes an array of existentials of the arguments, which on the grant path costs more than SQLite's work.
/// Everything else, opening, migrations, transactions, reading, is GRDB's. Not to be used beyond its connection.
final class PreparedStatement {
    private let statement: Statement
    private var binding = Binding()

    init(_ database: Database, _ sql: String) throws { statement = try database.makeStatement(sql: sql) }

    /// Runs it with the values that `bind` gives, in the order of the placeholders.
    func run(_ bind: (inout Binding) -> Void) throws {
        binding.clear()
        bind(&binding)
        let code = binding.run(statement.sqliteStatement)
        guard code == SQLITE_DONE else {
            let message = String(cString: sqlite3_errmsg(sqlite3_db_handle(statement.sqliteStatement)))
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    /// Values on their way into a statement.
    ///
    /// Texts lie in one buffer that is used again and again, and SQLite reads them there: having it copy each of the
    /// dozen texts of a grant cost a sixth of the journal's work.
    struct Binding {
        private var values: [Value] = []
        private var texts: [UInt8] = []

        private enum Value {
            case null
            case integer(Int64)
            case text(Range<Int>)
        }

        fileprivate init() {}

        mutating func add(_ value: Int64?) { values.append(value.map(Value.integer) ?? .null) }

        mutating func add(_ text: String?) {
            guard let text else { return values.append(.null) }
            let start = texts.count
            texts.append(contentsOf: text.utf8)
            values.append(.text(start..<texts.count))
        }

        fileprivate mutating func clear() {
            values.removeAll(keepingCapacity: true)
            texts.removeAll(keepingCapacity: true)
        }

        /// Binds and runs, and leaves nothing bound.
        fileprivate func run(_ statement: SQLiteStatement) -> Int32 {
            texts.withUnsafeBytes { texts in
                defer {
                    // Gives the code of the step again, and frees the statement for the next run in any case.
                    sqlite3_reset(statement)
                    sqlite3_clear_bindings(statement)
                }
                for (index, value) in values.enumerated() {
                    let place = Int32(index + 1)
                    let code =
                        switch value {
                        case .null: sqlite3_bind_null(statement, place)
                        case .integer(let integer): sqlite3_bind_int64(statement, place, integer)
                        case .text(let range): Self.bind(texts[range], statement, place)
                        }
                    guard code == SQLITE_OK else { return code }
                }
                return sqlite3_step(statement)
            }
        }

        /// Without a destructor (SQLITE_STATIC) SQLite does not copy.
        private static func bind(
            _ text: Slice<UnsafeRawBufferPointer>, _ statement: SQLiteStatement, _ place: Int32
        ) -> Int32 {
            let bytes = UnsafeRawBufferPointer(rebasing: text).assumingMemoryBound(to: CChar.self)
            // Nothing but empty texts leaves the buffer without a place in memory, and nil would be taken for NULL.
            guard let start = bytes.baseAddress else { return sqlite3_bind_text(statement, place, "", 0, nil) }
            return sqlite3_bind_text(statement, place, start, Int32(clamping: bytes.count), nil)
        }
    }
}
