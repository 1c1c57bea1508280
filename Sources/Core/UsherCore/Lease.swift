/// What keeps a session alive (contract, section 3).
///
/// A lease ends in one place each: `connection` when the kernel says that the client is gone, `console` when the login
/// session is, `warm` and `awaiting` by time. `detached` has no end of its own: the idle and age rules or a person
/// end it.
public enum Lease: Hashable, Sendable {
    /// The connection that acquired it is open.
    case connection(ConnectionID)
    /// The login session of the caller goes on.
    case console(Console)
    /// Close, idle, age or reclaim.
    case detached
    /// Nobody's: open for its owner until then, given up at once when its seat is needed.
    case warm(until: Moment)
    /// After a restart of the broker its holder, a connection or a console, has until then to come back. What the
    /// journal says of the lease stays as it is until he does.
    case awaiting(LeaseRecord, until: Moment)

    /// What people and the journal call it.
    public enum Mode: String, Hashable, Sendable, CaseIterable {
        case connection
        case console
        case detached
        case none
        case awaiting
    }

    /// The kind of lease.
    public var mode: Mode {
        switch self {
        case .connection: .connection
        case .console: .console
        case .detached: .detached
        case .warm: .none
        case .awaiting: .awaiting
        }
    }

    /// When the lease ends by itself.
    var end: Moment? {
        switch self {
        case .warm(let until), .awaiting(_, let until): until
        case .connection, .console, .detached: nil
        }
    }

    /// Whether the next life of the broker keeps a session for it, though nobody comes back.
    var outlivesBroker: Bool {
        switch record {
        case .console, .detached: true
        case .connection, .none: false
        }
    }

    /// What the journal keeps of it: enough to find the holder again after a restart.
    var record: LeaseRecord {
        switch self {
        case .connection: .connection
        case .console(let console): .console(leader: console.leader, startTicks: console.startTicks)
        case .awaiting(let record, _): record
        case .detached: .detached
        case .warm: .none
        }
    }
}

/// A watched login session.
public struct Console: Hashable, Sendable {
    /// Given by the edge that watches, never used twice in one life.
    public let id: UInt64
    /// The session leader. Together with its start time it names one process for as long as the machine runs.
    public let leader: Int32
    /// When the leader started, in clock ticks since boot (proc(5), field 22).
    public let startTicks: UInt64

    public init(id: UInt64, leader: Int32, startTicks: UInt64) {
        self.id = id
        self.leader = leader
        self.startTicks = startTicks
    }
}

/// A lease as the journal keeps it.
public enum LeaseRecord: Hashable, Sendable {
    case connection
    case console(leader: Int32, startTicks: UInt64)
    case detached
    case none
}

/// A lease as a caller asks for it, with what the edge found out about him.
public enum LeaseWish: Hashable, Sendable {
    case connection
    /// Nil where no login session can be watched; the lease is then detached, and the answer says so.
    case console(Console?)
    case detached
    /// Give it back.
    case none

    /// The lease to make, or nil for giving back.
    func lease(of caller: Caller) -> Lease? {
        switch self {
        case .connection: .connection(caller.connection)
        case .console(let console?): .console(console)
        case .console(nil), .detached: .detached
        case .none: nil
        }
    }
}
