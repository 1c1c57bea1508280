import ArgumentParser
import Glibc
import Varlink

/// Where a secret comes from: `name`, which is asked for; `name=-`, a line of standard input; `name=3`, a line of that
/// descriptor; `name=/path`, the first line of that file. Never the command line itself, which others can see.
struct SecretSource: ExpressibleByArgument, Sendable {
    let name: String
    private let source: Source

    private enum Source: Sendable {
        case terminal
        case descriptor(Int32)
        case file(String)
    }

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first.map(String.init), Self.isName(name) else { return nil }
        self.name = name
        guard parts.count == 2 else {
            source = .terminal
            return
        }
        guard let source = Self.source(String(parts[1])) else { return nil }
        self.source = source
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || byte == UInt8(ascii: "_")
            }
    }

    private static func source(_ text: String) -> Source? {
        if text == "-" { return .descriptor(STDIN_FILENO) }
        if let number = Int32(text), number >= 0 { return .descriptor(number) }
        return text.contains("/") ? .file(text) : nil
    }

    /// The secret. `what` is what is asked for.
    func read(_ what: String, _ console: Console) throws -> Secret {
        switch source {
        case .terminal:
            guard isatty(STDIN_FILENO) == 1 else {
                throw CommandError(
                    code: "Usage", message: "There is no terminal to ask for \(name) on.",
                    hint:
                        "Say where it comes from: \(name)=- is standard input, \(name)=3 descriptor 3, or name a file.",
                    status: .usage)
            }
            return try SecretReader(console).read(prompt: "\(what): ")
        case .descriptor(let descriptor): return try SecretReader(console).read(from: descriptor)
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
            guard descriptor >= 0 else {
                throw CommandError(
                    code: "BadData", message: "\(path.madeVisible) could not be read.",
                    causes: [SystemError.text(errno)], status: .badData)
            }
            defer { close(descriptor) }
            return try SecretReader(console).read(from: descriptor)
        }
    }
}

/// A credential: `name=USER` with a password that is asked for, or `name=USER:SOURCE`.
struct CredentialSource: ExpressibleByArgument, Sendable {
    private let password: SecretSource
    private let userName: String

    init?(argument: String) {
        let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2 else { return nil }
        // A name may have colons in it, and a source has none.
        let words = parts[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        let (user, source) =
            words.count == 1 ? (words[0], nil) : (words.dropLast().joined(separator: ":"), words.last)
        guard !user.isEmpty, let password = SecretSource(argument: parts[0] + (source.map { "=\($0)" } ?? "")) else {
            return nil
        }
        self.password = password
        userName = user
    }

    var name: String { password.name }

    func read(_ console: Console) throws -> NamedValue {
        let secret = try password.read("Password for \(userName.madeVisible)", console)
        return NamedValue(["credential": ["userName": .string(userName), "password": .string(secret.text)]])
    }
}
