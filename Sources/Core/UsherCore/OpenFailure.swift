/// Why a session could not be opened.
public struct OpenFailure: Hashable, Sendable {
    public let cause: Cause
    public let message: String
    /// Whether the tenant surely counts nothing. Otherwise the seat stays taken until it says so.
    public let leftNothing: Bool

    /// What kind of no it is.
    public enum Cause: Hashable, Sendable {
        /// No answer, or none that leads on, at this stage.
        case unreachable(OpeningStage)
        /// The tenant counts more sessions than we do, or allows fewer: of the account, or of the organization; and how many
        /// it allows, as far as it says.
        case full(Scope?, limit: Int?)
        case credentialMissing
        /// The account is known there and may not do this.
        case forbidden
        /// The tenant holds us back, for so long where it says.
        case busy(retryAfter: Duration?)
        /// Not tried again for so long.
        case credentialRejected(retryAfter: Duration?)
    }

    public init(_ cause: Cause = .unreachable(.open), message: String, leftNothing: Bool) {
        self.cause = cause
        self.message = message
        self.leftNothing = leftNothing
    }

    /// What whoever wanted to get in is told; `inUse` are the sessions of the account that we know of.
    public func refusal(to admin: AdminName, at tenant: TenantName, inUse: Int) -> Refusal {
        switch cause {
        case .unreachable(let stage): .tenantUnreachable(tenant, stage, message)
        case .full: .tenantFull(tenant, admin, inUse: inUse, message)
        case .credentialMissing: .credentialMissing(tenant, admin, message)
        case .forbidden: .tenantForbids(tenant, admin, message)
        case .busy(let retryAfter): .tenantBusy(tenant, message, retryAfter: retryAfter)
        case .credentialRejected(let retryAfter):
            .credentialRejected(tenant, admin, message, retryAfter: retryAfter)
        }
    }
}

/// What is done to build a connection, as those hear who wait for it.
public enum OpeningStep: String, Hashable, Sendable, CaseIterable {
    case domain
    case discovery
    case token
    case session
}

/// How far a connection came that could not be built.
public enum OpeningStage: String, Hashable, Sendable, CaseIterable {
    case discovery
    case connect
    case tls
    case token
    case authenticate
    case create
    case negotiate
    case open
}
