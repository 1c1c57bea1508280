// What goes over the wire to one tenant, on request, for `usher-lab dissect`: envelopes with a NUL behind each, one file a
// session. No HTTP, and so no token, password or cookie; what travels in secret is blanked, because equal texts have equal
// ciphertexts. What commands and rows say is in it: that is what it is for, and why nobody else may read it.

internal import Dispatch
internal import Glibc
internal import PSRP
internal import Synchronization
internal import XML

/// The capture of one session. Written beside the lane, so that a slow disk slows nobody; where it cannot keep up, it ends.
final class Capture: @unchecked Sendable {
    // `written` is the queue's, `progress` has a lock, `redaction` is the lane's.
    private let queue = DispatchQueue(label: "capture")
    private let path: String
    private let file: Int32
    private let complain: @Sendable (String) -> Void
    private var written = 0
    private let progress = Mutex(Progress())
    private var redaction = Redaction()

    private struct Progress {
        /// Bytes that wait for the disk.
        var pending = 0
        /// Whether nothing is kept any more: with a gap in it the rest could not be read, and what is secret in it not be told.
        var hasEnded = false
    }

    /// A file is not longer than this.
    private static let bytesMax = 64 << 20
    /// What may wait for the disk.
    private static let pendingMax = 8 << 20

    /// Nil where the file cannot be made. `complain` is told why, there and where it can be written no more.
    init?(in directory: String, of session: String, complain: @escaping @Sendable (String) -> Void) {
        path = "\(directory)/\(session).wsman"
        self.complain = complain
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else {
            complain("\(path) could not be opened, and nothing is captured: \(String(cString: strerror(errno)))")
            return nil
        }
    }

    deinit {
        let file = file
        queue.async { close(file) }
    }

    /// Keeps an envelope that was sent, or one that came.
    func keep(_ envelope: [UInt8], isAnswer: Bool) {
        let hasRoom: Bool? = progress.withLock { progress in
            guard !progress.hasEnded else { return nil }
            guard progress.pending + envelope.count <= Self.pendingMax else { return false }
            progress.pending += envelope.count
            return true
        }
        guard let hasRoom else { return }
        guard hasRoom else { return end("the disk does not keep up") }
        let bytes = redaction.without(secretsOf: envelope, isAnswer: isAnswer) + [0]
        queue.async { [self] in
            // As much as was added: what is written may be shorter.
            defer { progress.withLock { $0.pending -= envelope.count } }
            guard !progress.withLock({ $0.hasEnded }) else { return }
            guard written + bytes.count <= Self.bytesMax else { return end("it has \(Self.bytesMax >> 20) MiB") }
            written += bytes.count
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return end(String(cString: strerror(errno))) }
                sent += count
            }
        }
    }

    private func end(_ reason: String) {
        let isFirst = progress.withLock { progress in
            defer { progress.hasEnded = true }
            return !progress.hasEnded
        }
        if isFirst { complain("\(path) ends before its session: \(reason)") }
    }
}

/// Blanks what is inside `SS` elements of CLIXML, wherever fragments cut it. Everything keeps its length, so that what is
/// left can be read as it was.
struct Redaction {
    /// Where a message stands, between two of its fragments: how far into `<SS…>` it is.
    private enum State {
        case outside
        case matching(Int)
        case inTag
        case inText
    }

    /// By direction and number of the message.
    private var open: [Key: State] = [:]

    private struct Key: Hashable {
        let isAnswer: Bool
        let objectID: UInt64
    }

    private static let tag = Array("<SS".utf8)
    /// Messages that began and never ended are not remembered for ever.
    private static let openMax = 256

    /// The elements whose text is fragments in base64.
    private static let carriers = ["Stream", "Arguments", "creationXml", "connectXml", "connectResponseXml"].map {
        Array($0.utf8)
    }

    mutating func without(secretsOf envelope: [UInt8], isAnswer: Bool) -> [UInt8] {
        var bytes = envelope
        var index = 0
        while let less = bytes[index...].firstIndex(of: UInt8(ascii: "<")),
            let greater = bytes[less...].firstIndex(of: UInt8(ascii: ">"))
        {
            index = greater + 1
            let name = bytes[(less + 1)..<greater].prefix { $0 > 0x20 && $0 != UInt8(ascii: "/") }
            let local = name.lastIndex(of: UInt8(ascii: ":")).map { name[($0 + 1)...] } ?? name
            guard bytes[greater - 1] != UInt8(ascii: "/"), Self.carriers.contains(where: { local.elementsEqual($0) }),
                let end = bytes[index...].firstIndex(of: UInt8(ascii: "<"))
            else { continue }
            if let payload = Base64.decode(Array(bytes[index..<end].filter { $0 > 0x20 })) {
                let blanked = Base64.encode(blank(payload, isAnswer: isAnswer))
                // What was broken into lines is put together: it means the same.
                bytes.replaceSubrange(index..<end, with: blanked)
                index += blanked.count
            } else {
                index = end
            }
        }
        return bytes
    }

    private mutating func blank(_ payload: [UInt8], isAnswer: Bool) -> [UInt8] {
        var bytes = payload
        var reader = FragmentReader(blobBytesMax: 1 << 22)
        reader.receive(payload)
        var start = 0
        while let fragment = try? reader.next() {
            let key = Key(isAnswer: isAnswer, objectID: fragment.objectID)
            var state = fragment.isStart ? .outside : open[key] ?? .outside
            let first = start + Fragment.headerBytes
            for index in first..<(first + fragment.blob.count) { step(&state, &bytes[index]) }
            start = first + fragment.blob.count
            open[key] = fragment.isEnd || open.count >= Self.openMax ? nil : state
        }
        return bytes
    }

    private func step(_ state: inout State, _ byte: inout UInt8) {
        switch state {
        case .outside: if byte == Self.tag[0] { state = .matching(1) }
        case .matching(let count) where count < Self.tag.count:
            state = byte == Self.tag[count] ? .matching(count + 1) : byte == Self.tag[0] ? .matching(1) : .outside
        case .matching:
            // Another tag may begin like this one.
            state = byte == UInt8(ascii: ">") ? .inText : byte <= 0x20 ? .inTag : .outside
        case .inTag: if byte == UInt8(ascii: ">") { state = .inText }
        case .inText:
            if byte == UInt8(ascii: "<") { state = .outside } else { byte = UInt8(ascii: "A") }
        }
    }
}
