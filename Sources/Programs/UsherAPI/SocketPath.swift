/// Where the broker's socket lies when nobody says otherwise.
public enum SocketPath {
    /// The socket of the system's broker.
    public static let system = "/run/usher/broker.sock"

    /// The directory in which a user's own lab keeps its socket.
    ///
    /// It belongs to that user with mode 0700. It is never made in a directory that others can write to, where they
    /// could be there first. Nil when neither variable names a place.
    public static func labDirectory(runtimeDirectory: String?, home: String?) -> String? {
        if let runtimeDirectory, runtimeDirectory.hasPrefix("/") { return runtimeDirectory + "/usher-lab" }
        if let home, home.hasPrefix("/") { return home + "/.local/state/usher-lab" }
        return nil
    }

    /// The name of the socket in that directory.
    public static let labName = "broker.sock"
}
