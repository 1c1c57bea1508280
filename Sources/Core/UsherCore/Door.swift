/// Who may keep a connection open: the bound on what everyone who can reach the socket costs us.
public struct Door: Hashable, Sendable {
    /// Connections at once.
    public var connectionsMax: Int
    /// Connections of one user at once.
    public var connectionsPerUser: Int

    private var inside: [UserID: Int] = [:]
    /// All connections, those included that are only waiting to be told no.
    public private(set) var count = 0

    /// How many connections over the limit are kept open to be told so; further ones are shut without a word.
    public static let refusedMax = 256

    /// What becomes of a new connection.
    public enum Verdict: Hashable, Sendable {
        case welcome
        /// Its first call is answered with this limit.
        case refused(setting: String, limit: Int)
        case shut
    }

    /// An open door.
    public init(connectionsMax: Int, connectionsPerUser: Int) {
        self.connectionsMax = connectionsMax
        self.connectionsPerUser = connectionsPerUser
    }

    /// Counts a new connection and says what becomes of it. `leave` must follow, whatever the verdict.
    public mutating func enter(_ user: UserID) -> Verdict {
        count += 1
        inside[user, default: 0] += 1
        let own = inside[user] ?? 0
        if count > connectionsMax + Self.refusedMax || own > connectionsPerUser + Self.refusedMax { return .shut }
        if own > connectionsPerUser {
            return .refused(setting: "connections_per_user", limit: connectionsPerUser)
        }
        if count > connectionsMax { return .refused(setting: "connections_max", limit: connectionsMax) }
        return .welcome
    }

    /// A connection ended.
    public mutating func leave(_ user: UserID) {
        count -= 1
        let left = (inside[user] ?? 0) - 1
        precondition(count >= 0 && left >= 0, "More connections of \(user) left than came")
        inside[user] = left > 0 ? left : nil
    }
}
