import Glibc
import UsherClient

/// The whole terminal, drawn again in place. What stood there before comes back at the end.
final class FullScreen {
    private let output: Output
    private let terminal: TerminalMode
    private var isTaken = false

    init(_ console: Console) {
        output = console.output
        terminal = TerminalMode(output: console.output, canPaste: false)
    }

    deinit { leave() }

    /// Shows these lines, as many as there is room for.
    func show(_ lines: [String]) throws {
        var text = ""
        if !isTaken {
            isTaken = true
            terminal.takeKeys()
            // The other screen, no cursor on it, and no line that goes on in the next one.
            text = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
        }
        let height = output.terminalHeight ?? 24
        var shown = lines
        if lines.count > height { shown = lines.prefix(height - 1) + ["\(lines.count - height + 1) more lines"] }
        // Each line by itself, then the rest of the screen: cleared at once it would flicker.
        text += "\u{1B}[H" + shown.map { "\u{1B}[2K\($0)" }.joined(separator: "\n") + "\u{1B}[J"
        try output.write(text)
        try output.flush()
    }

    /// Waits for so long; false once somebody has seen enough. Throws when a signal ends the command.
    func waits(_ span: Duration, _ signals: SignalPipe) throws -> Bool {
        let end = ContinuousClock.now + span
        while true {
            let left = end - ContinuousClock.now
            guard left > .zero else { return true }
            var waiting = [
                pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            ]
            poll(&waiting, 2, Int32(left / .milliseconds(1)) + 1)
            if waiting[0].revents != 0 { throw ClientError.interrupted }
            guard waiting[1].revents != 0 else { continue }
            var keys = [UInt8](repeating: 0, count: 64)
            let count = read(STDIN_FILENO, &keys, keys.count)
            if count <= 0 || keys.prefix(count).contains(UInt8(ascii: "q")) { return false }
        }
    }

    /// Gives the terminal back.
    func leave() {
        guard isTaken else { return }
        isTaken = false
        terminal.restore()
        try? output.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l")
        try? output.flush()
    }
}
