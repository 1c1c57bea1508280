import Glibc

/// Whether the whole system is going down, or only we are stopped.
///
/// It matters on SIGTERM: after a restart of ours the sessions are wanted again and stay open; when the machine goes
/// down nobody will come for them. The signal does not tell. systemd knows, but asking it over the bus at that moment
/// means waiting for a bus that is itself being stopped. So it is asked by the unit: ExecStop= runs before the
/// signal is sent, and leaves a marker if `systemctl is-system-running` says `stopping`.
///
/// Without systemd, or with a unit that does not do this, there is never a marker and the answer is no: sessions
/// are left to be adopted, and the tenant forgets them in its own time. /run/systemd/shutdown/scheduled was not
/// chosen: it says that a shutdown is planned, perhaps for tomorrow, and is not there for `systemctl poweroff`.
public struct SystemState: Sendable {
    /// Where the unit leaves its marker. The folder is not writable by others.
    public static let standardMarker = "/run/usher/system-stopping"

    private let marker: String

    public init(marker: String = Self.standardMarker) { self.marker = marker }

    /// To be asked on SIGTERM.
    public var isStopping: Bool { access(marker, F_OK) == 0 }
}
