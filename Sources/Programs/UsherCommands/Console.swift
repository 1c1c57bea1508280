import Glibc

/// What a command sees of the world: where to write, who looks, what the environment says.
///
/// A value of its own so that a test can hand one in and read what was written.
struct Console {
    /// Standard output: data and nothing else.
    let output: Output
    /// Standard error: everything else.
    let diagnostics: Output
    let environment: (String) -> String?
    /// The time for telling ages.
    let now: () -> Instant

    /// The process's own.
    static func ofProcess() -> Console {
        Console(
            output: Output(descriptor: STDOUT_FILENO), diagnostics: Output(descriptor: STDERR_FILENO),
            environment: { name in getenv(name).map { String(cString: $0) } }, now: { .now })
    }

    /// Colour and weight, where somebody looks and has not said no (https://no-color.org).
    func emphasis(on output: Output) -> Emphasis {
        Emphasis(allowed: redraws(on: output) && environment("NO_COLOR").map(\.isEmpty) ?? true)
    }

    /// Whether lines can be drawn again in place.
    func redraws(on output: Output) -> Bool {
        output.terminalWidth != nil && environment("TERM").map { $0 != "dumb" && !$0.isEmpty } ?? false
    }
}

/// One of the two ways out: a descriptor, or a buffer in a test.
final class Output {
    private let descriptor: Int32?
    private var pending: [UInt8] = []
    private let isTerminal: Bool
    private let keptWidth: Int?

    /// The columns of the terminal as it is now; nil when it is none.
    var terminalWidth: Int? {
        guard let descriptor else { return keptWidth }
        guard isTerminal else { return nil }
        let size = Self.size(of: descriptor)
        return size.ws_col > 0 ? Int(size.ws_col) : 80
    }

    /// Its lines.
    var terminalHeight: Int? {
        guard isTerminal, let descriptor else { return nil }
        let size = Self.size(of: descriptor)
        return size.ws_row > 0 ? Int(size.ws_row) : nil
    }

    /// What is written is kept back up to so much, then goes out.
    private static let pendingBytesMax = 1 << 16

    init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        keptWidth = nil
    }

    /// Keeps everything, as a terminal of that width would get it.
    init(keepingFor terminalWidth: Int?) {
        descriptor = nil
        isTerminal = terminalWidth != nil
        keptWidth = terminalWidth
    }

    /// What was kept so far.
    var kept: String { String(decoding: pending, as: UTF8.self) }

    func write(line: String) throws(OutputFailure) { try write(line + "\n") }

    func write(_ text: String) throws(OutputFailure) {
        pending.append(contentsOf: text.utf8)
        if pending.count >= Self.pendingBytesMax { try flush() }
    }

    func write(bytes: [UInt8]) throws(OutputFailure) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.pendingBytesMax { try flush() }
    }

    func write(bytes: UnsafeBufferPointer<UInt8>) throws(OutputFailure) {
        pending.append(contentsOf: bytes)
        if pending.count >= Self.pendingBytesMax { try flush() }
    }

    func write(byte: UInt8) { pending.append(byte) }

    /// Hands over what was written so far.
    func flush() throws(OutputFailure) {
        guard let descriptor else { return }
        // The memory is kept: the next rows are as many.
        defer { pending.removeAll(keepingCapacity: pending.count <= 4 * Self.pendingBytesMax) }
        var sent = 0
        while sent < pending.count {
            let count = pending[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                // Somebody else made the descriptor non-blocking; a pipe shared with a parent may well be.
                var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                poll(&ready, 1, -1)
            default: throw OutputFailure(code: errno)
            }
        }
    }

    /// Zeros where the terminal does not say.
    private static func size(of descriptor: Int32) -> winsize {
        var size = winsize()
        return ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 ? size : winsize()
    }
}

/// Standard output takes no more.
struct OutputFailure: Error, Hashable {
    let code: Int32
    /// Nobody reads it, as opposed to a full disk.
    var isClosed: Bool { code == EPIPE || code == EBADF }
}
