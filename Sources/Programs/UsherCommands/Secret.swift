import Glibc
import UsherClient

/// A password on its way to the daemon. It does not describe itself.
struct Secret: CustomStringConvertible, CustomDebugStringConvertible {
    let text: String
    var description: String { "<secret>" }
    var debugDescription: String { "<secret>" }
}

/// Reads a secret: from the terminal without showing it, or one line from standard input.
struct SecretReader {
    private let console: Console
    private static let bytesMax = 65536

    init(_ console: Console) { self.console = console }

    func read(prompt: String) throws -> Secret {
        guard isatty(STDIN_FILENO) == 1 else { return try checked(try line()) }
        let signals = SignalPipe(catching: [SIGINT, SIGTERM, SIGHUP, SIGQUIT])
        defer { signals?.release() }
        var shown = termios()
        tcgetattr(STDIN_FILENO, &shown)
        var hidden = shown
        hidden.c_lflag &= ~tcflag_t(ECHO)
        // What was typed before the prompt was no password.
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)
        defer {
            tcsetattr(STDIN_FILENO, TCSANOW, &shown)
            try? console.diagnostics.write("\n")
            try? console.diagnostics.flush()
        }
        try? console.diagnostics.write(prompt)
        try? console.diagnostics.flush()
        return try checked(try line(wake: signals?.descriptor ?? -1))
    }

    /// One line of a descriptor, whatever it leads to.
    func read(from descriptor: Int32) throws -> Secret { try checked(try line(of: descriptor)) }

    /// One line, without its end. A readable `wake` means that somebody wants to stop.
    private func line(of descriptor: Int32 = STDIN_FILENO, wake: Int32 = -1) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count <= Self.bytesMax {
            var waiting = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: wake, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&waiting, 2, -1) >= 0 || errno == EINTR else { return bytes }
            if waiting[1].revents != 0 { throw ClientError.interrupted }
            guard waiting[0].revents != 0 else { continue }
            // One byte at a time: what follows the line belongs to whoever reads after us.
            var byte: UInt8 = 0
            let count = Glibc.read(descriptor, &byte, 1)
            if count < 0 && errno == EINTR { continue }
            guard count > 0, byte != UInt8(ascii: "\n") else { break }
            bytes.append(byte)
        }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return bytes
    }

    private func checked(_ bytes: [UInt8]) throws -> Secret {
        guard bytes.count <= Self.bytesMax, let text = String(validating: bytes, as: UTF8.self) else {
            throw CommandError(
                code: "BadData", message: "The secret is no text, or too long for one.", status: .badData)
        }
        guard !text.isEmpty else {
            throw CommandError(
                code: "BadData", message: "The secret is empty.",
                hint: "Type it, or write it to standard input as one line.", status: .badData)
        }
        return Secret(text: text)
    }
}
