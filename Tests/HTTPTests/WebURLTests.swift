import HTTP
import Testing

@Suite struct WebURLTests {
    @Test(arguments: [
        ("https://Admin0D.example/OcsPowershellLiveId", "https://admin0d.example/OcsPowershellLiveId"),
        ("HTTPS://a.example:443/p", "https://a.example/p"),
        ("http://a.example:80", "http://a.example/"),
        ("https://a.example:8443?x=1", "https://a.example:8443/?x=1"),
        ("https://127.0.0.1:5986/wsman", "https://127.0.0.1:5986/wsman"),
        ("https://[::1]:8443/", "https://[::1]:8443/"),
        ("https://a.example/p%20q?x=%2F&y=a:b@c/?", "https://a.example/p%20q?x=%2F&y=a:b@c/?"),
    ])
    func `an address comes out as it went in, but for case and port of its authority`(text: String, canonical: String) {
        #expect(WebURL(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "a.example", "//a.example/", "ftp://a.example/", "https:/a.example/", "https://", "https:///p",
        "https://user@a.example/", "https://user:pass@a.example/", "https://a.example@b.example/",
        "https://a.example\\@b.example/", "https://a.example/a b", "https://a.example/\u{0}", "https://a.example/é",
        "https://a..example/", "https://.example/", "https://a.example./", "https://a.example:0/",
        "https://a.example:65536/", "https://a.example:x/", "https://a.example:/", "https://a.example:+1/",
        "https://a.example/#f", "https://a.example/%4", "https://a.example/%zz", "https://[::1/", "https://[x]/",
        "https://a.example/\r\nHost: b", "https://a%2eexample/", "https://a.example?a b", "https://a.example/<x>",
    ])
    func `what is not plainly an address is none`(text: String) {
        #expect(WebURL(text) == nil)
    }

    @Test func `an address has a longest length`() {
        let text = "https://a.example/" + String(repeating: "p", count: 100)
        #expect(WebURL(text, bytesMax: 118) != nil)
        #expect(WebURL(text, bytesMax: 117) == nil)
        #expect(WebURL("https://\(String(repeating: "a", count: 64)).example/") == nil)
    }

    @Test func `a field is added to the query and escaped`() throws {
        let url = try #require(WebURL("https://a.example/p"))
        let first = url.addingQuery("AdminDomain", "litwareinc.com")
        #expect(first.description == "https://a.example/p?AdminDomain=litwareinc.com")
        #expect(
            first.addingQuery("x", "a b&c=ü").description.hasSuffix("?AdminDomain=litwareinc.com&x=a%20b%26c%3D%C3%BC"))
        #expect(WebURL(first.addingQuery("x", "\u{0}\"<").description) != nil)
    }

    @Test(arguments: [
        ("/PowerShell-LiveID?x=1", "https://a.example:8443/PowerShell-LiveID?x=1"),
        ("https://b.example/", "https://b.example/"),
        ("//b.example/", nil), ("p", nil), ("../p", nil), ("", nil), ("javascript:x", nil), ("/a b", nil),
    ])
    func `a reference is an address, or a path from the root`(reference: String, result: String?) throws {
        let url = try #require(WebURL("https://a.example:8443/deep/path?q"))
        #expect(url.following(reference)?.description == result)
    }
}

@Suite struct HostListTests {
    static func list(_ names: String...) throws -> HostList { try HostList(names) }

    @Test(arguments: [
        ("https://login.example/common", true), ("https://eu.login.example/", true), ("https://LOGIN.EXAMPLE/", true),
        ("https://evil-login.example/", false), ("https://login.example.evil/", false), ("https://example/", false),
        ("https://login.example:8443/", false), ("http://login.example/", false), ("https://other.example:8443/", true),
        ("https://other.example/", false), ("https://127.0.0.1:9443/", true), ("https://1.127.0.0.1:9443/", false),
        ("https://127.0.0.1/", false),
    ])
    func `hosts are compared on the borders of labels, with their port, over https`(text: String, isAllowed: Bool)
        throws
    {
        let list = try Self.list("login.example", "other.example:8443", "127.0.0.1:9443")
        let url = try #require(WebURL(text))
        #expect(list.allows(url) == isAllowed)
    }

    @Test func `an empty list allows nothing`() throws {
        let url = try #require(WebURL("https://a.example/"))
        #expect(try !HostList([]).allows(url))
    }

    @Test(arguments: [
        "", "*.example", "https://a.example", "a.example/", "a.example/p", "a.example?x", "u@a.example", "a b",
    ])
    func `what is no host is refused by name`(name: String) {
        let error = #expect(throws: NotAHost.self) { try HostList(["a.example", name]) }
        #expect(error?.name == name)
    }
}
