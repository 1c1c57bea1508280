// Kerberos: the ticket of an account, got with its keytab or password into a cache of its own in memory. libcurl takes
// whatever ticket its thread is pointed at, and every account has a thread of its own, so none is ever another's.

internal import CKerberos
internal import Glibc
internal import UsherCore

/// What proves an account by tickets.
enum TicketSource: Sendable {
    case keytab(path: String)
    case password(Secret)
}

/// What came of asking for a ticket.
enum TicketOutcome: Sendable {
    /// It is in this cache, for so long.
    case got(lifetime: Duration)
    /// The secret is wrong.
    case refused(String)
    case failed(String)
}

enum Tickets {
    /// Asks for a ticket, which takes as long as the network does.
    static func get(_ principal: String, _ source: TicketSource, into cache: String) -> TicketOutcome {
        var expires: Int64 = 0
        var words = [CChar](repeating: 0, count: 512)
        let code: Int32 =
            switch source {
            case .keytab(let path):
                usher_kerberos_get(principal, "FILE:" + path, nil, cache, &expires, &words, words.count)
            case .password(let secret):
                usher_kerberos_get(principal, nil, secret.reveal(), cache, &expires, &words, words.count)
            }
        guard code != 0 else { return .got(lifetime: .seconds(max(0, expires - Int64(time(nil))))) }
        let text = String(decoding: words.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return usher_kerberos_refused(code) != 0 ? .refused(text) : .failed(text)
    }

    /// From now on the thread that calls this uses the tickets in that cache.
    static func use(_ cache: String) { _ = usher_kerberos_use(cache) }
}
