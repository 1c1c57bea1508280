import Glibc

/// One file of the configuration, opened and found worthy of trust.
///
/// Who may write it may open any account it names, so a file that others could have written is not read. It is
/// judged after it was opened: what is checked is what is read.
enum SettingsFile {
    /// More than any configuration needs, and little enough to read while somebody waits.
    static let bytesMax = 1 << 20

    /// The bytes of the file, or nil after noting why not.
    static func read(_ path: String, into findings: Findings) -> [UInt8]? {
        let place = Place(file: path, line: 1, key: "")
        // Without O_NONBLOCK a pipe of that name would keep us waiting for whoever writes it.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard descriptor >= 0 else {
            findings.add(place, cannotOpen(errno))
            return nil
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            findings.add(place, "cannot be examined: \(reason(errno))")
            return nil
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            findings.add(place, "is not a regular file")
            return nil
        }
        if let distrust = distrust(owner: status.st_uid, mode: status.st_mode) {
            findings.add(place, distrust)
            return nil
        }
        return readAll(descriptor, place, findings)
    }

    /// Why something of this owner and mode is not to be trusted, or nil.
    static func distrust(owner: uid_t, mode: mode_t, ourselves: uid_t = geteuid()) -> String? {
        guard owner == 0 || owner == ourselves else {
            return "is owned by uid \(owner): it must be root's or that of the user usherd runs as (chown root)"
        }
        guard mode & 0o022 == 0 else {
            let bits = "0" + String(mode & 0o777, radix: 8)
            return "has mode \(bits): others may write it, and whoever writes it may use any account (chmod go-w)"
        }
        return nil
    }

    private static func readAll(_ descriptor: Int32, _ place: Place, _ findings: Findings) -> [UInt8]? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else {
                findings.add(place, "cannot be read: \(reason(errno))")
                return nil
            }
            if count == 0 { return bytes }
            bytes += chunk[..<count]
            guard bytes.count <= bytesMax else {
                findings.add(place, "is longer than 1 MiB: divide it among several files in usher.d")
                return nil
            }
        }
    }

    private static func cannotOpen(_ error: Int32) -> String {
        guard error == ENOENT else { return "cannot be opened: \(reason(error))" }
        return "does not exist: copy the example usher.yaml there and name a tenant in it, "
            + "or name another file with --config"
    }
}

/// What the system says about an error.
func reason(_ error: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 128)
    guard strerror_r(error, &buffer, buffer.count) == 0 else { return "error \(error)" }
    return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
