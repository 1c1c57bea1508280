public import Varlink

/// Every error the broker answers with, and the exit status a command leaves with because of it.
///
/// One error for one cause: its facts travel as parameters, its words are made by whoever shows it.
public enum APIError: String, CaseIterable, Sendable {
    case quotaExceeded = "QuotaExceeded"
    case waitTimeout = "WaitTimeout"
    case tenantLocked = "TenantLocked"
    case tenantThrottled = "TenantThrottled"
    case tooManyRequests = "TooManyRequests"
    case draining = "Draining"
    case stateUnavailable = "StateUnavailable"
    case tenantUnknown = "TenantUnknown"
    case adminUnknown = "AdminUnknown"
    case notAuthorized = "NotAuthorized"
    case sessionUnknown = "SessionUnknown"
    case sessionAmbiguous = "SessionAmbiguous"
    case sessionExpired = "SessionExpired"
    case sessionBusy = "SessionBusy"
    case tenantUnreachable = "TenantUnreachable"
    case tenantFull = "TenantFull"
    case credentialMissing = "CredentialMissing"
    case tenantForbids = "TenantForbids"
    case tenantBusy = "TenantBusy"
    case credentialRejected = "CredentialRejected"
    case nothingRuns = "NothingRuns"
    case invocationUncertain = "InvocationUncertain"
    case outputTooLarge = "OutputTooLarge"

    /// The name on the wire.
    public var qualifiedName: String { "\(Interface.name).\(rawValue)" }

    /// The error that `qualifiedName` names, or nil when it is none of this interface.
    public init?(qualifiedName: String) {
        let prefix = Interface.name + "."
        guard qualifiedName.hasPrefix(prefix) else { return nil }
        self.init(rawValue: String(qualifiedName.dropFirst(prefix.count)))
    }

    /// The error reply with its facts.
    public func reply(_ parameters: JSONObject) -> Reply {
        Reply(error: qualifiedName, parameters: parameters)
    }

    /// The exit status of a command that was answered so (contract, section 4.3).
    public var exitStatus: ExitStatus {
        switch self {
        case .quotaExceeded, .waitTimeout, .tenantThrottled, .tenantBusy, .tenantFull, .tooManyRequests, .draining:
            .tryAgainLater
        case .stateUnavailable, .tenantUnreachable, .invocationUncertain: .unavailable
        case .tenantUnknown, .adminUnknown, .sessionUnknown, .sessionAmbiguous, .nothingRuns: .usage
        case .notAuthorized, .tenantLocked, .tenantForbids, .credentialMissing, .credentialRejected: .notPermitted
        case .outputTooLarge: .badData
        case .sessionExpired: .sessionEnded
        case .sessionBusy: .tryAgainLater
        }
    }
}

/// The exit status of `usher` and `usherd` (contract, section 4.3).
public enum ExitStatus: Int32, CaseIterable, Sendable {
    case done = 0
    case failed = 1
    case usage = 64
    case badData = 65
    case unavailable = 69
    case bug = 70
    case tryAgainLater = 75
    case protocolBroken = 76
    case notPermitted = 77
    case configuration = 78
    case sessionEnded = 79
    case interrupted = 130
    case outputClosed = 141
}
