internal import CSystemd

/// Descriptors that the service manager keeps for us while we are restarted (`FileDescriptorStoreMax=` of the unit). They come
/// back by name, see `InheritedSockets.others`. Where there is no store nothing is kept, and nobody is told so: systemd does
/// not answer.
public struct DescriptorStore: Sendable {
    /// Stored descriptors are never taken for the socket to serve on.
    public static let namePrefix = "stored-"

    public init() {}

    /// Gives the service manager a copy, in place of whatever it had by that name.
    public func keep(_ descriptor: Int32, name: String) {
        drop(name)
        var descriptor = descriptor
        // Not watched: what is in memory has no other end that could go away.
        let message = "FDSTORE=1\nFDPOLL=0\nFDNAME=\(Self.namePrefix)\(name)"
        _ = sd_pid_notify_with_fds(0, 0, message, &descriptor, 1)
    }

    /// Has it forgotten.
    public func drop(_ name: String) { _ = sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=\(Self.namePrefix)\(name)") }
}
