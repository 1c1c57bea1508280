/// A SOAP fault, with what Windows puts into it; MS-WSMV 2.2.4.43, SOAP 1.2 part 1, 5.4.
///
/// Everything is what the server wrote. It is shown to people only with its control characters made visible.
public struct Fault: Error, Hashable, Sendable {
    /// WSManFault/@Code. Some answers have none; then only `subcode` is left.
    public var code: UInt32?
    /// Whose mistake it is: `Sender` or `Receiver`.
    public var soapCode: String?
    /// The finer one, without its prefix: `TimedOut`, `QuotaLimit`, `AccessDenied`.
    public var subcode: String?
    /// The last part of FaultDetail's address: `UnexpectedSelectors`.
    public var detail: String?
    /// For everybody: the fault in general.
    public var reason: String?
    /// From WSManFault or a nested one: this fault in particular. Limits are told here and not in `reason`.
    public var message: String?
    /// The host that says so, behind any load balancer.
    public var machine: String?
    /// What a plug-in said in its own words.
    public var provider: Provider?
    /// How the server's own log knows this request.
    public var activityID: String?

    /// A plug-in's part of a fault.
    public struct Provider: Hashable, Sendable {
        public var name: String?
        public var path: String?
        public var text: String?

        public init(name: String? = nil, path: String? = nil, text: String? = nil) {
            self.name = name
            self.path = path
            self.text = text
        }
    }

    public init(code: UInt32? = nil, subcode: String? = nil, reason: String? = nil, message: String? = nil) {
        self.code = code
        self.subcode = subcode
        self.reason = reason
        self.message = message
    }

    /// The most particular text there is, or nothing.
    public var text: String { message ?? provider?.text ?? reason ?? "" }

    /// What the request was about that the fault answers.
    public enum Subject: Hashable, Sendable {
        case shell
        case command
    }
}
