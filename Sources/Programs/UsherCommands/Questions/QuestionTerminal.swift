import Glibc

/// The terminal on which questions of a pipeline are answered: lines as they are typed, with or without showing them.
///
/// The terminal keeps its own line editing. While a line is being typed the pipeline may end or somebody else may have it
/// stopped; whoever waits here hears of that.
final class QuestionTerminal {
    private let console: Console
    private var shown = termios()
    private var isHiding = false
    private var bytes: [UInt8] = []
    private static let lineBytesMax = 65536

    /// What happened first.
    enum Happening: Hashable {
        case line(String)
        /// The end of input was typed: no answer.
        case end
        /// There is something to be read elsewhere.
        case news
    }

    /// Nil where nobody sits who could be asked: input and diagnostics have to be a terminal both.
    init?(_ console: Console) {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return nil }
        self.console = console
    }

    deinit { restore() }

    func show(_ lines: [String]) {
        for line in lines { try? console.diagnostics.write(line: line) }
        try? console.diagnostics.flush()
    }

    /// Asks for a line; its text comes from `wait`.
    func ask(_ line: QuestionDialog.Line) {
        bytes = []
        if line.isHidden { hide() }
        try? console.diagnostics.write(line.text)
        try? console.diagnostics.flush()
    }

    private func hide() {
        guard !isHiding else { return }
        tcgetattr(STDIN_FILENO, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        // What was typed before somebody asked was no secret.
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        isHiding = true
    }

    /// Waits for the line, or until one of `others` is readable.
    func wait(orUntilReadable others: [Int32]) -> Happening {
        while true {
            var waiting = ([STDIN_FILENO] + others).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
            if waiting.dropFirst().contains(where: { $0.revents != 0 }) { return .news }
            // One byte at a time: what follows the line belongs to whoever reads after us.
            var byte: UInt8 = 0
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else {
                finish()
                return bytes.isEmpty ? .end : .line(text)
            }
            if byte == UInt8(ascii: "\n") {
                finish()
                return .line(text)
            }
            if bytes.count < Self.lineBytesMax { bytes.append(byte) }
        }
    }

    /// Leaves a question that nobody waits for any more.
    func leave() {
        restore()
        try? console.diagnostics.write("\n")
        try? console.diagnostics.flush()
    }

    private var text: String { String(decoding: bytes, as: UTF8.self) }

    private func finish() {
        guard isHiding else { return }
        restore()
        // The end of the line was not shown either.
        try? console.diagnostics.write("\n")
        try? console.diagnostics.flush()
    }

    private func restore() {
        guard isHiding else { return }
        tcsetattr(STDIN_FILENO, TCSANOW, &shown)
        isHiding = false
    }
}
