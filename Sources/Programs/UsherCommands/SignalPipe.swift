import Glibc

/// Signals as bytes on a pipe, so that one poll(2) waits for them and for the broker.
///
/// A signal that was ignored when we started, as nohup does it, stays ignored. There is one pipe in a process: what a
/// handler can reach is global.
final class SignalPipe {
    /// Becomes readable when a signal has come.
    let descriptor: Int32
    private let writeEnd: Int32
    private var before: [(signal: Int32, action: sigaction)] = []

    /// A signal that came.
    struct Arrived: Hashable {
        let number: Int32
        /// The kernel sent it, to the whole foreground group: Ctrl-C, or a terminal that was closed.
        let isFromTerminal: Bool
    }

    /// Catches these signals from now on. Nil when the process is out of descriptors.
    init?(catching signals: [Int32]) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        descriptor = ends[0]
        writeEnd = ends[1]
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            // A full pipe must not block a handler: then the signal before has not been seen yet, and that will do.
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        signalPipeWriteEnd = writeEnd
        for signal in signals { catchSignal(signal) }
    }

    deinit { release() }

    /// The signals that have come since this was last asked.
    func arrived() -> [Arrived] {
        var bytes = [UInt8](repeating: 0, count: 64)
        let count = read(descriptor, &bytes, bytes.count)
        return bytes.prefix(max(0, count)).map {
            Arrived(number: Int32($0 & 0x7F), isFromTerminal: $0 & 0x80 != 0)
        }
    }

    /// Makes the pipe readable from another thread, with a signal of number 0, which is none.
    func wake() {
        var byte: UInt8 = 0
        _ = write(writeEnd, &byte, 1)
    }

    /// Lets the signals do again what they did before.
    func release() {
        guard signalPipeWriteEnd == writeEnd else { return }
        for (signal, action) in before {
            var action = action
            sigaction(signal, &action, nil)
        }
        signalPipeWriteEnd = -1
        close(descriptor)
        close(writeEnd)
    }

    private func catchSignal(_ signal: Int32) {
        var old = sigaction()
        sigaction(signal, nil, &old)
        guard signal == SIGCHLD || !old.isIgnoring else { return }
        var action = sigaction()
        action.__sigaction_handler.sa_sigaction = { number, origin, _ in
            let saved = errno
            // SI_USER and below come from a process that called kill(2) or the like.
            let fromKernel = origin.map { $0.pointee.si_code > 0 } ?? false
            var byte = UInt8(truncatingIfNeeded: number) | (fromKernel ? 0x80 : 0)
            _ = write(signalPipeWriteEnd, &byte, 1)
            errno = saved
        }
        action.sa_flags = SA_SIGINFO | SA_RESTART
        sigaction(signal, &action, nil)
        before.append((signal, old))
        // A blocked signal would never arrive, and then nothing could end a wait.
        var one = sigset_t()
        sigemptyset(&one)
        sigaddset(&one, signal)
        pthread_sigmask(SIG_UNBLOCK, &one, nil)
    }
}

extension sigaction {
    fileprivate var isIgnoring: Bool {
        // SIG_IGN is the address 1 by definition; a function pointer cannot be compared otherwise.
        unsafeBitCast(__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}

/// Where the handler writes. Set before any handler is installed and read by handlers, on whichever thread they run; set
/// back only after the signals do again what they did before.
nonisolated(unsafe) private var signalPipeWriteEnd: Int32 = -1

/// The broken pipe, which every write reports anyway.
enum BrokenPipe {
    /// Whether SIGPIPE was ignored when we started. Set once, before anything else runs.
    nonisolated(unsafe) private(set) static var wasIgnored = false

    /// Ignores SIGPIPE, so that a write says that nobody reads.
    static func ignore() {
        var old = sigaction()
        var action = sigaction()
        action.__sigaction_handler.sa_handler = SIG_IGN
        sigaction(SIGPIPE, &action, &old)
        wasIgnored = old.isIgnoring
    }
}
