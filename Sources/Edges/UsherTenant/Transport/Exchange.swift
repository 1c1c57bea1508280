internal import HTTP
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
    /// The authority that the certificate must come from; nil for those of the system.
    var caFile: String?
    /// From the first packet to the last.
    var timeout: Duration
    /// A longer answer ends the exchange.
    var answerBytesMax: Int
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
