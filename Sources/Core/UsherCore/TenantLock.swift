/// A tenant that gives no new sessions, because an operator said so.
public struct TenantLock: Hashable, Sendable {
    /// For those who ask.
    public let message: String
    /// When it ends by itself. Nil: when somebody ends it.
    public let until: Moment?
    public let by: Principal
    public let since: Moment

    public init(message: String, until: Moment?, by: Principal, since: Moment) {
        self.message = message
        self.until = until
        self.by = by
        self.since = since
    }
}
