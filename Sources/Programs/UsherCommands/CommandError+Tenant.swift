import UsherAPI
import Varlink

extension CommandError {
    /// The words for what went wrong between the broker and a tenant.
    mutating func tellTenant(_ error: APIError, _ facts: JSONObject) {
        let tenant = facts.name("tenant")
        let admin = facts.name("admin")
        switch error {
        case .tenantFull:
            let known = facts["inUse"]?.int ?? 0
            message = "\(tenant) takes no more sessions of \(admin) now."
            let others = "others were opened outside Usher."
            hint =
                known > 0
                ? "Usher holds \(known) of them; \(others) To free yours: usher close --mine \(tenant)"
                : "Usher holds none of them; \(others) They have to be closed where they were opened, or to idle out."
        case .tenantForbids:
            message = "\(tenant) does not let \(admin) do that."
            hint = "Whoever administers \(tenant) can change that. Other admins of yours: usher tenants"
        case .tenantBusy:
            message = "\(tenant) is too busy for that now."
            hint = facts["retryAfterSeconds"]?.int.map { "Try again in \(Span(seconds: $0))." } ?? "Try again later."
        case .credentialMissing:
            message = "usherd has no credential for \(admin) on \(tenant)."
            hint = "usher login \(tenant) --as \(admin)"
        case .credentialRejected:
            message = "\(tenant) refused the credential of \(admin)."
            let pause = facts["retryAfterSeconds"]?.int.map {
                "It is not tried again for \(Span(seconds: $0)), because accounts get locked. "
            }
            hint = "\(pause ?? "")To give another: usher login \(tenant) --as \(admin)"
        case .invocationUncertain:
            message = "The pipeline on \(facts.name("session")) may have run, wholly or in part, or not at all."
            hint = "It was not sent again, and the session has ended. Look what it did before you run it once more."
        case .outputTooLarge:
            let limit = facts["limitBytes"]?.int.map { " than \($0 >> 20) MiB" } ?? ""
            message = "An object is larger\(limit), so the pipeline was stopped."
            if let property = facts["property"]?.string {
                causes.append("its property \(property)")
                hint = "Leave that property out: ... '|' Select-Object and the properties that you want"
            }
        default: tellUnreachable(tenant, facts["stage"]?.string)
        }
        addCause(from: facts)
    }

    private mutating func tellUnreachable(_ tenant: String, _ stage: String?) {
        switch stage {
        case "discovery": message = "Could not find the endpoint of \(tenant)."
        case "connect":
            message = "Could not connect to \(tenant)."
            hint = "Whether it is there now: usher doctor \(tenant)"
        case "tls":
            message = "Could not connect to \(tenant) securely."
            hint = "Where it has a certificate authority of its own, ca_file in the configuration names it."
        case "token": message = "The token authority of \(tenant) gave no token."
        case "authenticate": message = "\(tenant) did not let usherd in."
        case "create": message = "\(tenant) made no session."
        case "negotiate": message = "\(tenant) and usherd did not agree on a session."
        case "open":
            message = "\(tenant) did not open a session in time."
            hint = "How far it came: usher open \(tenant) --verbose"
        default: message = "\(tenant) gave no session."
        }
    }
}
