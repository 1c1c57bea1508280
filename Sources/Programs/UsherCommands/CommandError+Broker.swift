import UsherAPI
import UsherClient
import Varlink

extension CommandError {
    /// The words for an error that the broker answered.
    init(reply: ErrorReply, during attempt: Attempt, at now: Instant) {
        guard let known = reply.known else {
            self.init(standard: reply, during: attempt)
            return
        }
        self.init(code: known.rawValue, message: "", status: known.exitStatus, facts: reply.facts)
        tell(known, reply.facts, attempt, now)
    }

    private mutating func tell(_ error: APIError, _ facts: JSONObject, _ attempt: Attempt, _ now: Instant) {
        let tenant = facts.name("tenant")
        switch error {
        case .quotaExceeded, .waitTimeout: tellRefusal(facts, attempt, at: now)
        case .tenantThrottled:
            message = "\(tenant) takes \(facts.number("limit")) new sessions a minute (\(facts.name("setting")))."
            let seconds = facts["retryAfterSeconds"]?.int ?? 60
            hint = "The next one can be had in \(Span(seconds: seconds)): \(attempt.waiting(seconds))"
        case .tenantLocked:
            message = "\(tenant) is locked: \(facts.name("message"))"
            if let seconds = facts["retryAfterSeconds"]?.int {
                hint = "The lock ends in \(Span(seconds: seconds))."
            } else {
                hint = "An operator ends it with: usher unlock \(tenant)"
            }
        case .tooManyRequests:
            let (limit, setting) = (facts.number("limit"), facts.name("setting"))
            switch setting {
            case "connections_max", "connections_per_user":
                message = "usherd has as many connections as it takes: \(limit) (\(setting))."
                hint = "Try again when others have ended: each usher that runs holds one."
            case "waiting_max", "waiting_max_per_user":
                message = "As many wait for a seat as may: \(limit) (\(setting))."
                hint = "Try again later, or without --wait: then you hear at once who holds the seats."
            default:
                message = "More requests than the \(limit) that are allowed (\(setting))."
                hint = "Try again when others of yours have been answered."
            }
        case .draining:
            message = "usherd takes no new sessions now: it is draining or about to stop."
            hint = "Try again later. An operator ends a drain with: usher resume"
        case .stateUnavailable:
            message = "usherd can't record grants now, so it gives none."
            addCause(from: facts)
            hint = "Sessions can still be closed. To see how it is: usher status"
        case .tenantUnknown: tellUnknown("No tenant \"\(tenant)\".", facts, else: "usher tenants")
        case .adminUnknown:
            tellUnknown("No admin \"\(facts.name("admin"))\" of yours on \(tenant).", facts, else: "usher tenants")
        case .notAuthorized:
            message = "Not permitted: \(facts.name("action"))."
            addCause(from: facts, "reason")
        case .sessionUnknown: tellUnknown("No session \"\(facts.name("session"))\".", facts, else: "usher list")
        case .sessionAmbiguous:
            let sessions = facts["sessions"]?.array?.compactMap(\.string?.madeVisible) ?? []
            message = "\"\(facts.name("session"))\" fits several sessions: \(sessions.joined(separator: ", "))"
        case .sessionExpired:
            let ended = facts["endedAt"]?.string.flatMap(Instant.init(rfc3339:))
            let when = ended.map { ", \($0.age(at: now)) ago" } ?? ""
            let reason = facts["reason"]?.string ?? ""
            message = "\(facts.name("session")) has ended: \(EndReasons.words(reason))\(when)."
            hint = EndReasons.hint(reason)
        case .sessionBusy:
            message = "\(facts.name("session")) is \(facts.name("state")); this takes one that is ready."
            if facts["state"]?.string == "busy" { hint = "One session runs one pipeline at a time. To see: usher list" }
        case .nothingRuns: message = "Nothing runs in \(facts.name("session")) that waits for this."
        case .tenantUnreachable, .tenantFull, .tenantForbids, .tenantBusy, .credentialMissing, .credentialRejected,
            .invocationUncertain,
            .outputTooLarge:
            tellTenant(error, facts)
        }
    }

    /// What is wrong with what somebody typed; with `usher call` it is what a program sent.
    private static func invalid(_ parameter: String, during attempt: Attempt) -> (String, ExitStatus) {
        switch parameter {
        case _ where attempt.verb == "call":
            ("The parameter \"\(parameter)\" is not one that usherd takes, or its value is not.", .badData)
        case "session": ("That is no id of a session; usher list shows them.", .usage)
        case "tenant": ("That is no name of a tenant; usher tenants shows them.", .usage)
        case "admin": ("That is no name of an admin; usher tenants shows them.", .usage)
        case "waitSeconds": ("That is longer than anybody may wait for a seat (wait_max).", .badData)
        case "purpose": ("A purpose has \(Remark.lengthMax) characters at most.", .badData)
        case "message": ("What people are told of a lock has 1 to \(Remark.lengthMax) characters.", .badData)
        default: ("The parameter \"\(parameter)\" is not one that usherd takes, or its value is not.", .badData)
        }
    }

    /// Text of a tenant stands under the first line, never in it.
    mutating func addCause(from facts: JSONObject, _ field: String = "message") {
        if let text = facts[field]?.string, !text.isEmpty { causes.append(text) }
    }

    private mutating func tellUnknown(_ sentence: String, _ facts: JSONObject, else command: String) {
        if let suggestion = facts["suggestion"]?.string, !suggestion.isEmpty {
            message = "\(sentence) Did you mean \(suggestion.madeVisible)?"
        } else {
            message = sentence
            hint = "To see those you may use: \(command)"
        }
    }

    /// The errors that any Varlink service may answer, and those nobody knows.
    private init(standard reply: ErrorReply, during attempt: Attempt) {
        let facts = reply.facts
        switch StandardError(rawValue: reply.name) {
        case .interfaceNotFound:
            self.init(
                code: "InterfaceNotFound", message: "usherd has no interface \"\(facts.name("interface"))\".",
                hint: "usher call org.varlink.service.GetInfo", status: .usage)
        case .methodNotFound, .methodNotImplemented:
            // Brokers differ in whether they name the interface, too.
            let name = facts["method"]?.string ?? ""
            let bare = String(name.split(separator: ".").last ?? "")
            self.init(code: "MethodNotFound", message: "usherd has no method \"\(name.madeVisible)\".", status: .usage)
            if let near = NearMiss.nearest(to: bare, among: Method.allCases.map(\.rawValue)) {
                message += " Did you mean \(near)?"
            }
        case .invalidParameter:
            let (message, status) = Self.invalid(facts.name("parameter"), during: attempt)
            self.init(code: "InvalidParameter", message: message, status: status)
        case .permissionDenied: self.init(code: "PermissionDenied", message: "Not permitted.", status: .notPermitted)
        case .expectedMore:
            self.init(
                code: "ExpectedMore", message: "This method answers with several replies.", hint: "Add --more.",
                status: .usage)
        case .expectedUpgrade:
            self.init(
                code: "ExpectedUpgrade", message: "This method takes over the connection, which usher does not offer.",
                status: .usage)
        case nil:
            self.init(
                code: String(reply.name.split(separator: ".").last ?? "").madeVisible,
                message: "usherd answered with an error that this usher does not know.",
                causes: ["\(reply.name) \(JSON.object(facts).text)"], status: .protocolBroken)
        }
        self.facts = facts
    }
}

extension JSONObject {
    /// A name, harmless to a terminal.
    func name(_ field: String) -> String { self[field]?.string?.madeVisible ?? "?" }

    /// A number in digits.
    func number(_ field: String) -> String { self[field]?.int.map { "\($0)" } ?? "?" }
}

extension Attempt {
    /// The command with a wait that outlasts `seconds`.
    func waiting(_ seconds: Int64?) -> String {
        // Rounded up and a minute on top: seats free a little later than foretold, not earlier.
        let minutes = ((seconds ?? 60) + 59) / 60 + 1
        return "usher \(verb) \(target) --wait \(Span(seconds: minutes * 60).typed)\(tail)"
    }
}

extension Span {
    /// As an option takes it: `2m`, `1h5m`.
    var typed: String {
        let hours = seconds / 3600
        let minutes = seconds % 3600 / 60
        return (hours > 0 ? "\(hours)h" : "") + (minutes > 0 || hours == 0 ? "\(minutes)m" : "")
    }
}
