// An address as we are willing to follow it: http or https, a host, perhaps a port, a path, perhaps a query. RFC 3986
// allows a good deal more, and all of it has served to make two programs disagree about where a request goes: a user
// in front of the host, backslashes, blanks, a fragment. Whatever is not plainly one of ours is no address here.

/// An http or https address, checked when it was made.
public struct WebURL: Hashable, Sendable, CustomStringConvertible {
    public let scheme: Scheme
    /// In lower case: a name, an IPv4 address, or an IPv6 address in its brackets.
    public let host: String
    /// Nil when it is the scheme's own.
    public let port: UInt16?
    /// As it was written, for servers differ in what they do with other case; at least `/`.
    public let path: String
    /// Without its question mark.
    public let query: String?

    /// The two ways to carry HTTP.
    public enum Scheme: String, Hashable, Sendable {
        case http
        case https

        /// Where a server is when the address does not say.
        public var defaultPort: UInt16 { self == .http ? 80 : 443 }
    }

    /// Nil unless `text` is such an address of at most `bytesMax` bytes.
    public init?(_ text: String, bytesMax: Int = 2048) {
        guard text.utf8.count <= bytesMax else { return nil }
        let bytes = Array(text.utf8)
        guard let (scheme, start) = Self.scheme(of: bytes) else { return nil }
        let rest = bytes[start...]
        let end = rest.firstIndex { $0 == slash || $0 == questionMark } ?? rest.endIndex
        guard let (host, port) = authority(rest[..<end]) else { return nil }
        let question = rest[end...].firstIndex(of: questionMark)
        let path = rest[end..<(question ?? rest.endIndex)]
        let query = question.map { rest[($0 + 1)...] }
        guard isWellFormed(path, allowing: "/:@"), query.map({ isWellFormed($0, allowing: "/:@?") }) ?? true else {
            return nil
        }
        self.scheme = scheme
        self.host = host
        self.port = port == scheme.defaultPort ? nil : port
        self.path = path.isEmpty ? "/" : String(decoding: path, as: UTF8.self)
        self.query = query.map { String(decoding: $0, as: UTF8.self) }
    }

    private init(like other: WebURL, path: String, query: String?) {
        (scheme, host, port) = (other.scheme, other.host, other.port)
        self.path = path
        self.query = query
    }

    public var description: String {
        let query = query.map { "?\($0)" } ?? ""
        return "\(scheme.rawValue)://\(hostAndPort)\(path)\(query)"
    }

    /// The host, and the port where it is not the scheme's own: as lists of hosts have it.
    public var hostAndPort: String { host + (port.map { ":\($0)" } ?? "") }

    /// Whether the host is an address rather than a name, so that nothing can be below it.
    public var hasNumericHost: Bool {
        host.hasPrefix("[") || host.utf8.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
    }

    /// The address that `reference` means when it was found at this one: an address of its own, or a path from the
    /// root of this host. Nil for everything else.
    public func following(_ reference: String) -> WebURL? {
        guard reference.hasPrefix("/"), !reference.hasPrefix("//") else { return WebURL(reference) }
        let port = port.map { ":\($0)" } ?? ""
        return WebURL("\(scheme.rawValue)://\(host)\(port)\(reference)")
    }

    /// This address with one more field in its query, both halves escaped where they need it.
    public func addingQuery(_ name: String, _ value: String) -> WebURL {
        let field = "\(percentEncoded(name))=\(percentEncoded(value))"
        let query = query.flatMap { $0.isEmpty ? nil : "\($0)&\(field)" } ?? field
        return WebURL(like: self, path: path, query: query)
    }

    /// This address with the query of another one, or without any.
    public func withQuery(of other: WebURL?) -> WebURL { WebURL(like: self, path: path, query: other?.query) }

    /// This address with another path. Nil unless `path` begins with a slash and may stand in an address.
    public func replacingPath(_ path: String) -> WebURL? {
        guard path.hasPrefix("/"), isWellFormed(Array(path.utf8)[...], allowing: "/:@") else { return nil }
        return WebURL(like: self, path: path, query: query)
    }

    private static func scheme(of bytes: [UInt8]) -> (Scheme, Int)? {
        // The longer one first is not needed: what follows `http` must be the colon.
        for scheme in [Scheme.http, .https] {
            let prefix = Array("\(scheme.rawValue)://".utf8)
            if bytes.count > prefix.count, bytes.prefix(prefix.count).map(lowercased) == prefix {
                return (scheme, prefix.count)
            }
        }
        return nil
    }
}

private let slash = UInt8(ascii: "/")
private let questionMark = UInt8(ascii: "?")

/// RFC 3986 3.2, without userinfo: what stands before an `@` looks like a host to a person and is none.
private func authority(_ bytes: ArraySlice<UInt8>) -> (host: String, port: UInt16?)? {
    var name = bytes
    var port: UInt16?
    let bracket = bytes.firstIndex(of: UInt8(ascii: "]"))
    if let colon = bytes[(bracket ?? bytes.startIndex)...].firstIndex(of: UInt8(ascii: ":")) {
        let digits = bytes[(colon + 1)...]
        guard digits.allSatisfy(isDigit), let number = UInt16(String(decoding: digits, as: UTF8.self)), number > 0
        else {
            return nil
        }
        port = number
        name = bytes[..<colon]
    }
    let host = name.map(lowercased)
    guard isHost(host) else { return nil }
    return (String(decoding: host, as: UTF8.self), port)
}

/// Whether `host` is labels of letters, digits, `-` and `_`, none of them empty, or an IPv6 address in brackets.
func isHost(_ host: [UInt8]) -> Bool {
    guard (1...253).contains(host.count) else { return false }
    if host.first == UInt8(ascii: "[") {
        let inner = host.dropFirst().dropLast()
        return host.last == UInt8(ascii: "]") && inner.contains(UInt8(ascii: ":"))
            && inner.allSatisfy { isHexDigit($0) || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".") }
    }
    return host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
        (1...63).contains(label.count)
            && label.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") }
    }
}

/// RFC 3986 3.3 and 3.4: unreserved characters, sub-delims, those of `extra`, and `%` with two hexadecimal digits.
private func isWellFormed(_ bytes: ArraySlice<UInt8>, allowing extra: StaticString) -> Bool {
    let plain = Array("-._~!$&'()*+,;=\(extra)".utf8)
    var index = bytes.startIndex
    while index < bytes.endIndex {
        let byte = bytes[index]
        if byte == UInt8(ascii: "%") {
            guard bytes.endIndex - index > 2, isHexDigit(bytes[index + 1]), isHexDigit(bytes[index + 2]) else {
                return false
            }
            index += 3
        } else {
            guard isAlphanumeric(byte) || plain.contains(byte) else { return false }
            index += 1
        }
    }
    return true
}

/// Fields of a form, application/x-www-form-urlencoded. A blank is `%20`, which every reader of forms takes.
public func formEncoded(_ fields: [(name: String, value: String)]) -> String {
    fields.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.joined(separator: "&")
}

private func percentEncoded(_ text: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in text.utf8 {
        if isAlphanumeric(byte) || Array("-._~".utf8).contains(byte) {
            bytes.append(byte)
        } else {
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
