import Glibc

/// Asks for lines: with editing, history and completion on a terminal, else one after the other from standard input.
final class Prompt {
    private let console: Console
    private let signals: SignalPipe
    private let isEdited: Bool
    private let mode: TerminalMode
    private var keys = KeyReader()
    private var input = LineInput()
    private var history: History?

    /// What became of a question.
    enum Answer {
        case line(String)
        case end
        /// This signal came, and it was not Ctrl-C on a line being edited.
        case signal(Int32)
    }

    /// What a prompt depends on.
    struct Surroundings {
        /// What stands before the line.
        let text: String
        /// Becomes readable when `news` is to be called; what that throws ends the question.
        let descriptor: () -> Int32
        let news: () throws -> Void
        /// What the tab key makes of the line.
        let complete: ([Character], Int) -> ShellCompletion.Proposal
    }

    init(console: Console, signals: SignalPipe) {
        self.console = console
        self.signals = signals
        isEdited = isatty(STDIN_FILENO) == 1 && console.redraws(on: console.diagnostics)
        mode = TerminalMode(output: console.diagnostics, canPaste: isEdited)
        if isEdited { history = History(environment: console.environment) }
    }

    /// Whether somebody is typing.
    var isInteractive: Bool { isEdited }

    /// Asks once.
    func ask(_ surroundings: Surroundings) throws -> Answer {
        guard isEdited else { return try readOn(surroundings) }
        mode.takeKeys()
        defer { mode.restore() }
        var editor = LineEditor(history: history?.lines ?? [])
        var screen = LineScreen(prompt: surroundings.text)
        draw(screen.drawing(editor, width: width))
        while true {
            while let key = keys.next() {
                switch editor.press(key) {
                case .edited: break
                case .submitted(let line):
                    draw(screen.leaving(editor, width: width))
                    history?.add(line)
                    return .line(line)
                case .endOfInput:
                    draw(screen.leaving(editor, width: width))
                    return .end
                case .cleared:
                    draw("\u{1B}[H\u{1B}[2J")
                    screen = LineScreen(prompt: surroundings.text)
                case .completion: complete(&editor, &screen, surroundings)
                }
            }
            draw(screen.drawing(editor, width: width))
            switch try wait(surroundings, leaving: { self.draw(screen.leaving(editor, width: width)) }) {
            case .input:
                var bytes = [UInt8](repeating: 0, count: 4096)
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                if count > 0 { keys.receive(bytes[..<count]) } else if count == 0 { return .end }
            case .signal(SIGINT):
                // The line is given up, and the next one begins under it.
                draw(screen.leaving(editor, width: width))
                editor = LineEditor(history: history?.lines ?? [])
            case .signal(let signal):
                draw(screen.leaving(editor, width: width))
                return .signal(signal)
            }
        }
    }

    private func readOn(_ surroundings: Surroundings) throws -> Answer {
        while true {
            switch input.next() {
            case .line(let line): return .line(line)
            case .end: return .end
            case .tooLong:
                throw CommandError(code: "BadData", message: "A line on standard input is too long.", status: .badData)
            case .nothing: break
            }
            switch try wait(surroundings, leaving: {}) {
            case .input: input.read()
            case .signal(let signal): return .signal(signal)
            }
        }
    }

    private enum Happening {
        case input
        case signal(Int32)
    }

    private func wait(_ surroundings: Surroundings, leaving: () -> Void) throws -> Happening {
        while true {
            do {
                // What was told before may lie decoded already, and no descriptor would tell.
                try surroundings.news()
            } catch {
                leaving()
                throw error
            }
            var waiting = [STDIN_FILENO, signals.descriptor, surroundings.descriptor()].map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
            if waiting[1].revents != 0, let signal = signals.arrived().first { return .signal(signal.number) }
            if waiting[0].revents != 0 { return .input }
        }
    }

    private func complete(_ editor: inout LineEditor, _ screen: inout LineScreen, _ surroundings: Surroundings) {
        let proposal = surroundings.complete(editor.text, editor.cursor)
        let typed = String(editor.text[proposal.range])
        let common = ShellCompletion.commonPrefix(proposal.words)
        if proposal.words.count == 1 {
            editor.replace(proposal.range, with: common + " ")
        } else if common.count > typed.count {
            editor.replace(proposal.range, with: common)
        } else if proposal.words.isEmpty {
            draw("\u{07}")
        } else {
            draw(screen.leaving(editor, width: width))
            let columns = ShellCompletion.columns(proposal.words, width: width - 1)
            draw(columns.joined(separator: "\r\n") + "\r\n")
        }
    }

    private var width: Int { console.diagnostics.terminalWidth ?? 80 }

    private func draw(_ text: String) {
        try? console.diagnostics.write(text)
        try? console.diagnostics.flush()
    }
}
