// What is not as it should be, and what to do about it.

/// One thing that was looked at.
public struct Finding: Hashable, Sendable {
    public let severity: Severity
    public let tenant: TenantName?
    /// A sentence without a full stop.
    public let text: String
    /// What to do.
    public let hint: String?

    public enum Severity: String, Hashable, Sendable, CaseIterable {
        case ok
        case notice
        case problem
    }

    public init(_ severity: Severity, at tenant: TenantName? = nil, _ text: String, hint: String? = nil) {
        self.severity = severity
        self.tenant = tenant
        self.text = text
        self.hint = hint
    }
}

extension Broker {
    mutating func diagnose(_ tenant: TenantName?, _ asker: Asker, _ caller: Caller) {
        guard let tenants = tenants(named: tenant, for: caller) else {
            return refuse(asker, tenantUnknown(tenant?.description ?? "", to: caller))
        }
        begin(.diagnose, at: tenants, asker, caller)
    }

    /// What a survey of tenants shows, beside what the broker knows by itself.
    func findings(_ survey: Survey) -> [Finding] {
        var findings: [Finding] = []
        if let grantTrouble {
            findings.append(
                Finding(
                    .problem, "no session is given out: \(grantTrouble)",
                    hint: "look at the disk that holds the state file; ending sessions works"))
        }
        if stopping != nil || drain != nil {
            findings.append(Finding(.notice, "no new session is given out: draining", hint: "usher resume"))
        }
        for tenant in survey.tenants { findings += self.findings(at: tenant, survey) }
        findings += leftBehind(for: survey.caller)
        if findings.allSatisfy({ $0.severity == .ok }), survey.tenants.isEmpty {
            findings.append(Finding(.notice, "no tenant is configured that you may use"))
        }
        return findings
    }

    /// Sessions whose tenant or account was taken out of the configuration, or has another name there now.
    private func leftBehind(for caller: Caller) -> [Finding] {
        let sessions = sessions.values.filter {
            rules[$0.identity.tenant]?.admin($0.identity.admin) == nil
                && rules.maySeeSession(of: $0.identity.owner, at: $0.identity.tenant, caller)
        }
        return Dictionary(grouping: sessions) { Account($0.identity.tenant, $0.identity.admin) }
            .sorted { $0.key < $1.key }
            .map { account, sessions in
                let ids = sessions.map(\.id).sorted().map(\.description).joined(separator: " ")
                return Finding(
                    .problem, at: account.tenant,
                    "\(account.admin) is configured no more, and still holds \(ids)",
                    hint: "usher close \(ids)")
            }
    }

    /// What kept accounts from being asked about, those with one reason together.
    private func troubles(_ troubles: [ReclaimReport.Trouble], at name: TenantName) -> [Finding] {
        Dictionary(grouping: troubles.sorted { $0.account < $1.account }) { [$0.why, $0.isProblem.description] }.values
            .sorted { $0[0].account < $1[0].account }
            .map { alike in
                let admins = alike.map(\.account.admin.description).joined(separator: ", ")
                return alike[0].isProblem
                    ? Finding(
                        .problem, at: name, "the tenant cannot be asked as \(admins): \(alike[0].why)",
                        hint: "usher open \(name) --as \(alike[0].account.admin) --verbose tells how far it comes")
                    : Finding(
                        .notice, at: name, "what the tenant has for \(admins) is not known: \(alike[0].why)",
                        hint: "shells of others are then noticed only when a session is refused")
            }
    }

    private func findings(at name: TenantName, _ survey: Survey) -> [Finding] {
        guard let tenant = rules[name] else { return [] }
        var findings: [Finding] = []
        if let lock = locks[name] {
            findings.append(
                Finding(.notice, at: name, "locked by \(lock.by.user): \(lock.message)", hint: "usher unlock \(name)"))
        }
        findings += troubles(survey.report.troubles.filter { $0.account.tenant == name }, at: name)
        for shell in foreignShells(at: name) {
            let who = [shell.shell.owner, shell.shell.address].compactMap { $0 }.joined(separator: " from ")
            switch shell.origin {
            case .outside:
                findings.append(
                    Finding(
                        .notice, at: name, "a shell that was not opened here takes a place: \(who)",
                        hint: "usher reclaim --foreign --tenant \(name) --dry-run"))
            case .otherHost(let host):
                findings.append(Finding(.ok, at: name, "the usher of \(host) holds a shell there: \(who)"))
            case .lost(let id):
                findings.append(
                    Finding(
                        .problem, at: name, "\(id) is at the tenant and not on the books: its state was lost",
                        hint: "usher reclaim --foreign --tenant \(name)"))
            }
        }
        for session in sessions(at: name) {
            guard case .unconfirmed(let gone) = session.state else { continue }
            if gone.needsLogin {
                findings.append(
                    Finding(
                        .problem, at: name, "\(session.id) cannot be ended: there is no credential for it any more",
                        hint: "\(session.identity.user): usher login \(name) --as \(session.identity.admin)"))
                continue
            }
            let span = gone.freesAt.map { moment in
                let minutes = (max(.zero, moment - now).secondsToWait + 59) / 60
                return ", and frees in \(minutes)m at the latest"
            }
            let attempts = gone.attempts == 1 ? "one attempt" : "\(gone.attempts) attempts"
            findings.append(
                Finding(
                    .problem, at: name, "\(session.id) is unconfirmed after \(attempts)\(span ?? "")",
                    hint: span == nil
                        ? "usher reclaim --unconfirmed --tenant \(name), with --forget if the tenant surely counts it no more"
                        : "usher reclaim --unconfirmed --tenant \(name) asks the tenant now"))
        }
        for admin in tenant.admins {
            guard let limit = learned[Account(name, admin.name)], limit.until > now else { continue }
            findings.append(
                Finding(
                    .problem, at: name,
                    "the tenant allows \(admin.name) \(limit.limit) sessions, the configuration \(tenant.limitPerAdmin)",
                    hint: "set sessions_per_admin to \(limit.limit)"))
        }
        if findings.isEmpty {
            let inUse = ledger.inUse(at: name)
            findings.append(
                Finding(
                    .ok, at: name,
                    tenant.kind == .shells
                        ? "books and tenant agree: \(inUse) in use"
                        : "\(inUse) in use, by the books; there is nothing to ask (protocol: none)"))
        }
        return findings
    }
}
