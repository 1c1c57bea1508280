public import UsherCore

/// What the configuration says, with every name resolved and every value checked.
public struct Configuration: Hashable, Sendable {
    /// What the broker decides by.
    public var rules: Rules
    /// What the daemon itself needs.
    public var settings: BrokerSettings
    /// How to reach the tenants that are more than seats: none for `protocol: none`.
    public var endpoints: [TenantName: EndpointSettings]
    /// The names by which users were written, for display.
    public var users: [UserID: String]
}

/// What the daemon needs to know of itself: the section `broker`, less what the broker decides by.
public struct BrokerSettings: Hashable, Sendable {
    /// Where the broker listens when systemd hands it no socket.
    public var socket = "/run/usher/broker.sock"
    /// The database with the sessions and the journal.
    public var state = "/var/lib/usher/state.sqlite"
    /// Where secrets are read when systemd gives no directory for them.
    public var credentials = "/etc/usher/credentials"
    /// The Unix group of the operators. Its number, where there is such a group, is in the rules.
    public var operatorsGroupName = "usher-operators"
    /// Connections at once.
    public var connectionsMax = 4096
    /// Connections of one user at once. Root's are not counted.
    public var connectionsPerUser = 128
    /// How long a client may leave its output unread before its pipeline is stopped.
    public var slowReader = Duration.seconds(15 * 60)

    public init() {}
}
