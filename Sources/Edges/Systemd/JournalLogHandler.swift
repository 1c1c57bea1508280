internal import CSystemd
import Glibc
public import Logging

/// Writes to the journal with its fields where standard error leads there, and plain lines to standard error
/// where it does not: in a terminal, in a container, in a test.
public struct JournalLogHandler: LogHandler {
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?
    public var logLevel: Logger.Level = .info

    private let identifier: String
    private let destination: Destination

    /// Where entries go.
    public enum Destination: Hashable, Sendable {
        case journal
        /// Lines, to this descriptor.
        case lines(to: Int32)

        /// The journal if standard error is connected to it, else standard error. sd_journal_sendv would report
        /// success without a journal, and the entries would be gone; so the question is asked before.
        public static var standard: Destination {
            guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }) else {
                return .lines(to: STDERR_FILENO)
            }
            return isStream(stream, STDERR_FILENO) ? .journal : .lines(to: STDERR_FILENO)
        }

        /// Whether the descriptor is what JOURNAL_STREAM names, by device and inode: whoever redirects our output
        /// elsewhere leaves the variable as it was.
        static func isStream(_ stream: String, _ descriptor: Int32) -> Bool {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return false }
            return stream == "\(status.st_dev):\(status.st_ino)"
        }
    }

    /// `identifier` is the program's name in the journal.
    public init(identifier: String, to destination: Destination = .standard) {
        self.identifier = identifier
        self.destination = destination
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, later in later } }
        if let error = event.error { all["error"] = "\(error)" }
        if let own = event.metadata { all.merge(own) { _, later in later } }
        let entry = JournalEntry(event.level, event.message.description, all)
        switch destination {
        case .journal:
            // An entry that the journal does not take, because it is too long or is being restarted, is worth a line.
            if Self.send(entry.journalFields(identifier: identifier)) < 0 { Self.write(entry.line, to: STDERR_FILENO) }
        case .lines(let descriptor):
            Self.write(entry.line, to: descriptor)
        }
    }

    private static func send(_ fields: [String]) -> Int32 {
        let bytes = fields.flatMap(\.utf8)
        return bytes.withUnsafeBytes { buffer in
            var offset = 0
            // The journal only reads what the vectors point to.
            let vectors = fields.map { field in
                defer { offset += field.utf8.count }
                return iovec(
                    iov_base: UnsafeMutableRawPointer(mutating: buffer.baseAddress.map { $0 + offset }),
                    iov_len: field.utf8.count)
            }
            return sd_journal_sendv(vectors, Int32(clamping: vectors.count))
        }
    }

    /// One line in one call, so that lines of several threads do not mix. What cannot be written is let go: there is
    /// nobody left to tell.
    private static func write(_ line: String, to descriptor: Int32) {
        var rest = Array((line + "\n").utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
