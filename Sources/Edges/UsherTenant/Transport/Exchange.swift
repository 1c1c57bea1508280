internal import HTTP
internal import UsherConfiguration
internal import UsherCore
internal import WSMan

/// One HTTP request, posted once.
///
/// Never sent a second time, not even by libcurl: what is in it may be a command that must not run twice.
struct Exchange {
    let url: WebURL
    /// Nil: GET.
    var body: [UInt8]?
    var fields: [HTTPField] = []
    /// Whether the ticket of a Kerberos cache proves who we are (`auth: negotiate`).
    var usesNegotiate = false
    let passage: Passage
    /// From the first packet to the last.
    var timeout: Duration
    /// A longer answer ends the exchange.
    var answerBytesMax: Int

    /// GET on the way to a session: an address or who may be asked for a token.
    static func page(_ url: WebURL, accept: String, _ passage: Passage) -> Exchange {
        Exchange(
            url: url, fields: [HTTPField("Accept", accept), HTTPField("User-Agent", "usher")], passage: passage,
            timeout: pageTimeout, answerBytesMax: pageBytesMax)
    }

    /// POST of a form to a token authority.
    static func form(_ url: WebURL, _ form: Secret, _ passage: Passage) -> Exchange {
        Exchange(
            url: url, body: Array(form.reveal().utf8),
            fields: [
                HTTPField("Content-Type", "application/x-www-form-urlencoded"),
                HTTPField("Accept", "application/json"), HTTPField("User-Agent", "usher"),
            ], passage: passage, timeout: pageTimeout, answerBytesMax: pageBytesMax)
    }

    private static let pageTimeout = Duration.seconds(15)
    private static let pageBytesMax = 256 << 10
}

/// How a tenant is got to: through what, and whom we trust there.
struct Passage: Hashable {
    /// The authority that the certificate must come from; nil for those of the system.
    let caFile: String?
    let proxy: EndpointSettings.Proxy

    init(_ settings: EndpointSettings) {
        caFile = settings.caFile
        proxy = settings.proxy
    }
}

/// What came of an exchange.
enum ExchangeResult {
    case answered(HTTPAnswer)
    case failed(TransportFailure, at: OpeningStage)

    /// The same in the words of a shell's machine.
    var outcome: Outcome {
        switch self {
        case .answered(let answer): .answered(answer)
        case .failed(let failure, _): .failed(failure)
        }
    }
}
