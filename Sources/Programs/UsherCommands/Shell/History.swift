import Glibc

/// The lines typed before, kept in a file of the user's own.
///
/// A line that begins with a blank is not kept. Where the folder is not ours, as under sudo with the home of whoever
/// typed it, nothing is written.
struct History {
    private(set) var lines: [String] = []
    private let path: String?

    /// So many are kept; the file is cut back when it has twice as many.
    private static let linesMax = 1000
    private static let bytesMax = 1 << 20

    /// The history of the user whose environment this is.
    init(environment: (String) -> String?) {
        path = Self.path(environment)
        guard let path else { return }
        let all = Self.read(path).split(separator: "\n").map(String.init)
        lines = all.suffix(Self.linesMax)
        if all.count > 2 * Self.linesMax { Self.rewrite(path, lines) }
    }

    mutating func add(_ line: String) {
        guard !line.isEmpty, line.first != " ", line != lines.last, !line.contains(where: \.isNewline) else { return }
        lines.append(line)
        guard let path else { return }
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW
        let descriptor = open(path, flags, 0o600)
        guard descriptor >= 0 else { return }
        Self.write(line + "\n", to: descriptor)
        close(descriptor)
    }

    private static func path(_ environment: (String) -> String?) -> String? {
        let state = environment("XDG_STATE_HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        let home = environment("HOME").flatMap { $0.hasPrefix("/") ? $0 : nil }
        guard let base = state ?? home.map({ $0 + "/.local/state" }) else { return nil }
        let folder = base + "/usher"
        // As far as it is not there.
        var made = ""
        for part in folder.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o700)
        }
        var facts = stat()
        guard lstat(folder, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid() else {
            return nil
        }
        return folder + "/history"
    }

    private static func read(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0, facts.st_uid == geteuid(), facts.st_mode & S_IFMT == S_IFREG else {
            return ""
        }
        if facts.st_mode & 0o077 != 0 { fchmod(descriptor, 0o600) }
        lseek(descriptor, max(0, facts.st_size - bytesMax), SEEK_SET)
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count < bytesMax {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func rewrite(_ path: String, _ lines: [String]) {
        let draft = path + ".\(getpid())"
        let descriptor = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { return }
        write(lines.joined(separator: "\n") + "\n", to: descriptor)
        close(descriptor)
        rename(draft, path)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || errno == EINTR else { return }
            sent += max(0, count)
        }
    }
}
