/// One line of an answer's header.
public struct HTTPField: Hashable, Sendable {
    public let name: String
    public let value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// What came back over HTTP, whole.
public struct HTTPAnswer: Hashable, Sendable {
    public let status: Int
    /// In the order they came; names may repeat.
    public let fields: [HTTPField]
    public let body: [UInt8]

    public init(status: Int, fields: [HTTPField] = [], body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// Every value of a field, in order. Case does not count in names, RFC 9110 5.1.
    public func values(of name: String) -> [String] {
        fields.filter { isSame($0.name, name) }.map { trimmed($0.value) }
    }

    /// The type of the body in lower case without its parameters, or nil where the answer does not say.
    public var mediaType: String? {
        values(of: "Content-Type").first.map { value in
            let type = value.prefix { $0 != ";" }
            return String(decoding: trimmed(type).utf8.map(lowercased), as: UTF8.self)
        }
    }

    /// What the status asks of us.
    public var verdict: HTTPVerdict {
        switch status {
        case 200...299: .success
        case 301, 302, 303, 307, 308: .redirect(location: values(of: "Location").first)
        case 401: .unauthorized(AuthenticationChallenge.all(in: values(of: "WWW-Authenticate")))
        case 403: .forbidden
        case 404, 410: .notFound
        case 413: .contentTooLarge
        case 429: .tooManyRequests(retryAfter: retryAfter)
        case 503: .unavailable(retryAfter: retryAfter)
        case 400...499: .refused(status: status)
        case 500...599: .serverError(status: status)
        default: .other(status: status)
        }
    }

    /// RFC 9110 10.2.3. The form with a date is passed over: it needs their clock, and theirs is not ours.
    private var retryAfter: Duration? {
        guard let text = values(of: "Retry-After").first, !text.isEmpty, text.utf8.allSatisfy(isDigit),
            let seconds = UInt32(text)
        else { return nil }
        return .seconds(Int64(seconds))
    }
}

/// What a status asks of whoever sent the request, whatever protocol is carried.
public enum HTTPVerdict: Hashable, Sendable {
    case success
    /// Elsewhere; nil when the answer does not say where. Whether to follow is for a `HostList` to say.
    case redirect(location: String?)
    /// Who we are was not believed, or not said. The request had no effect.
    case unauthorized([AuthenticationChallenge])
    case forbidden
    case notFound
    case contentTooLarge
    case tooManyRequests(retryAfter: Duration?)
    case unavailable(retryAfter: Duration?)
    /// Any other answer in the four hundreds.
    case refused(status: Int)
    /// Any other answer in the five hundreds; SOAP faults come this way.
    case serverError(status: Int)
    case other(status: Int)
}
