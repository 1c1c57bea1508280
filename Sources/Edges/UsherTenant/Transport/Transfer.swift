internal import CCurl
internal import Glibc
internal import HTTP
internal import UsherCore
internal import WSMan

/// An exchange under way: one easy handle, and what libcurl's callbacks fill. Lives from `start` to its result, on the
/// thread of its transport.
final class Transfer {
    let easy: OpaquePointer
    let exchange: Exchange
    let finish: (ExchangeResult) -> Void

    private var headers: UnsafeMutablePointer<curl_slist>?
    /// Where libcurl puts what it has to say: the host, the port, what is wrong with a certificate.
    private let words: UnsafeMutablePointer<CChar>
    private var sent = 0
    private var fields: [HTTPField] = []
    private var fieldBytes = 0
    private var answer: [UInt8] = []
    private var isTooLong = false

    /// The header of an answer, all fields together.
    private static let fieldBytesMax = 128 << 10

    init(_ exchange: Exchange, easy: OpaquePointer, finish: @escaping (ExchangeResult) -> Void) {
        self.exchange = exchange
        self.easy = easy
        self.finish = finish
        words = .allocate(capacity: Int(CURL_ERROR_SIZE))
        words.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        prepare()
    }

    deinit {
        curl_slist_free_all(headers)
        words.deallocate()
    }

    private func prepare() {
        let handle = UnsafeMutableRawPointer(easy)
        let me = Unmanaged.passUnretained(self).toOpaque()
        set(CURLOPT_NOSIGNAL, 1)
        usher_curl_set_pointer(handle, CURLOPT_ERRORBUFFER, words)
        usher_curl_set_text(handle, CURLOPT_URL, exchange.url.description)
        usher_curl_set_text(handle, CURLOPT_PROTOCOLS_STR, exchange.url.scheme.rawValue)
        // Whatever is to be followed is followed by us, after it was held against a list.
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        // What a proxy says on the way to the service is no answer of the service.
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        switch exchange.passage.proxy {
        case .environment: break
        case .none: usher_curl_set_text(handle, CURLOPT_PROXY, "")
        case .at(let address): usher_curl_set_text(handle, CURLOPT_PROXY, address)
        }
        if let caFile = exchange.passage.caFile {
            usher_curl_set_text(handle, CURLOPT_CAINFO, caFile)
            usher_curl_set_text(handle, CURLOPT_CAPATH, nil)
        }
        set(CURLOPT_CONNECTTIMEOUT_MS, Int(min(exchange.timeout, .seconds(10)).wholeMilliseconds))
        set(CURLOPT_TIMEOUT_MS, Int(exchange.timeout.wholeMilliseconds))
        set(CURLOPT_TCP_KEEPALIVE, 1)
        // Servers drop idle connections after a minute or two; one that may be dead is not worth the doubt it brings.
        set(CURLOPT_MAXAGE_CONN, 60)
        set(CURLOPT_BUFFERSIZE, 128 << 10)
        usher_curl_set_data(handle, CURLOPT_WRITEFUNCTION, receiveBody)
        usher_curl_set_pointer(handle, CURLOPT_WRITEDATA, me)
        usher_curl_set_data(handle, CURLOPT_HEADERFUNCTION, receiveHeader)
        usher_curl_set_pointer(handle, CURLOPT_HEADERDATA, me)
        usher_curl_set_pointer(handle, CURLOPT_PRIVATE, me)
        for field in exchange.fields { headers = curl_slist_append(headers, "\(field.name): \(field.value)") }
        // IIS would compress, and stall on 100-continue. Some compress all the same: that is undone, within our bounds.
        usher_curl_set_text(handle, CURLOPT_ACCEPT_ENCODING, "gzip, deflate")
        headers = curl_slist_append(headers, "Accept-Encoding: identity")
        headers = curl_slist_append(headers, "Expect:")
        if let body = exchange.body {
            set(CURLOPT_POST, 1)
            usher_curl_set_size(handle, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
            usher_curl_set_data(handle, CURLOPT_READFUNCTION, sendBody)
            usher_curl_set_pointer(handle, CURLOPT_READDATA, me)
            // When a connection that was kept turns out dead before the first byte of the answer, libcurl would send
            // the request again by itself, and a server may have run the first one. It cannot, because the body
            // cannot be read from its beginning a second time.
            usher_curl_set_seek(handle) { _, _, _ in CURL_SEEKFUNC_FAIL }
        }
        usher_curl_set_pointer(handle, CURLOPT_HTTPHEADER, headers)
        if exchange.usesNegotiate {
            // CURLAUTH_NEGOTIATE, which is a shift that Swift does not see; the empty name means: the ticket's.
            set(CURLOPT_HTTPAUTH, 1 << 2)
            usher_curl_set_text(handle, CURLOPT_USERPWD, ":")
        }
    }

    private func set(_ option: CURLoption, _ value: Int) {
        usher_curl_set_long(UnsafeMutableRawPointer(easy), option, value)
    }

    // MARK: what libcurl asks

    fileprivate func read(into buffer: UnsafeMutablePointer<CChar>, _ count: Int) -> Int {
        guard let body = exchange.body else { return 0 }
        let size = min(count, body.count - sent)
        body.withUnsafeBytes { bytes in
            guard size > 0, let start = bytes.baseAddress else { return }
            memcpy(buffer, start + sent, size)
        }
        sent += size
        return size
    }

    fileprivate func take(header bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        fieldBytes += bytes.count
        guard fieldBytes <= Self.fieldBytesMax else { return false }
        // An interim answer, or one to a first leg of authentication, comes before the real one.
        if bytes.starts(with: "HTTP/".utf8) { fields = [] }
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return true }
        let name = String(decoding: bytes[..<colon], as: UTF8.self)
        let value = bytes[(colon + 1)...].filter { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
        fields.append(HTTPField(name, String(decoding: value, as: UTF8.self)))
        return true
    }

    fileprivate func take(body bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard answer.count + bytes.count <= exchange.answerBytesMax else {
            isTooLong = true
            return false
        }
        answer.append(contentsOf: bytes)
        return true
    }

    // MARK: the end

    /// What came of it, once libcurl is done.
    func result(_ code: CURLcode) -> ExchangeResult {
        let handle = UnsafeMutableRawPointer(easy)
        if code == CURLE_OK {
            let status = usher_curl_get_long(handle, CURLINFO_RESPONSE_CODE)
            return .answered(HTTPAnswer(status: status, fields: fields, body: answer))
        }
        let text = text(code)
        let failure = TransportFailure(requestLeft: requestLeft(code), answerBegan: !fields.isEmpty, text: text)
        return .failed(failure, at: stage(code))
    }

    private func text(_ code: CURLcode) -> String {
        if let tunnelRefusal {
            if case .at(let address) = exchange.passage.proxy { return "the proxy \(address) answers \(tunnelRefusal)" }
            return "the proxy of the environment answers \(tunnelRefusal)"
        }
        if isTooLong { return "the answer is longer than \(exchange.answerBytesMax) bytes" }
        // What libcurl says of a request that it would have liked to send a second time.
        if code == CURLE_SEND_FAIL_REWIND { return "the connection broke before an answer came" }
        return String(cString: words.pointee == 0 ? curl_easy_strerror(code) : UnsafePointer(words))
    }

    /// The status by which a proxy refused to lead us on (RFC 9110, section 9.3.6).
    private var tunnelRefusal: Int? {
        let status = usher_curl_get_long(UnsafeMutableRawPointer(easy), CURLINFO_HTTP_CONNECTCODE)
        return status == 0 || (200..<300).contains(status) ? nil : status
    }

    /// Whether any byte of the request can have reached the service.
    private func requestLeft(_ code: CURLcode) -> TransportFailure.RequestLeft {
        let handle = UnsafeMutableRawPointer(easy)
        // What was asked of a proxy counts as sent, too, and there is no request before there is a safe way.
        if tunnelRefusal != nil || stage(code) == .tls { return .no }
        // Of the header that was sent, or given to the kernel; the body comes after it.
        guard usher_curl_get_long(handle, CURLINFO_REQUEST_SIZE) > 0 || sent > 0 else { return .no }
        return fields.isEmpty ? .maybe : .yes
    }

    private func stage(_ code: CURLcode) -> OpeningStage {
        if tunnelRefusal != nil { return .connect }
        switch code {
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT: return .connect
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS:
            return .tls
        default:
            let handle = UnsafeMutableRawPointer(easy)
            return usher_curl_get_size(handle, CURLINFO_PRETRANSFER_TIME_T) == 0 ? .connect : .create
        }
    }
}

private func sendBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    guard let bytes, let context else { return 0 }
    return Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().read(into: bytes, size * count)
}

private func receiveHeader(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    received(bytes, size * count, context) { $0.take(header: $1) }
}

private func receiveBody(
    _ bytes: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int, _ context: UnsafeMutableRawPointer?
) -> Int {
    received(bytes, size * count, context) { $0.take(body: $1) }
}

/// Hands bytes to the transfer. Any count but theirs ends it.
private func received(
    _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
    _ take: (Transfer, UnsafeBufferPointer<UInt8>) -> Bool
) -> Int {
    guard let bytes, let context else { return 0 }
    return bytes.withMemoryRebound(to: UInt8.self, capacity: count) { start in
        let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
        return take(transfer, UnsafeBufferPointer(start: start, count: count)) ? count : count == 0 ? 1 : 0
    }
}
