/// A request for a session.
public struct Acquisition: Hashable, Sendable {
    /// As the caller wrote it, so that a refusal can name it.
    public var tenant: String
    /// Nil: the first in file order that maps the caller.
    public var admin: AdminName?
    public var lease: LeaseWish
    /// Nil: at once or not at all.
    public var wait: Duration?
    /// Whether an idle session of the caller will do.
    public var reuse: Bool
    /// Whether it is of no use where nothing can run in it.
    public var runsPipelines = false
    public var request: RequestID?
    /// The shell to ask the tenant for, if it comes to that.
    public var shell: ShellID?
    public var purpose: String?
    public var terminal: String?

    /// What people call the one pipeline that it is taken for, and given back after. Nil where it is for more.
    var pipeline: String?

    /// How long to wait. Zero means not to, as with flock(1).
    var patience: Duration? { wait == .zero ? nil : wait }

    public init(
        tenant: String, admin: AdminName? = nil, lease: LeaseWish = .connection, wait: Duration? = nil,
        reuse: Bool = false, request: RequestID? = nil, shell: ShellID? = nil, purpose: String? = nil,
        terminal: String? = nil
    ) {
        self.tenant = tenant
        self.admin = admin
        self.lease = lease
        self.wait = wait
        self.reuse = reuse
        self.request = request
        self.shell = shell
        self.purpose = purpose
        self.terminal = terminal
    }
}
