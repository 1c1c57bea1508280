internal import GRDB

/// Why the journal cannot be used, and what to do about it. Everything here may pass: whoever holds the journal tries
/// again.
public struct JournalTrouble: Error, Hashable, Sendable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong, and the way out, in whole sentences.
    public let description: String

    init(_ path: String, _ what: String, wayOut: String) {
        self.path = path
        description = "The journal \(path) \(what). \(wayOut)"
    }

    /// What SQLite's word means for an operator.
    init(_ path: String, _ error: any Error) {
        guard let error = error as? DatabaseError else {
            self.init(path, "cannot be used: \(error)", wayOut: "It is tried again every second.")
            return
        }
        let word = error.message ?? "\(error.resultCode)"
        let wayOut =
            switch error.resultCode.primaryResultCode {
            case .SQLITE_FULL: "Free space on its file system; grants go on by themselves then."
            case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_CANTOPEN, .SQLITE_AUTH:
                "Its file and directory must be writable for the user of usherd; grants go on by themselves then."
            case .SQLITE_CORRUPT, .SQLITE_NOTADB:
                "Put back a good copy, or move the file away; sessions held before the last start are then forgotten "
                    + "here and count at their tenants until these forget them, too."
            case .SQLITE_BUSY, .SQLITE_LOCKED: "Another program writes to it; close that program."
            case .SQLITE_IOERR: "See the kernel's log for the disk; grants go on by themselves once it works."
            default: "It is tried again every second."
            }
        self.init(path, "cannot be used: \(word)", wayOut: wayOut)
    }
}
