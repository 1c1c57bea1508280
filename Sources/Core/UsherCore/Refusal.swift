/// Every way in which the broker says no, with the facts behind it. The words are made by whoever shows it.
public enum Refusal: Error, Hashable, Sendable {
    /// A quota leaves no seat.
    case quotaExceeded(Shortfall)
    /// The asked-for wait ran out.
    case waitTimeout(Shortfall, waited: Duration)
    /// The tenant takes only so many new sessions a minute.
    case throttled(TenantName, limit: Int, retryAfter: Duration)
    /// Too many calls of this user, or for this tenant, wait already.
    case tooManyRequests(setting: String, limit: Int)
    /// An operator has closed the tenant for new sessions.
    case tenantLocked(TenantName, String, retryAfter: Duration?)
    /// Draining, or stopping.
    case draining
    /// Grants cannot be recorded.
    case stateUnavailable(String)
    case tenantUnknown(String, suggestion: TenantName?)
    case adminUnknown(TenantName, AdminName, suggestion: AdminName?)
    case notAuthorized(action: String, reason: String)
    case sessionUnknown(SessionReference, suggestion: SessionID?)
    case sessionAmbiguous(SessionReference, [SessionID])
    case sessionExpired(SessionID, EndReason, at: Moment)
    /// The session is in no state for this.
    case sessionBusy(SessionID, SessionState)
    case tenantUnreachable(TenantName, OpeningStage, String)
    /// The tenant counts more than we do: sessions opened outside.
    case tenantFull(TenantName, AdminName, inUse: Int, String)
    /// The reason is empty where none was configured or given.
    case credentialMissing(TenantName, AdminName, String)
    /// The tenant knows the account, and does not let it do this.
    case tenantForbids(TenantName, AdminName, String)
    /// The tenant is overloaded, or holds the account back.
    case tenantBusy(TenantName, String, retryAfter: Duration?)
    case credentialRejected(TenantName, AdminName, String, retryAfter: Duration?)
    /// No pipeline runs in the session that would take what was sent.
    case nothingRuns(SessionID)
    /// A pipeline may have run, or in part.
    case invocationUncertain(SessionID, String)
    case outputTooLarge(limitBytes: Int, property: String?)
    /// A parameter is out of range.
    case invalidParameter(String)
}

/// The facts of a refusal for want of a seat.
public struct Shortfall: Hashable, Sendable {
    public let tenant: TenantName
    public let admin: AdminName
    public let shortage: QuotaLedger.Shortage
    /// Calls in line for this tenant.
    public let waiting: Int
    /// Who has the seats, the one that frees first leading, as much of it as the asker may see.
    public let holders: [HolderView]
    /// When a seat frees by a rule, as far as that is known.
    public let retryAfter: Duration?
    /// The asker's other accounts at this tenant that have room now.
    public let otherAdmins: [AdminName]
}

/// A session as a person names it: its id, or the beginning of it.
public struct SessionReference: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless `text` could be the beginning of an id.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...20).contains(bytes.count), bytes.first == UInt8(ascii: "s"),
            bytes.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x7a).contains($0) })
        else { return nil }
        description = text
    }

    /// Whether `id` begins with it.
    public func matches(_ id: SessionID) -> Bool { id.description.hasPrefix(description) }
}
