public import HTTP
public import XML

/// A request did not do what it was sent for.
public enum Failure: Error, Hashable, Sendable {
    /// The service said no, in its own words.
    case fault(FaultClass, Fault)
    /// Something before the service said no: a front end, a proxy, the web server.
    case http(HTTPVerdict)
    /// An answer came and could not be understood.
    case unreadable(ResponseError)
    /// No answer, or not all of one.
    case transport(TransportFailure)
    /// Nothing was sent: the shell is in a state that has no use for it.
    case wrongState

    /// Whether what was asked for may have happened all the same.
    ///
    /// Whoever asked for something that must not happen twice asks again only when this is false.
    public var mayHaveHappened: Bool {
        switch self {
        case .fault(let meaning, _):
            switch meaning {
            // The service gave up waiting, or broke half-way. Any other fault stands for what was not done.
            // An id that we made up and that is taken was taken by us.
            case .pollTimedOut, .aborted, .pluginFailure, .shuttingDown, .identifierInUse: true
            default: false
            }
        case .http(let verdict):
            switch verdict {
            case .redirect, .unauthorized, .forbidden, .notFound, .contentTooLarge, .tooManyRequests, .refused: false
            // With a time to come back it is a refusal. Without, a load balancer may have lost the machine behind it.
            case .unavailable(let retryAfter): retryAfter == nil
            case .success, .serverError, .other: true
            }
        case .unreadable: true
        case .transport(let failure): failure.requestLeft != .no
        case .wrongState: false
        }
    }

    /// Whether it is a fault of which nobody knows what it means.
    var isUnknownFault: Bool { if case .fault(.unknown, _) = self { true } else { false } }

    /// Whether the service may still be at work on the request, so that what it finds next may still change.
    var mayStillHappen: Bool {
        switch self {
        case .fault(.pollTimedOut, _): true
        case .fault, .wrongState: false
        // A page, or a part of one, may be that of somebody in between, who does not wait for the service.
        case .http, .unreadable, .transport: mayHaveHappened
        }
    }
}

/// What became of a request that got no whole answer.
public struct TransportFailure: Error, Hashable, Sendable {
    public let requestLeft: RequestLeft
    /// Whether any byte of an answer came. If not, the service may still have what a Receive would have brought.
    public let answerBegan: Bool
    /// What the transport says about it, for people.
    public let text: String

    /// Whether the request can have reached the service.
    public enum RequestLeft: Hashable, Sendable {
        /// No connection, or none that was used: the service cannot have seen it.
        case no
        case maybe
        case yes
    }

    public init(requestLeft: RequestLeft, answerBegan: Bool = false, text: String) {
        self.requestLeft = requestLeft
        self.answerBegan = answerBegan
        self.text = text
    }
}

/// What became of an order.
public enum Outcome: Hashable, Sendable {
    case answered(HTTPAnswer)
    case failed(TransportFailure)
}

extension Request {
    /// What an outcome says of this request.
    public func result(of outcome: Outcome, limits: XMLLimits) -> Result<Response, Failure> {
        switch outcome {
        case .failed(let failure): return .failure(.transport(failure))
        case .answered(let answer):
            do throws(ResponseError) {
                let response = try Response(answer, to: self, limits: limits)
                guard case .fault(let fault) = response else { return .success(response) }
                return .failure(.fault(fault.classify(about: operation.concernsCommand ? .command : .shell), fault))
            } catch {
                // What the status says is worth more than that there was no SOAP with it.
                if case .success = answer.verdict { return .failure(.unreadable(error)) }
                return .failure(.http(answer.verdict))
            }
        }
    }
}

extension Operation {
    /// Whether a fault may be about a command rather than its shell.
    fileprivate var concernsCommand: Bool {
        switch self {
        case .signal, .connectCommand: true
        case .receive(let command), .send(_, _, let command): command != nil
        default: false
        }
    }
}
