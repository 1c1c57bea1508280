internal import HTTP
internal import UsherCore
internal import XML

/// Where shells are made, and the proof that goes with every request there.
struct Entrance: Sendable {
    /// The address of the endpoint as it was configured or found: TargetUri.
    private(set) var endpoint: WebURL
    /// The same as requests are sent to, AdminDomain included.
    private(set) var url: WebURL
    let proof: Proof
    /// When the proof is to be renewed, as a token's is; nil for one that lasts.
    var freshUntil: Moment?
    /// What the next token is got for, where the authority gave it.
    var renewal: Secret?
    /// Tells it from another one that looks alike, as two tickets do that are in the same cache one after the other.
    private let mark = Mark()

    private final class Mark: Sendable {}

    init(endpoint: WebURL, url: WebURL, proof: Proof, freshUntil: Moment? = nil, renewal: Secret? = nil) {
        self.endpoint = endpoint
        self.url = url
        self.proof = proof
        self.freshUntil = freshUntil
        self.renewal = renewal
    }

    /// Whether it was got together with the other one, or proves the same by the same words.
    func isSame(as other: Entrance) -> Bool {
        if mark === other.mark { return true }
        guard case .field(let own) = proof, case .field(let theirs) = other.proof else { return false }
        return own.reveal() == theirs.reveal()
    }

    /// The same proof at another address of the tenant: what its own query does not say is taken from here.
    func leading(to address: WebURL) -> Entrance {
        guard address != endpoint else { return self }
        var other = self
        other.endpoint = address.withQuery(of: nil)
        other.url = address.query == nil ? address.withQuery(of: url) : address
        return other
    }

    /// How each request says who sends it.
    enum Proof: Sendable {
        /// The value of the Authorization field.
        case field(Secret)
        /// The ticket of a Kerberos cache, which libcurl finds.
        case negotiate
    }

    /// Basic authentication, RFC 7617. The name holds no colon: the configuration has seen to that.
    static func basic(_ name: String, _ password: Secret) -> Proof {
        let encoded = Base64.encode("\(name):\(password.reveal())".utf8)
        return .field(Secret("Basic " + String(decoding: encoded, as: UTF8.self)))
    }
}

/// A text that does not print: a password, a token, or what is made of them.
public struct Secret: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    private let text: String

    public init(_ text: String) { self.text = text }

    /// The text itself, for whoever sends it.
    public func reveal() -> String { text }

    /// A token that is only good for getting others, as whoever signed in by a device code has it instead of a password.
    public init(refreshToken: String) { text = Self.refreshMark + refreshToken }

    /// The token that was given instead of a password, nil where this is a password.
    var refreshToken: Secret? {
        text.hasPrefix(Self.refreshMark) ? Secret(String(text.dropFirst(Self.refreshMark.count))) : nil
    }

    /// No password has a line break: it is one line of a file, or of what somebody types.
    private static let refreshMark = "refresh_token\n"

    /// Whether there is nothing in it.
    public var isEmpty: Bool { text.isEmpty }

    public var description: String { "<secret>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
