// What went wrong at a tenant, in words and in the broker's terms. Texts from the other side are quoted as they came; whoever
// shows them makes controls visible.

internal import CLIXML
internal import HTTP
public import UsherCore
internal import WSMan

extension Failure {
    /// One sentence without a full stop.
    var text: String {
        switch self {
        case .fault(let meaning, let fault):
            [meaning.words, fault.code.map { "WSMan fault \($0): \(fault.text)" } ?? fault.text]
                .compactMap { $0 }.joined(separator: ". ")
        case .http(.unauthorized): "the tenant refused the credentials (HTTP 401)"
        case .http(.forbidden): "the tenant forbids it (HTTP 403)"
        case .http(.notFound): "there is nothing at that address (HTTP 404)"
        case .http(.redirect(let location)): "it is to be asked elsewhere: \(location ?? "it does not say where")"
        case .http(.contentTooLarge): "the request was too large for it (HTTP 413)"
        case .http(.tooManyRequests): "it was asked too often (HTTP 429)"
        case .http(.unavailable): "it is overloaded (HTTP 503)"
        case .http(.refused(let status)), .http(.serverError(let status)), .http(.other(let status)):
            "it answered HTTP \(status) and nothing else"
        case .http(.success): "it answered nothing"
        case .unreadable(let error): "its answer could not be read: \(error.text)"
        case .transport(let failure): failure.text
        case .wrongState: "the session is in no state for that"
        }
    }

    /// Whether who we are was not believed; the request had no effect.
    var isUnauthorized: Bool {
        switch self {
        case .http(.unauthorized), .fault(.logonFailed, _): true
        default: false
        }
    }

    /// Where it is to be asked instead, by status or by fault; nil where it is no redirection.
    var redirection: String?? {
        switch self {
        case .http(.redirect(let location)), .fault(.redirected(let location), _): .some(location)
        default: .none
        }
    }

    /// Whether the account is known and not allowed to do this.
    var isForbidden: Bool {
        switch self {
        case .http(.forbidden), .fault(.accessDenied, _), .fault(.notAnAdministrator, _), .fault(.remotingDisabled, _):
            true
        default: false
        }
    }

    /// Whether the same request may well be answered later.
    var isBusy: Bool {
        switch self {
        case .http(.tooManyRequests), .http(.unavailable), .fault(.throttled, _), .fault(.operationsQuota, _),
            .fault(.shuttingDown, _):
            true
        default: false
        }
    }

    /// After which time the tenant wants to be asked again, as far as it says, and no longer than anybody waits for that.
    var retryAfter: Duration? {
        switch self {
        case .http(.tooManyRequests(let pause)), .http(.unavailable(let pause)), .fault(.throttled(let pause), _):
            pause.map { min($0, .seconds(60)) }
        default: nil
        }
    }

    /// Whether something between us and the service could not reach it.
    var isOfGateway: Bool {
        switch self {
        case .http(.serverError(502)), .http(.serverError(504)): true
        default: false
        }
    }

    /// Whether it is about the moment and the way there, and not about what was asked.
    var mayPass: Bool {
        if case .transport = self { return true }
        return isBusy || isOfGateway
    }

    /// Whether a request broke before the first byte of its answer.
    var answerNeverBegan: Bool {
        if case .transport(let failure) = self { !failure.answerBegan } else { false }
    }

    /// Whether there was a connection, and it broke before the first byte of an answer.
    var brokeOnTheWay: Bool {
        if case .transport(let failure) = self { failure.requestLeft != .no && !failure.answerBegan } else { false }
    }

    /// Whether a command is no more that was asked for output.
    var isEndOfCommand: Bool {
        switch self {
        case .fault(.commandGone, _), .fault(.aborted, _): true
        default: false
        }
    }

    /// Whether one session fewer may help.
    var isShellQuota: Bool {
        if case .fault(let meaning, _) = self { meaning.isShellQuota } else { false }
    }
}

extension ResponseError {
    var text: String {
        switch self {
        case .emptyBody: "it is empty"
        case .html: "it is a page for people (HTML)"
        case .mediaType(let type): "it is \(type)"
        case .xml(let error): "\(error)"
        case .notAnEnvelope(let root): "it is XML of another kind (\(root))"
        case .unrelated: "it answers another question"
        case .missing(let element): "it has no \(element)"
        case .malformed(let element, let text): "its \(element) is \(text)"
        case .status(let status): "it came with HTTP \(status)"
        }
    }
}

extension FaultClass {
    /// What the fault is about, where its own text leaves people alone.
    fileprivate var words: String? {
        switch self {
        case .resourceUnknown: "It has no session configuration of that name (configuration_name)"
        case .notAnAdministrator: "The account has no role there that allows it"
        case .remotingDisabled: "Remote shells are switched off there"
        case .accessDenied: "The account is known there and may not do that"
        case .logonFailed: "Name or password are wrong"
        case .redirected: "It is to be asked elsewhere"
        case .envelopeTooLarge: "A message was larger than one side takes"
        case .commandsQuota: "The session has had as many commands as it may"
        case .operationsQuota: "It has too many requests under way"
        case .throttled: "It holds the account back"
        case .badSelectors: "It knows nothing of the session here; a load balancer may have lost the way to it"
        case .pluginFailure: "Something broke on its side"
        case .shuttingDown: "It is stopping"
        case .malformedRequest: "It could not read what usherd sent, which is a mistake of Usher's"
        case .identifierInUse: "The id of the session is in use there"
        case .shellGone, .commandGone, .aborted, .streamDisconnected, .pollTimedOut, .unknown, .quotaUser, .quotaTenant,
            .quotaExchange, .quotaUsers, .quotaEndpoint, .quotaUnspecified:
            nil
        }
    }

    /// Whose quota a refusal speaks of.
    fileprivate var full: OpenFailure.Cause {
        switch self {
        case .quotaUser(let limit): .full(.admin, limit: limit)
        case .quotaTenant(let limit): .full(.organization, limit: limit)
        case .quotaExchange(_, let allowed, _): .full(.admin, limit: allowed)
        default: .full(nil, limit: nil)
        }
    }
}

extension OpenFailure {
    /// What a failure of the service means for a session that is being opened. `reached` is how far the last exchange came
    /// that broke.
    init(_ failure: Failure, stage: OpeningStage, at reached: OpeningStage, leftNothing: Bool) {
        let cause: Cause
        switch failure {
        case .fault(let meaning, _) where meaning.isShellQuota: cause = meaning.full
        case _ where failure.isUnauthorized: cause = .credentialRejected(retryAfter: nil)
        case _ where failure.isForbidden: cause = .forbidden
        case .fault(.throttled(let delay), _): cause = .busy(retryAfter: delay)
        case .http(.tooManyRequests(let pause)), .http(.unavailable(let pause)): cause = .busy(retryAfter: pause)
        case _ where failure.isBusy: cause = .busy(retryAfter: nil)
        case .transport where reached == .connect || reached == .tls: cause = .unreachable(reached)
        default: cause = .unreachable(stage)
        }
        self.init(cause, message: failure.text, leftNothing: leftNothing)
    }

    /// What kept somebody from the tenant, in a few words.
    public var summary: String {
        switch cause {
        case .credentialMissing:
            message.isEmpty ? "there is no credential; usher login gives one" : "there is no credential: \(message)"
        case .credentialRejected: "the credential was refused: \(message)"
        case .unreachable, .full, .forbidden, .busy: message
        }
    }

    /// What it means for an end that it kept from being asked for.
    var closeObstacle: CloseObstacle {
        switch cause {
        case .credentialMissing: .credentialMissing
        case .credentialRejected, .full, .forbidden, .busy: .refused
        case .unreachable: isAway ? .unreachable : .refused
        }
    }

    /// Whether it may go better in a while, without anybody doing anything.
    var isTemporary: Bool {
        switch cause {
        case .unreachable, .busy: true
        case .full, .credentialMissing, .credentialRejected, .forbidden: false
        }
    }

    /// Whether nobody was there to say no.
    var isAway: Bool {
        switch cause {
        case .unreachable(.connect), .unreachable(.discovery): true
        default: false
        }
    }
}

extension ErrorRecord {
    /// Whether it is the refusal of a service that makes the shell first (Exchange).
    var saysFull: Bool { FaultClass.recognize(in: message)?.isShellQuota == true }
}
