internal import Glibc
internal import Varlink

/// The sub-command `dissect`, from its arguments to its exit status.
enum DissectCommand {
    static let usage = """
        usher-lab dissect reads captured envelopes of WS-Management and writes a line of JSON for each operation and for
        each message of PSRP in them, with its CLIXML taken apart.

        Usage: usher-lab dissect [FILE]

        Without FILE, or with -, it reads standard input. A capture is one envelope, envelopes with a NUL behind each, or a
        list in YAML of "request" and "response". The exit status is 0, or 65 when a part could not be read: that part is a
        line with "error", and the rest is told all the same.

        """

    /// What is read whole.
    private static let bytesMax = 1 << 30

    static func run(_ arguments: [String]) -> Int32 {
        if arguments.contains("--help") || arguments.contains("-h") {
            write(usage, to: STDOUT_FILENO)
            return 0
        }
        guard arguments.count <= 1, arguments.first.map({ $0 == "-" || !$0.hasPrefix("-") }) ?? true else {
            write("Error: usher-lab dissect takes one file.\nHint: usher-lab dissect --help\n", to: STDERR_FILENO)
            return 64
        }
        let path = arguments.first ?? "-"
        let name = path == "-" ? "standard input" : path
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, let bytes = read(descriptor) else {
            let why = errno == EFBIG ? "it is larger than \(bytesMax) bytes" : String(cString: strerror(errno))
            write("Error: \(name) could not be read.\nCaused by: \(why)\n", to: STDERR_FILENO)
            return 65
        }
        let capture: CaptureFile
        do {
            capture = try CaptureFile(bytes)
        } catch {
            let why = (error as? CaptureFile.Unreadable)?.words ?? "\(error)"
            write("Error: \(name) is no capture.\nCaused by: \(why)\n", to: STDERR_FILENO)
            return 65
        }
        var lines: [UInt8] = []
        var isClosed = false
        var dissector = Dissector { line in
            line.write(into: &lines)
            lines.append(UInt8(ascii: "\n"))
            guard lines.count >= 1 << 16 else { return }
            if !isClosed { isClosed = !write(lines, to: STDOUT_FILENO) }
            lines.removeAll(keepingCapacity: true)
        }
        for envelope in capture.envelopes where !isClosed { dissector.take(envelope) }
        if !isClosed { isClosed = !write(lines, to: STDOUT_FILENO) }
        return isClosed ? 141 : dissector.hasErrors ? 65 : 0
    }

    private static func read(_ descriptor: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { return nil }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= bytesMax else {
                errno = EFBIG
                return nil
            }
        }
    }

    private static func write(_ text: String, to descriptor: Int32) { _ = write(Array(text.utf8), to: descriptor) }

    /// False when nobody reads it any more.
    private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}
