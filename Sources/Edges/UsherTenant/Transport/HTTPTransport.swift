internal import CCurl
internal import WSMan

/// libcurl's multi interface with a connection cache of its own, so that no connection is ever another account's. Used on
/// one thread, but for `wake`.
final class HTTPTransport: @unchecked Sendable {
    // `wake` is the one call that libcurl allows from other threads while the handle lives, and this object keeps it.
    private let multi: UnsafeMutableRawPointer
    private var transfers: [OpaquePointer: Transfer] = [:]
    private var spare: [OpaquePointer] = []

    /// Handles that are kept for the next exchange: each has buffers that are dear to make.
    private static let spareMax = 8
    /// Idle connections that are kept.
    private static let connectionsKept = 16

    /// What must be done once in a process, before there is a second thread that uses libcurl.
    private static let isInitialized: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init() {
        precondition(Self.isInitialized, "libcurl cannot be initialized")
        guard let multi = curl_multi_init() else { preconditionFailure("no memory for libcurl") }
        self.multi = multi
        usher_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, Self.connectionsKept)
        usher_curl_multi_set_long(multi, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
    }

    deinit {
        for easy in transfers.keys {
            curl_multi_remove_handle(multi, UnsafeMutableRawPointer(easy))
            curl_easy_cleanup(UnsafeMutableRawPointer(easy))
        }
        for easy in spare { curl_easy_cleanup(UnsafeMutableRawPointer(easy)) }
        curl_multi_cleanup(multi)
    }

    /// A started exchange, to be called off.
    struct Ticket: Hashable {
        fileprivate let easy: OpaquePointer
    }

    /// Begins an exchange. `finish` is called exactly once, from `perform`, unless it is called off.
    @discardableResult
    func start(_ exchange: Exchange, finish: @escaping (ExchangeResult) -> Void) -> Ticket {
        guard let easy = spare.popLast() ?? curl_easy_init().map({ OpaquePointer($0) }) else {
            preconditionFailure("no memory for libcurl")
        }
        transfers[easy] = Transfer(exchange, easy: easy, finish: finish)
        curl_multi_add_handle(multi, UnsafeMutableRawPointer(easy))
        return Ticket(easy: easy)
    }

    /// Calls an exchange off. What was sent was sent; nobody hears of it any more.
    func cancel(_ ticket: Ticket) {
        guard transfers[ticket.easy] != nil else { return }
        release(ticket.easy)
    }

    /// Moves everything on as far as it goes without waiting, and tells results.
    func perform() {
        var running: Int32 = 0
        curl_multi_perform(multi, &running)
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE else { continue }
            let easy = OpaquePointer(message.pointee.easy_handle!)
            let code = usher_curl_result(message)
            guard let transfer = transfers[easy] else { continue }
            let result = transfer.result(code)
            release(easy)
            transfer.finish(result)
        }
    }

    /// Waits until something can move on, `wake` is called, or the time is over.
    func wait(milliseconds: Int32) {
        curl_multi_poll(multi, nil, 0, milliseconds, nil)
    }

    /// Ends a `wait`, from any thread.
    func wake() { curl_multi_wakeup(multi) }

    private func release(_ easy: OpaquePointer) {
        curl_multi_remove_handle(multi, UnsafeMutableRawPointer(easy))
        transfers[easy] = nil
        if spare.count < Self.spareMax {
            curl_easy_reset(UnsafeMutableRawPointer(easy))
            spare.append(easy)
        } else {
            curl_easy_cleanup(UnsafeMutableRawPointer(easy))
        }
    }
}
