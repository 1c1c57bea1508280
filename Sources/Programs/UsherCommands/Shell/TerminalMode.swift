import Glibc

/// The terminal's own line editing, switched off while ours is at work.
///
/// Ctrl-C stays a signal, so that it means the same while a line is typed and while something runs.
final class TerminalMode {
    private let output: Output
    private let canPaste: Bool
    private var before = termios()
    private var isRaw = false

    init(output: Output, canPaste: Bool) {
        self.output = output
        self.canPaste = canPaste
        tcgetattr(STDIN_FILENO, &before)
    }

    deinit { restore() }

    /// Keys come one by one, and are not shown.
    func takeKeys() {
        guard !isRaw else { return }
        // As it is now: what ran before may have changed it.
        tcgetattr(STDIN_FILENO, &before)
        var raw = before
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
        raw.c_iflag &= ~tcflag_t(IXON | ICRNL | INLCR)
        withUnsafeMutableBytes(of: &raw.c_cc) { keys in
            // A suspended process would leave the terminal as it is now.
            for key in [VSUSP, VQUIT] { keys[Int(key)] = 0 }
            keys[Int(VMIN)] = 1
            keys[Int(VTIME)] = 0
        }
        tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
        if canPaste { write("\u{1B}[?2004h") }
        isRaw = true
    }

    /// As it was.
    func restore() {
        guard isRaw else { return }
        if canPaste { write("\u{1B}[?2004l") }
        tcsetattr(STDIN_FILENO, TCSADRAIN, &before)
        isRaw = false
    }

    private func write(_ text: String) {
        try? output.write(text)
        try? output.flush()
    }
}
