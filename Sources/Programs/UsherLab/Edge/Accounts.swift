// Who may come in. Three doors: a password by Basic, at the endpoints without OAuth; a token by Basic under the user name
// `oauth`, as Lync Online had it; a token under one's own name behind the word Bearer, as Exchange had it. A token is got
// for a password and lives for a while.

internal import XML

/// Administrators, their passwords, and the tokens they got.
struct Accounts {
    /// Passwords by principal name.
    let passwords: [String: String]
    var tokenLifetime: Duration = .seconds(3599)
    private var tokens: [String: Token] = [:]
    private(set) var tokensIssued = 0
    private(set) var tokensRefused = 0

    private struct Token {
        var user: String
        var expires: Duration
    }

    private static let tokensMax = 10_000

    init(passwords: [String: String]) { self.passwords = passwords }

    /// Whether the password is right. Both are names and words of a lab, so how long this takes tells nothing worth.
    func user(_ name: String, password: String) -> String? {
        let name = name.lowercased()
        return passwords[name] == password ? name : nil
    }

    /// A token for somebody who gave the right password; `text` is new.
    mutating func token(for name: String, password: String, text: String, at now: Duration) -> String? {
        guard let user = user(name, password: password) else {
            tokensRefused += 1
            return nil
        }
        if tokens.count >= Self.tokensMax { tokens = tokens.filter { $0.value.expires > now } }
        guard tokens.count < Self.tokensMax else { return nil }
        tokens[text] = Token(user: user, expires: now + tokenLifetime)
        tokensIssued += 1
        return text
    }

    mutating func expireTokens() { tokens = [:] }

    private func user(token: String, at now: Duration) -> String? {
        guard let found = tokens[token], found.expires > now else { return nil }
        return found.user
    }

    /// Who sends this Authorization; `takesPasswords` at the endpoints where a password is enough.
    func user(authorization: String?, takesPasswords: Bool, at now: Duration) -> String? {
        guard let authorization else { return nil }
        let parts = authorization.split(separator: " ", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        switch parts[0].lowercased() {
        case "bearer": return user(token: String(parts[1]), at: now)
        case "basic":
            guard let bytes = Base64.decode(Array(parts[1].utf8)), let colon = bytes.firstIndex(of: UInt8(ascii: ":"))
            else { return nil }
            let name = String(decoding: bytes[..<colon], as: UTF8.self)
            let password = String(decoding: bytes[(colon + 1)...], as: UTF8.self)
            if name.lowercased() == "oauth" { return user(token: password, at: now) }
            if password.hasPrefix("Bearer ") {
                let user = user(token: String(password.dropFirst(7)), at: now)
                return user == name.lowercased() ? user : nil
            }
            return takesPasswords ? user(name, password: password) : nil
        default: return nil
        }
    }
}
