import SessionKeys
import Testing

@Suite struct SessionKeyTests {
    @Test func `the client opens what the server sealed for it`() throws {
        let pair = try #require(KeyPair())
        let theirs = try #require(SessionKey.random())
        let sealed = try #require(theirs.sealed(for: pair.publicKey))
        let ours = try #require(pair.open(sealed))
        for text in [
            "", "secret", "fünfzehn Zeichen", "🔑 with a pair of surrogates", String(repeating: "x", count: 70_000),
        ] {
            let crossing = try #require(ours.encrypt(text))
            #expect(theirs.decrypt(crossing) == text)
            #expect(ours.encrypt(text) == theirs.encrypt(text), "the initialization vector is zero")
        }
    }

    @Test func `a public key has the form that Windows gives it`() throws {
        let pair = try #require(KeyPair())
        #expect(pair.publicKey.hasPrefix("BgIAAACkAABSU0ExAAgAAAEAAQ"))
        #expect(pair.publicKey.utf8.count == 368, "276 bytes in base64")
    }

    @Test func `what is sealed for another pair is not opened`() throws {
        let pair = try #require(KeyPair())
        let other = try #require(KeyPair())
        let key = try #require(SessionKey.random())
        let sealed = try #require(key.sealed(for: other.publicKey))
        if let wrong = pair.open(sealed) { #expect(wrong.encrypt("x") != key.encrypt("x")) }
    }

    @Test(arguments: ["", "AQIAABBmAAAApAAA", "not base64", "BgIAAACkAABSU0ExAAgAAAEAAQ=="])
    func `what is no key is refused`(text: String) throws {
        let pair = try #require(KeyPair())
        #expect(pair.open(text) == nil)
        #expect(SessionKey.random()?.sealed(for: text) == nil)
    }

    @Test(arguments: ["", "AAAA", "not base64"])
    func `what is no SecureString has no text`(base64: String) throws {
        let key = try #require(SessionKey.random())
        #expect(key.decrypt(base64) == nil)
    }

    @Test func `a key does not print`() throws {
        let key = try #require(SessionKey.random())
        #expect("\(key)" == "<session key>")
        #expect(String(reflecting: key) == "<session key>")
    }
}
