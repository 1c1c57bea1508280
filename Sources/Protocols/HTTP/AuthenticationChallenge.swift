// WWW-Authenticate, RFC 9110 11.6.1. The grammar is a list of lists with the same comma between both, so a word belongs
// to the challenge before it when an equals sign follows, and begins the next one when not. IIS sends a field for each
// scheme, proxies join them into one; both come out the same here.

/// One way to prove who one is, as a server offers it.
public struct AuthenticationChallenge: Hashable, Sendable {
    /// In lower case: `basic`, `bearer`, `negotiate`, `msrtcoauth`.
    public let scheme: String
    /// What stands behind the scheme where it is no list of parameters, as Negotiate has it.
    public let token: String?
    /// In order, with names in lower case and values unquoted.
    public let parameters: [Parameter]

    /// A named value of a challenge.
    public struct Parameter: Hashable, Sendable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public init(scheme: String, token: String? = nil, parameters: [Parameter] = []) {
        self.scheme = scheme
        self.token = token
        self.parameters = parameters
    }

    /// The first value of that name, given in lower case.
    public subscript(name: String) -> String? { parameters.first { $0.name == name }?.value }

    /// Every challenge in the values of all WWW-Authenticate fields. What cannot be read ends its field, quietly: the
    /// schemes before it are offers all the same.
    ///
    /// No more than `challengesMax` with `parametersMax` each are taken; the rest is passed over.
    public static func all(
        in values: [String], challengesMax: Int = 16, parametersMax: Int = 32
    ) -> [AuthenticationChallenge] {
        var challenges: [AuthenticationChallenge] = []
        for value in values {
            var scanner = ChallengeScanner(bytes: Array(value.utf8), parametersMax: parametersMax)
            while challenges.count < challengesMax, let challenge = scanner.next() { challenges.append(challenge) }
        }
        return challenges
    }
}

/// Reads one field from left to right.
private struct ChallengeScanner {
    let bytes: [UInt8]
    let parametersMax: Int
    var index = 0

    init(bytes: [UInt8], parametersMax: Int) {
        self.bytes = bytes
        self.parametersMax = parametersMax
    }

    mutating func next() -> AuthenticationChallenge? {
        skip { isBlank($0) || $0 == UInt8(ascii: ",") }
        guard let scheme = take(while: isTokenCharacter) else { return nil }
        skip(isBlank)
        if let token = token68() { return AuthenticationChallenge(scheme: scheme.asciiLowercased, token: token) }
        var parameters: [AuthenticationChallenge.Parameter] = []
        while let parameter = parameter() {
            if parameters.count < parametersMax { parameters.append(parameter) }
        }
        return AuthenticationChallenge(scheme: scheme.asciiLowercased, parameters: parameters)
    }

    /// A token68 is a word that the field or the challenge ends behind. `realm=` alone reads as one, and rightly so.
    private mutating func token68() -> String? {
        let start = index
        let extra = Array("-._~+/".utf8)
        guard let word = take(while: { isAlphanumeric($0) || extra.contains($0) }) else { return nil }
        let padding = take { $0 == UInt8(ascii: "=") } ?? ""
        skip(isBlank)
        guard index == bytes.count || bytes[index] == UInt8(ascii: ",") else {
            index = start
            return nil
        }
        return word + padding
    }

    /// The next `name=value`, or nil and nothing read where another challenge begins.
    private mutating func parameter() -> AuthenticationChallenge.Parameter? {
        let start = index
        skip { isBlank($0) || $0 == UInt8(ascii: ",") }
        guard let name = take(while: isTokenCharacter) else { return rewind(start) }
        skip(isBlank)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "=") else { return rewind(start) }
        index += 1
        skip(isBlank)
        if index < bytes.count, bytes[index] == UInt8(ascii: "\"") {
            guard let value = quotedString() else { return rewind(start) }
            return .init(name.asciiLowercased, value)
        }
        // Wider than a token: addresses come unquoted from some servers.
        let value = take { $0 > 0x20 && $0 != UInt8(ascii: ",") && $0 != 0x7F } ?? ""
        return .init(name.asciiLowercased, value)
    }

    /// RFC 9110 5.6.4. Nil when the quotation mark at the end is missing.
    private mutating func quotedString() -> String? {
        var text: [UInt8] = []
        var position = index + 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                index = position + 1
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\") where position + 1 < bytes.count:
                text.append(bytes[position + 1])
                position += 2
            default:
                text.append(bytes[position])
                position += 1
            }
        }
        return nil
    }

    private mutating func rewind(_ start: Int) -> AuthenticationChallenge.Parameter? {
        index = start
        return nil
    }

    private mutating func skip(_ condition: (UInt8) -> Bool) {
        while index < bytes.count, condition(bytes[index]) { index += 1 }
    }

    private mutating func take(while condition: (UInt8) -> Bool) -> String? {
        let start = index
        skip(condition)
        return start == index ? nil : String(decoding: bytes[start..<index], as: UTF8.self)
    }
}

private func isTokenCharacter(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
}

extension String {
    fileprivate var asciiLowercased: String { String(decoding: utf8.map { HTTP.lowercased($0) }, as: UTF8.self) }
}
