/// A shell as a tenant lists it. Everything is the tenant's word.
public struct SeenShell: Hashable, Sendable {
    public var shellID: String
    /// What its creator called it.
    public var name: String?
    /// The account it belongs to.
    public var owner: String?
    /// Where its client is.
    public var address: String?
    /// How long it has been left alone.
    public var idle: Duration?
    /// After how long alone the tenant forgets it.
    public var tenantIdle: Duration?

    public init(
        shellID: String, name: String? = nil, owner: String? = nil, address: String? = nil, idle: Duration? = nil,
        tenantIdle: Duration? = nil
    ) {
        self.shellID = shellID
        self.name = name
        self.owner = owner
        self.address = address
        self.idle = idle
        self.tenantIdle = tenantIdle
    }
}

/// What a tenant listed for one of its accounts.
public struct ShellList: Hashable, Sendable {
    /// When it was asked: what happened since may be missing.
    public let askedAt: Moment
    public let shells: [SeenShell]
    /// Whether a shell that is not in it is surely gone. Behind a load balancer every machine has a list of its own.
    public let isComplete: Bool

    public init(askedAt: Moment, shells: [SeenShell], isComplete: Bool) {
        self.askedAt = askedAt
        self.shells = shells
        self.isComplete = isComplete
    }
}

/// The answer to `listShells`.
public enum ListingResult: Hashable, Sendable {
    case listed(ShellList)
    /// The account may not, the endpoint does not know how, or there is no credential to ask with.
    case notAllowed(String)
    case failed(String)
}

/// What our shells are called at a tenant, so that the ushers of several hosts can tell them apart.
public struct ShellName: Hashable, Sendable, CustomStringConvertible {
    public let host: String
    public let session: SessionID

    public init(host: String, session: SessionID) {
        self.host = host
        self.session = session
    }

    /// Nil for a name that no Usher gave.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "usher", !parts[1].isEmpty, let session = SessionID(String(parts[2])) else {
            return nil
        }
        self.init(host: String(parts[1]), session: session)
    }

    public var description: String { "usher/\(host)/\(session)" }
}

/// A shell that is at a tenant and not on our books.
public struct ForeignShell: Hashable, Sendable {
    public let tenant: TenantName
    /// The account by which it was seen, and can be ended.
    public let seenBy: AdminName
    /// The account of ours that it belongs to, where it does.
    public let admin: AdminName?
    public let seenAt: Moment
    public let shell: SeenShell
    public let origin: Origin

    /// Who opened it.
    public enum Origin: Hashable, Sendable {
        /// Somebody without an Usher.
        case outside
        /// The Usher of that host: it has it on its books.
        case otherHost(String)
        /// This one, which knows nothing of it: its state was lost.
        case lost(SessionID)
    }

    /// The same for those who may not hear whose it is and where he sits.
    var withoutPeople: ForeignShell {
        let bare = SeenShell(shellID: shell.shellID, idle: shell.idle, tenantIdle: shell.tenantIdle)
        return ForeignShell(
            tenant: tenant, seenBy: seenBy, admin: admin, seenAt: seenAt, shell: bare, origin: .outside)
    }

    /// When the tenant forgets it by itself, if nobody uses it.
    public func frees(_ rules: TenantRules?) -> Moment? {
        guard let idle = shell.idle, let limit = shell.tenantIdle ?? rules?.tenantIdle else { return nil }
        return seenAt + max(.zero, limit - idle)
    }
}

/// What was learned about a tenant from how it refused.
struct LearnedLimit: Hashable, Sendable {
    let limit: Int
    /// Until when it is honoured.
    let until: Moment
}

/// An account at a tenant, by the names of the configuration.
public struct Account: Hashable, Sendable, Comparable {
    public let tenant: TenantName
    public let admin: AdminName

    public init(_ tenant: TenantName, _ admin: AdminName) {
        self.tenant = tenant
        self.admin = admin
    }

    public static func < (left: Account, right: Account) -> Bool {
        (left.tenant, left.admin) < (right.tenant, right.admin)
    }
}
