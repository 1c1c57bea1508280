import Foundation
import Glibc

/// A broker that answers each call with the next prepared replies, whatever the call, and keeps what was asked.
final class ScriptedBroker: @unchecked Sendable {
    // The thread alone touches the connections and the script; `lock` guards the rest.
    private let lock = NSLock()
    private var asked: [String] = []
    private let listener: Int32
    private let stopPipe: [Int32]
    private let done = DispatchSemaphore(value: 0)
    let path: String

    /// Closes the connection instead of answering.
    static let hangUp = "(hangs up)"

    private let keepsFile: Bool

    /// Serves at `path`, or at a place of its own. Stopped, it removes the socket's file unless it is to be kept.
    init(answering script: [[String]], at path: String? = nil, keepingFile: Bool = false) {
        let path = path ?? NSTemporaryDirectory() + "usher-\(UUID().uuidString.prefix(8)).sock"
        self.path = path
        keepsFile = keepingFile
        listener = Self.listener(at: path)
        var ends: [Int32] = [0, 0]
        precondition(pipe(&ends) == 0)
        stopPipe = ends
        Thread.detachNewThread { [self] in serve(script) }
    }

    private static func listener(at path: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        precondition(bound == 0 && listen(descriptor, 16) == 0, "no socket for the scripted broker")
        return descriptor
    }

    /// Ends it and returns the calls it got.
    func stop() -> [String] {
        _ = write(stopPipe[1], "x", 1)
        done.wait()
        if !keepsFile { unlink(path) }
        return lock.withLock { asked }
    }

    private func serve(_ script: [[String]]) {
        var script = script[...]
        var connections: [Int32: [UInt8]] = [:]
        defer {
            for descriptor in connections.keys + [listener] + stopPipe { close(descriptor) }
            done.signal()
        }
        while true {
            let watched = [stopPipe[0], listener] + connections.keys.sorted()
            var polled = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, nfds_t(polled.count), -1) > 0 || errno == EINTR else { return }
            for ready in polled where ready.revents != 0 {
                if ready.fd == stopPipe[0] { return }
                if ready.fd == listener {
                    let descriptor = accept(listener, nil, nil)
                    // A command under hold is started from this very process, and must not keep our end open.
                    _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                    if descriptor >= 0 { connections[descriptor] = [] }
                    continue
                }
                var buffer = [UInt8](repeating: 0, count: 65536)
                let count = read(ready.fd, &buffer, buffer.count)
                guard count > 0 else {
                    close(ready.fd)
                    connections[ready.fd] = nil
                    continue
                }
                connections[ready.fd, default: []] += buffer[..<count]
                while let end = connections[ready.fd]?.firstIndex(of: 0) {
                    let frame = String(decoding: connections[ready.fd]![..<end], as: UTF8.self)
                    connections[ready.fd]!.removeSubrange(...end)
                    lock.withLock { asked.append(frame) }
                    for reply in script.popFirst() ?? [Self.hangUp] {
                        guard reply != Self.hangUp else {
                            close(ready.fd)
                            connections[ready.fd] = nil
                            break
                        }
                        let bytes = Array(reply.utf8) + [0]
                        _ = send(ready.fd, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                    }
                }
            }
        }
    }
}
