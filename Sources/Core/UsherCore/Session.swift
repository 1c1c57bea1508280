/// The life of one session, from the seat to the end.
///
///     taking ──► opening ──► ready ◄──► busy
///        │          │          │          │
///        │          └──────────┴────┬─────┘
///        ▼                          ▼
///      ended ◄──────────────── closing ◄──► unconfirmed
///
/// A session holds its seat from `taking` until it has ended, and it ends only when the tenant is known to count it
/// no more. A seat with nothing behind it knows `taking` and `ready` only. This file holds what is true in each state;
/// what leads from one to another is in `Broker`.
struct Session: Hashable, Sendable {
    let identity: SessionIdentity
    /// When it was last known to do something; the idle clock counts from here while it is ready.
    var lastUsed: Moment
    var lease: Lease
    var state: State
    /// What leads to the shell, once the tenant has made it.
    @Aside var shell: ShellRecord?
    /// What people call the one pipeline that it was taken for, and is given back after. Nil where it is for more.
    var pipeline: String?
    /// Whether the edge has the list of its commands.
    var hasCommands = false
    /// Pipelines run so far. Some servers refuse the thousandth one of a shell, so warm sessions are rotated by it.
    var invocations = 0
    /// Whether a pipeline that we gave up on may still run in it.
    var mayRun = false
    /// A lease that is being recorded, while it is.
    @Aside var leaseChange: LeaseChange?
    /// Calls that follow this session.
    var watchers: [Asker] = []

    var id: SessionID { identity.id }

    enum State: Hashable, Sendable {
        /// The seat is ours, the grant is on its way to the disk.
        /// Leaves for: `opening`, or without a shell `ready`, once it is durable; the end when it is refused, or durable
        /// but wanted no more.
        case taking(Taking)
        /// Durable, the connection is being built.
        /// Leaves for: `ready` when the tenant says opened; `closing` when its asker is gone or out of time;
        /// the end, or `unconfirmed`, when opening failed.
        case opening(Opening)
        /// Open, nothing running. The only state in which the idle clock runs.
        /// Leaves for: `busy`; `closing` when asked, when a rule says so, or when its lease ends.
        case ready(since: Moment)
        /// A pipeline runs, or will as soon as that is durable, or did until that is. No clock cuts it.
        /// Leaves for: `ready` when it ends, or came to nothing; `closing`.
        case busy(Invocation)
        /// We asked the tenant to end it. The seat stays taken until it says so, because until then the tenant
        /// counts this session against its own limit.
        /// Leaves for: the end; `unconfirmed` when the tenant does not answer in time.
        case closing(Closing)
        /// Gone for us, perhaps not for the tenant. It is asked again, less and less often.
        /// Leaves for: the end, when the tenant confirms, or when it must have forgotten.
        case unconfirmed(Unconfirmed)
    }

    struct Taking: Hashable, Sendable {
        /// Nil once the asker was answered or is gone.
        var asker: Asker?
        /// What he asked for.
        var wish: Wish?
        /// Set when it is wanted no more: it ends for this reason as soon as its seat can be let go.
        var abandoned: EndReason?
        /// When the asker is told that the disk does not answer.
        var until: Moment
        var isOverdue = false
    }

    struct Opening: Hashable, Sendable {
        var asker: Asker?
        var wish: Wish?
        var until: Moment
        var stage = Stage.approaching

        enum Stage: Hashable, Sendable {
            /// The way to the tenant is being found; it knows nothing of this session.
            case approaching
            /// The shell is asked for.
            case creating
            /// The tenant has said opened, and that is on its way to the disk.
            case opened
        }
    }

    struct Closing: Hashable, Sendable {
        let reason: EndReason
        /// Those who want to hear when it is over.
        var askers: [Asker] = []
        /// When we stop waiting for the tenant.
        var until: Moment
        /// The latest moment at which the tenant may have seen activity of this session.
        var lastActivity: Moment
        /// Whether `openSession` is still unanswered, so that it may come into being yet.
        var isOpening: Bool
        /// Whether a pipeline may still be running there, which keeps the tenant from forgetting it.
        let mayRun: Bool
    }

    struct Unconfirmed: Hashable, Sendable {
        let reason: EndReason
        /// Requests to the tenant so far.
        var attempts: Int
        var retryAt: Moment
        /// When the tenant must have forgotten it. Nil while it may still come into being or run a pipeline there:
        /// then only the tenant's word, or an operator's, frees the seat.
        var freesAt: Moment?
        var isOpening = false
        /// Whether the tenant cannot be asked for want of a credential.
        var needsLogin = false
    }

    /// A lease on its way to the disk. The old one holds until the new one is durable.
    struct LeaseChange: Hashable, Sendable {
        let lease: Lease
        let asker: Asker
        let until: Moment
        let reused: Bool
    }

    /// Whether somebody else's request may close it to make room: it is leased by nobody and idle.
    var isEvictable: Bool {
        guard case .ready = state, case .warm = lease else { return false }
        return leaseChange == nil
    }

    /// Whether its owner may use it without asking who else does: open, nothing running, and not held by a client.
    var isFree: Bool {
        guard case .ready = state, leaseChange == nil else { return false }
        switch lease {
        case .console, .detached: return identity.kind == .shells
        case .warm: return true
        case .connection, .awaiting: return false
        }
    }

    /// Whether the next life must believe that something runs in it.
    var mayBeRunning: Bool {
        guard case .busy(let invocation) = state else { return false }
        if case .settling = invocation.phase { return false }
        return true
    }

    /// When the idle rule closes it, or nil where it does not idle.
    func idleEnd(_ rules: TenantRules?) -> Moment? {
        guard case .ready(let since) = state, let timeout = rules?.idleTimeout else { return nil }
        switch lease {
        case .detached, .warm: break
        // A seat without a shell is in use for as long as its holder is there: nothing else can be seen of it.
        case .connection, .console: if identity.kind == .seats { return nil }
        // Its holder has seconds, not minutes, to come back.
        case .awaiting: return nil
        }
        return since + timeout
    }

    /// Sets back the idle clock of a seat without a shell: that somebody dealt with it is all that can be seen of its
    /// use. A shell has a clock of its own, at the tenant, that a new lease does not set back.
    mutating func wasDealtWith(at now: Moment) {
        guard identity.kind == .seats, case .ready = state else { return }
        lastUsed = now
        state = .ready(since: now)
    }

    /// When the age rule closes it, running pipelines first let end.
    func ageEnd(_ rules: TenantRules?) -> Moment? { (rules?.maximumAge).map { identity.since + $0 } }

    /// When it frees its seat by itself at the latest, as far as that is known.
    func frees(_ rules: TenantRules?) -> Moment? {
        switch state {
        case .ready: .earlier(.earlier(idleEnd(rules), ageEnd(rules)), lease.end)
        case .unconfirmed(let unconfirmed): unconfirmed.freesAt
        case .taking, .opening, .busy, .closing: nil
        }
    }

    /// When somebody must look at it again.
    func deadline(_ rules: TenantRules?) -> Moment? {
        let own: Moment? =
            switch state {
            case .taking(let taking): taking.isOverdue ? nil : taking.until
            case .opening(let opening): opening.until
            case .ready: frees(rules)
            case .busy(let invocation): invocation.deadline
            case .closing(let closing): closing.until
            case .unconfirmed(let unconfirmed): min(unconfirmed.retryAt, unconfirmed.freesAt ?? unconfirmed.retryAt)
            }
        return .earlier(own, leaseChange?.until)
    }

    /// The state as people see it. `taking` is part of opening for everyone but us.
    var shownState: SessionState {
        switch state {
        case .taking, .opening: .opening
        case .ready: .ready
        case .busy: .busy
        case .closing: .closing
        case .unconfirmed: .unconfirmed
        }
    }
}

/// What never changes about a session. A class, because the broker is copied with each batch and this is most of it.
public final class SessionIdentity: Hashable, Sendable {
    public let id: SessionID
    public let tenant: TenantName
    public let admin: AdminName
    public let kind: TenantRules.Kind
    /// The user whose session it is. No other uid ever uses it, because variables left in it are somebody's.
    public let owner: UserID
    public let user: String
    /// For display.
    public let pid: Int32
    public let terminal: String?
    public let purpose: String?
    public let request: RequestID?
    /// The shell to ask for. Nil for a seat without one.
    public let shell: ShellID?
    public let since: Moment

    public init(
        id: SessionID, tenant: TenantName, admin: AdminName, kind: TenantRules.Kind, owner: UserID, user: String,
        pid: Int32, terminal: String?, purpose: String?, request: RequestID?, shell: ShellID? = nil, since: Moment
    ) {
        self.id = id
        self.tenant = tenant
        self.admin = admin
        self.kind = kind
        self.owner = owner
        self.user = user
        self.pid = pid
        self.terminal = terminal
        self.purpose = purpose
        self.request = request
        self.shell = shell
        self.since = since
    }

    public static func == (left: SessionIdentity, right: SessionIdentity) -> Bool {
        left === right
            || (left.id == right.id && left.tenant == right.tenant && left.admin == right.admin
                && left.kind == right.kind && left.owner == right.owner && left.user == right.user
                && left.pid == right.pid && left.terminal == right.terminal && left.purpose == right.purpose
                && left.request == right.request && left.shell == right.shell && left.since == right.since)
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(id) }
}

/// Who asked for a session, and what for: needed again where the tenant turns him away. A class, for the same reason as the
/// identity.
final class Wish: Hashable, Sendable {
    let acquisition: Acquisition
    let caller: Caller
    /// When he asked first.
    let since: Moment

    init(_ acquisition: Acquisition, _ caller: Caller, since: Moment) {
        self.acquisition = acquisition
        self.caller = caller
        self.since = since
    }

    static func == (left: Wish, right: Wish) -> Bool {
        left === right
            || (left.acquisition == right.acquisition && left.caller == right.caller && left.since == right.since)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(since) }
}

/// A call that awaits an answer, and the connection it came by.
struct Asker: Hashable, Sendable {
    let call: CallID
    let connection: ConnectionID
}

/// One pipeline on a session.
struct Invocation: Hashable, Sendable {
    let id: InvocationID
    /// What people call it.
    let name: String
    /// Nil once the asker was told that the disk does not answer.
    var asker: Asker?
    let since: Moment
    /// Whether it runs in a session that was there before.
    let reused: Bool
    var phase: Phase
    /// Whether it asks which commands there are, rather than running some.
    var listsCommands = false
    /// Whether it is to stop.
    var isStopping = false

    enum Phase: Hashable, Sendable {
        /// That something runs is on its way to the disk. The tenant has not heard of it.
        case taking(until: Moment)
        /// The disk has not answered in time. It will not be sent.
        case overdue
        case running
        /// It is over, and that is on its way to the disk: whoever was told so may count on his session, also when we die
        /// in the next moment.
        indirect case settling(InvocationEnd, until: Moment)
    }

    /// When its asker is told that the disk does not answer, or how it ended although the disk does not know that.
    var deadline: Moment? {
        switch phase {
        case .taking(let until), .settling(_, let until): until
        case .overdue, .running: nil
        }
    }
}

/// The life of a session as people see it.
public enum SessionState: String, Hashable, Sendable, CaseIterable {
    case opening
    case ready
    case busy
    case closing
    case unconfirmed
    /// Not on the books: seen at the tenant, opened by others.
    case foreign
    case closed
}

/// Why a session ended. The list is closed: an end without one of these reasons is a bug.
public enum EndReason: String, Hashable, Sendable, CaseIterable {
    /// Its owner, or someone who may, closed it.
    case closed
    /// The client that held it is gone.
    case clientLeft
    /// The login session that held it is over.
    case consoleClosed
    case idleTimeout
    case maximumAge
    /// Warm, and its seat was needed.
    case evicted
    /// Given back too old or too often used to be kept warm.
    case rotated
    /// Ended by an operator, or by its owner in bulk.
    case reclaimed
    /// An operator gave up on the tenant's word.
    case forgotten
    case locked
    case slowReader
    case shutdown
    /// Its holder did not come back after a restart of the broker.
    case lostAtRestart
    /// The tenant ended it.
    case tenantClosed
    case openFailed
    case openTimedOut
}
