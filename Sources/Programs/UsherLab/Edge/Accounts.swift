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

    /// A token for who has proved himself before.
    mutating func token(of user: String, text: String, at now: Duration) -> String? {
        guard let password = passwords[user] else { return nil }
        return token(for: user, password: password, text: text, at: now)
    }

    // MARK: refresh tokens and device codes

    private var refreshTokens: [String: String] = [:]
    private(set) var refreshes = 0
    private var devices: [String: Device] = [:]

    /// A code that somebody is to type somewhere.
    private struct Device {
        var userCode: String
        /// Who signed in with it.
        var user: String?
        var expires: Duration
    }

    /// What the next token is got for.
    mutating func refreshToken(for user: String, text: String) -> String {
        if refreshTokens.count >= Self.tokensMax { refreshTokens = [:] }
        refreshTokens[text] = user
        return text
    }

    /// Whose refresh token it is. It is good once.
    mutating func refresh(_ text: String) -> String? {
        guard let user = refreshTokens.removeValue(forKey: text) else {
            tokensRefused += 1
            return nil
        }
        refreshes += 1
        return user
    }

    /// Nobody gets another token for the last one.
    mutating func revokeRefreshTokens() { refreshTokens = [:] }

    mutating func addDevice(_ code: String, userCode: String, until expires: Duration) {
        if devices.count >= 1000 { devices = [:] }
        devices[code] = Device(userCode: userCode, user: nil, expires: expires)
    }

    /// Somebody signs in with the only code there is, or the one named.
    mutating func approve(_ userCode: String?, as user: String) -> Bool {
        guard passwords[user] != nil,
            let code = devices.first(where: { userCode == nil || $0.value.userCode == userCode })?.key
        else { return false }
        devices[code]?.user = user
        return true
    }

    /// What became of a device code: `authorization_pending`, `expired_token`, or who signed in.
    mutating func device(_ code: String, at now: Duration) -> Result<String, DeviceTrouble> {
        guard let device = devices[code], device.expires > now else { return .failure(.expired) }
        guard let user = device.user else { return .failure(.pending) }
        devices[code] = nil
        return .success(user)
    }

    enum DeviceTrouble: String, Error {
        case pending = "authorization_pending"
        case expired = "expired_token"
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
