import CLinux
@preconcurrency import Glibc

/// A command that runs beside us, on our terminal and in our process group, so that Ctrl-C reaches it as well. It does not
/// outlive us: when we are killed, our seat is free, and a command that went on would use what nobody counts.
final class ChildProcess {
    let pid: pid_t
    private var status: Int32?

    /// Why a command could not be run.
    struct NotRun: Error {
        let command: String
        let code: Int32
        /// As shells have it: 127 not found, 126 found and not to be run.
        var exitStatus: Int32 { code == ENOENT ? 127 : 126 }
    }

    /// Starts `command`, looked for in PATH, with these variables added to our own.
    init(_ command: [String], adding variables: [(name: String, value: String)], ignoringBrokenPipe: Bool)
        throws(NotRun)
    {
        for (name, value) in variables { setenv(name, value, 1) }
        // Byte for byte as they came, where they are ours.
        let tail = RawArguments.tail
        let isTail = tail.map { String(cString: $0) } == command
        var arguments: [UnsafeMutablePointer<CChar>?] = isTail ? tail.map { strdup($0) } : command.map { strdup($0) }
        arguments.append(nil)
        defer { arguments.forEach { free($0) } }
        // What we catch exec resets by itself; what was blocked or ignored before us is not the command's to inherit.
        pid = usher_spawn(arguments, ignoringBrokenPipe ? 1 : 0)
        guard pid >= 0 else { throw NotRun(command: command[0], code: errno) }
    }

    /// The exit status as a shell tells it, `n` or 128 + signal, once the child has ended.
    func exitStatus() -> Int32? {
        if let status { return status }
        var raw: Int32 = 0
        guard waitpid(pid, &raw, WNOHANG) == pid else { return nil }
        let signal = raw & 0x7F
        status = signal == 0 ? raw >> 8 & 0xFF : 128 + signal
        return status
    }

    /// Sends a signal, unless the child has been waited for: then its pid may be somebody else's.
    func send(_ signal: Int32) {
        guard status == nil else { return }
        kill(pid, signal)
    }
}
