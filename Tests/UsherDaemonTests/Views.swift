import UsherTestKit

@testable import UsherCore

// What the broker may show, once with everything and once with nothing that can be left out.

extension SessionIdentity {
    static func sample(bare: Bool) -> SessionIdentity {
        SessionIdentity(
            id: .first, tenant: .litware, admin: .kenmyer, kind: bare ? .seats : .shells, owner: UserID(1001),
            user: "ken", pid: 4001, terminal: bare ? nil : "pts/3", purpose: bare ? nil : "nasty \u{1b}[31m\n\u{202e}",
            request: bare ? nil : RequestID("r-1"), since: .start)
    }
}

extension SessionView {
    static func sample(
        _ state: SessionState = .ready, lease: Lease.Mode = .connection, reason: EndReason? = nil, bare: Bool = false
    ) -> SessionView {
        SessionView(
            identity: .sample(bare: bare), state: state, lease: lease, lastUsed: .start + .seconds(9),
            idle: bare ? nil : .seconds(61), freesIn: bare ? nil : .milliseconds(1500), invocations: 3,
            running: state == .busy ? RunningView(name: "Get-CsTenant", lasts: .seconds(3)) : nil, reason: reason,
            endedAt: reason == nil ? nil : .start + .seconds(70))
    }

    /// Everything a session can look like.
    static let all: [SessionView] =
        [.sample(bare: true)]
        + SessionState.allCases.map { .sample($0) }
        + Lease.Mode.allCases.map { .sample(lease: $0) }
        + EndReason.allCases.map { .sample(.closed, reason: $0) }
}

extension HolderView {
    static func sample(_ state: SessionState = .ready, hidden: Bool = false) -> HolderView {
        HolderView(
            identity: hidden ? nil : .sample(bare: false), admin: .kenmyer, state: state, since: .start,
            idle: hidden ? nil : .seconds(5), freesIn: hidden ? nil : .seconds(50),
            running: state == .busy ? RunningView(name: "Get-CsTenant", lasts: .seconds(3)) : nil)
    }

    static let all: [HolderView] = [.sample(hidden: true)] + SessionState.allCases.map { .sample($0) }
}

extension Shortfall {
    static func sample(_ scope: UsherCore.Scope, bare: Bool = false) -> Shortfall {
        Shortfall(
            tenant: .litware, admin: .kenmyer, shortage: .init(scope: scope, limit: 3, inUse: 3), waiting: 2,
            holders: bare ? [] : HolderView.all, retryAfter: bare ? nil : .seconds(58),
            otherAdmins: bare ? [] : [.dana, .priya])
    }
}

extension StatusView {
    static let sample = StatusView(phase: .draining, sessions: 3, unconfirmed: 1, waiting: 2, trouble: "disk full")
}

extension TenantView {
    static let all: [TenantView] =
        Rules.sample.tenants.map { rules in
            var rules = rules
            rules.profile = "lync-online-2013"
            return TenantView(
                rules: rules, inUse: 7, admins: [.init(name: .kenmyer, inUse: 3)], waiting: 1,
                states: [.ready: 6, .unconfirmed: 1],
                lock: TenantLock(message: "moved", until: .start, by: Principal(.ken()), since: .start))
        } + [TenantView(rules: TenantRules(name: .console), inUse: 0, admins: [], waiting: 0, states: [:])]
}

extension Refusal {
    /// Every reason to say no.
    static let all: [Refusal] =
        [
            .quotaExceeded(.sample(.admin)), .quotaExceeded(.sample(.organization, bare: true)),
            .waitTimeout(.sample(.organization), waited: .seconds(20)),
            .waitTimeout(.sample(.admin, bare: true), waited: .zero),
            .throttled(.litware, limit: 5, retryAfter: .milliseconds(12_500)),
            .tooManyRequests(setting: "waiting_max", limit: 32), .draining,
            .tenantLocked(.litware, "moved on Friday", retryAfter: .minutes(1)),
            .tenantLocked(.litware, "moved on Friday", retryAfter: nil),
            .stateUnavailable("The journal cannot be used."),
            .tenantUnknown("litwear", suggestion: .litware), .tenantUnknown("\u{1b}[2J", suggestion: nil),
            .adminUnknown(.litware, .dana, suggestion: .pilar), .adminUnknown(.litware, .dana, suggestion: nil),
            .notAuthorized(action: "drain", reason: "operators only"),
            .sessionUnknown(SessionReference("s1")!, suggestion: .first),
            .sessionUnknown(SessionReference("s1")!, suggestion: nil),
            .sessionAmbiguous(SessionReference("s1")!, [.first, .first.next]),
            .tenantFull(.litware, .kenmyer, inUse: 1, "The maximum number of concurrent shells has been exceeded."),
            .credentialMissing(.litware, .kenmyer, ""),
            .credentialMissing(.litware, .kenmyer, "litware-ken is no file"),
            .tenantForbids(.litware, .kenmyer, "Access is denied."),
            .tenantBusy(.litware, "HTTP 503", retryAfter: nil), .tenantBusy(.litware, "wait", retryAfter: .seconds(5)),
            .credentialRejected(.litware, .kenmyer, "AADSTS50126", retryAfter: .seconds(60)),
            .credentialRejected(.litware, .kenmyer, "AADSTS50126", retryAfter: nil),
            .nothingRuns(.first), .invocationUncertain(.first, "connection reset"),
            .outputTooLarge(limitBytes: 16 << 20, property: "Photo"), .outputTooLarge(limitBytes: 1, property: nil),
        ]
        + OpeningStage.allCases.map { .tenantUnreachable(.litware, $0, "no route to host") }
        + EndReason.allCases.map { .sessionExpired(.first, $0, at: .start) }
        + SessionState.allCases.map { .sessionBusy(.first, $0) }

    /// The error that says it. A case that is added must be added here, and so to the table above.
    var expectedName: String {
        switch self {
        case .quotaExceeded: "QuotaExceeded"
        case .waitTimeout: "WaitTimeout"
        case .throttled: "TenantThrottled"
        case .tooManyRequests: "TooManyRequests"
        case .draining: "Draining"
        case .tenantLocked: "TenantLocked"
        case .stateUnavailable: "StateUnavailable"
        case .tenantUnknown: "TenantUnknown"
        case .adminUnknown: "AdminUnknown"
        case .notAuthorized: "NotAuthorized"
        case .sessionUnknown: "SessionUnknown"
        case .sessionAmbiguous: "SessionAmbiguous"
        case .sessionExpired: "SessionExpired"
        case .sessionBusy: "SessionBusy"
        case .tenantUnreachable: "TenantUnreachable"
        case .tenantFull: "TenantFull"
        case .tenantForbids: "TenantForbids"
        case .tenantBusy: "TenantBusy"
        case .credentialMissing: "CredentialMissing"
        case .credentialRejected: "CredentialRejected"
        case .nothingRuns: "NothingRuns"
        case .invocationUncertain: "InvocationUncertain"
        case .outputTooLarge: "OutputTooLarge"
        case .invalidParameter: "InvalidParameter"
        }
    }
}

extension ForeignShell {
    /// One of each origin.
    static let all: [ForeignShell] = [ForeignShell.Origin.outside, .otherHost("jump2"), .lost(.first)].map { origin in
        ForeignShell(
            tenant: .litware, seenBy: .kenmyer, admin: origin == .outside ? nil : .kenmyer, seenAt: .start,
            shell: SeenShell(
                shellID: "76056A84", name: "WinRM1", owner: "kenmyer@litwareinc.com", address: "192.0.2.7",
                idle: .seconds(3), tenantIdle: .minutes(15)), origin: origin)
    }
}

extension ForeignReport {
    static let sample = ForeignReport(
        shells: ForeignShell.all, troubles: [.init(account: Account(.litware, .dana), why: "denied")])
}

extension ReclaimReport {
    static let sample = ReclaimReport(
        reclaimed: SessionView.all, foreign: ForeignShell.all,
        kept: [
            .init(what: .session(SessionView.all[0]), why: "not confirmed", freesIn: .seconds(3)),
            .init(what: .foreign(ForeignShell.all[0]), why: "denied", freesIn: nil),
        ], troubles: ForeignReport.sample.troubles)
}
