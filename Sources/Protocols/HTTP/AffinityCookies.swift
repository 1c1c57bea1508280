// A load balancer finds the machine that holds a shell by a cookie, and answers "shell not found" without it. Those
// cookies, by name, are all that is kept: any other could be a way to be recognized that nobody asked for.
//
// Path and Domain are not looked at. The cookies of one shell are sent to that shell's address alone, and its path may
// differ in case from the one in the cookie, which a Windows server takes for the same and RFC 6265 does not.

/// The cookies that lead back to one shell.
public struct AffinityCookies: Hashable, Sendable {
    /// Names that are kept. Case counts, RFC 6265 4.1.1.
    public let names: [String]
    /// The longest value that is kept; a longer one is passed over.
    public let bytesMax: Int
    /// What is kept, in the order it first came.
    public private(set) var cookies: [HTTPField]

    /// The jar of a shell; `cookies` are those from an earlier life.
    public init(names: [String], cookies: [HTTPField] = [], bytesMax: Int = 4096) {
        self.names = names
        self.bytesMax = bytesMax
        self.cookies = cookies.filter { names.contains($0.name) }
    }

    /// Takes what an answer sets, or takes back. Returns the name of a cookie that is none of ours, where there is one: it
    /// may be what somebody finds the machine by.
    @discardableResult
    public mutating func receive(_ answer: HTTPAnswer) -> String? {
        var other: String?
        for line in answer.values(of: "Set-Cookie") {
            let parts = line.split(separator: ";", omittingEmptySubsequences: false)
            guard let equals = parts[0].firstIndex(of: "=") else { continue }
            let name = trimmed(parts[0][..<equals])
            let value = trimmed(parts[0][parts[0].index(after: equals)...])
            guard names.contains(name) else {
                other = String(name.prefix(Self.nameLengthMax))
                continue
            }
            guard value.utf8.count <= bytesMax, value.utf8.allSatisfy(isCookieOctet) else {
                continue
            }
            let isEnd = value.isEmpty || parts.dropFirst().contains { isSame(trimmed($0), "Max-Age=0") }
            let known = cookies.firstIndex { $0.name == name }
            switch (known, isEnd) {
            case (let index?, true): cookies.remove(at: index)
            case (let index?, false): cookies[index] = HTTPField(name, value)
            case (nil, true): break
            case (nil, false): cookies.append(HTTPField(name, value))
            }
        }
        return other
    }

    private static let nameLengthMax = 64

    /// The value of the Cookie field, or nil when there is nothing to send.
    public var fieldValue: String? {
        cookies.isEmpty ? nil : cookies.map { "\($0.name)=\($0.value)" }.joined(separator: "; ")
    }
}

/// RFC 6265 4.1.1, and the quotation mark and comma that servers put there all the same.
private func isCookieOctet(_ byte: UInt8) -> Bool {
    (0x21...0x7E).contains(byte) && byte != UInt8(ascii: ";") && byte != UInt8(ascii: "\\")
}
