internal import Glibc

/// What /proc tells of a process (proc(5), /proc/PID/stat).
public struct ProcessStatus: Hashable, Sendable {
    /// Its session leader.
    public let session: Int32
    /// Its controlling terminal, as people name it: `pts/3`.
    public let terminal: String?
    /// When it started, in clock ticks since boot. With the pid this names one process for as long as the machine runs.
    public let startTicks: UInt64

    /// Nil when there is no such process, or when we may not look at it.
    public init?(of pid: Int32) {
        guard pid > 0, let text = readSmallFile("/proc/\(pid)/stat") else { return nil }
        self.init(stat: text)
    }

    /// Reads the line. The name in its second field may hold anything, also parentheses and spaces, so the fields are
    /// counted from the last parenthesis.
    init?(stat text: String) {
        guard let close = text.lastIndex(of: ")") else { return nil }
        let fields = text[text.index(after: close)...].split(separator: " ")
        // The first field here is the third one of the manual.
        guard fields.count > 19, let session = Int32(fields[3]), let device = Int32(fields[4]),
            let startTicks = UInt64(fields[19])
        else { return nil }
        self.session = session
        self.startTicks = startTicks
        terminal = Self.terminal(UInt32(bitPattern: device))
    }

    /// Names the device: major numbers 136 to 143 are pseudo terminals, 4 the consoles and serial lines.
    private static func terminal(_ device: UInt32) -> String? {
        let major = device >> 8 & 0xfff
        let minor = device & 0xff | device >> 12 & 0xfff00
        switch major {
        case 136...143: return "pts/\((major - 136) << 20 + minor)"
        case 4: return minor < 64 ? "tty\(minor)" : "ttyS\(minor - 64)"
        default: return nil
        }
    }
}

private func readSmallFile(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return String(unsafeUninitializedCapacity: 4096) { max(0, read(file, $0.baseAddress, $0.count)) }
}
