/// A request that came over HTTP, whole.
struct HTTPQuestion {
    var method: String
    /// Without the query.
    var path: String
    /// Names and values, both unescaped, in order.
    var query: [(name: String, value: String)]
    /// Names in lower case.
    var fields: [String: String]
    var body: [UInt8] = []
    /// It is not the first on its connection.
    var isReused: Bool
    /// It came without TLS.
    var isPlain: Bool

    /// The longest body that is read.
    static let bodyMax = 512_000

    /// The value of a field of the query, whatever the case of its name.
    subscript(name: String) -> String? { query.first { $0.name.lowercased() == name.lowercased() }?.value }
}

/// What is answered.
struct HTTPReply {
    var status: Int
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var ending = Ending.whole

    /// How the answer ends.
    enum Ending {
        case whole
        /// So many bytes of the body, then the connection is closed.
        case cut(after: Int)
        /// Nothing at all, and the connection is closed.
        case silence
        /// The body has no end.
        case endless
        /// Nothing, and the connection stays.
        case hang
    }

    static func text(_ status: Int, _ text: String, type: String = "text/plain; charset=utf-8") -> HTTPReply {
        HTTPReply(status: status, fields: [("Content-Type", type)], body: Array(text.utf8))
    }

    static let html = text(
        200, "<!DOCTYPE html><html><head><title>Sign in</title></head><body><h1>Sign in to continue</h1></body></html>",
        type: "text/html; charset=utf-8")
}

/// The escapes of addresses and forms.
enum FormText {
    /// Names and values of `a=1&b=2`.
    static func fields(_ text: Substring) -> [(name: String, value: String)] {
        text.split(separator: "&").prefix(64).map { field in
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (unescape(parts[0]), parts.count > 1 ? unescape(parts[1]) : "")
        }
    }

    static func unescape(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+") {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func escape(_ text: String) -> String {
        let kept = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        return text.utf8.map { byte in
            kept.contains(byte)
                ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
    }
}
