import Glibc

/// Who may be told a secret: a broker that runs as the caller, as root, or as the user `usher`.
public enum ServerIdentity {
    /// Whether a broker of this uid may be told the caller's secrets.
    public static func isTrusted(_ uid: UInt32?) -> Bool {
        guard let uid else { return false }
        return uid == geteuid() || uid == 0 || uid == brokerUID(inPasswords: passwords())
    }

    /// The uid of the user `usher` in the text of a passwd(5) file. A static program has no name service to ask; the
    /// user is a system's own and stands in the file.
    public static func brokerUID(inPasswords text: String) -> UInt32? {
        for line in text.split(whereSeparator: \.isNewline) {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            if fields.count >= 3, fields[0] == "usher" { return UInt32(fields[2]) }
        }
        return nil
    }

    private static func passwords() -> String {
        let descriptor = open("/etc/passwd", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        // A file that has grown beyond any reason is not read to its end.
        while bytes.count < 4 << 20 {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
