import Discovery
import HTTP
import Testing
import XML

/// The conversations of lync-online discovery, each as one test: what is asked, what comes, where it ends.
@Suite struct DiscoveryTests {
    static let root = Discovery.root(ofDomain: "litwareinc.com")
    static let domainRoot = "https://webdir0d.example/Autodiscover/AutodiscoverService.svc/root"

    static func discovery(oauth: Bool = true, hopsMax: Int = 5) throws -> Discovery {
        try Discovery(
            root: #require(root), redirectHosts: HostList(["webdir.example", "webdir0d.example", "admin0d.example"]),
            usesOAuth: oauth, hopsMax: hopsMax, limits: XMLLimits(bytesMax: 65536, depthMax: 16))
    }

    static func answer(
        _ body: String, status: Int = 200, type: String? = "application/vnd.microsoft.rtc.autodiscover+xml; v=1"
    )
        -> HTTPAnswer
    {
        HTTPAnswer(status: status, fields: type.map { [HTTPField("Content-Type", $0)] } ?? [], body: Array(body.utf8))
    }

    static func root(_ links: (String, String)...) -> HTTPAnswer { response("Root", links) }
    static func domain(_ links: (String, String)...) -> HTTPAnswer { response("Domain", links) }

    static func response(_ element: String, _ links: [(String, String)]) -> HTTPAnswer {
        let links = links.map { #"<Link token="\#($0.0)" href="\#($0.1)"/>"# }.joined(separator: "\n    ")
        return answer(
            """
            <AutodiscoverResponse xmlns:xsd="http://www.w3.org/2001/XMLSchema"
                xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" AccessLocation="External">
              <\(element)>
                <SipServerExternalAccess fqdn="sipfed.example" port="5061"/>
                \(links)
              </\(element)>
            </AutodiscoverResponse>
            """)
    }

    static func url(_ text: String) throws -> WebURL { try #require(WebURL(text)) }

    @Test func `from the domain over a redirect to the endpoint, as a token wants it`() throws {
        var discovery = try Self.discovery()
        let root = try #require(Self.root)
        #expect(root.description == "http://lyncdiscover.litwareinc.com/?Domain=litwareinc.com")
        #expect(discovery.firstStep == .get(root))
        #expect(try discovery.receive(Self.root(("Redirect", Self.domainRoot))) == .get(Self.url(Self.domainRoot)))
        let domain = "\(Self.domainRoot)/domain?originalDomain=litwareinc.com"
        #expect(
            try discovery.receive(Self.root(("User", "\(Self.domainRoot)/oauth/user"), ("Domain", domain)))
                == .get(Self.url(domain)))
        let found = discovery.receive(
            Self.domain(
                ("External/Autodiscover", Self.domainRoot),
                ("External/RemotePowerShell", "https://admin0d.example/OcsPowershellLiveId"),
                ("Internal/RemotePowerShell", "https://internal.example/OcsPowershellLiveId")))
        #expect(try found == .found(Self.url("https://admin0d.example/OcsPowershellOAuth")))
        #expect(discovery.asked.count == 3)
    }

    @Test func `with a password the address stays as it was found`() throws {
        var discovery = try Self.discovery(oauth: false)
        let href = "https://admin0d.example/OcsPowershellLiveId"
        #expect(try discovery.receive(Self.domain(("External/RemotePowerShell", href))) == .found(Self.url(href)))
    }

    @Test func `case counts neither in tokens nor in the path that is rewritten`() throws {
        var discovery = try Self.discovery()
        let answer = Self.answer(
            """
            <autodiscoverresponse xmlns="urn:x"><DOMAIN>
            <link Token="external/remotepowershell" HREF="https://admin0d.example/ocspowershellliveid?x=1"/>
            </DOMAIN></autodiscoverresponse>
            """)
        #expect(try discovery.receive(answer) == .found(Self.url("https://admin0d.example/OcsPowershellOAuth?x=1")))
    }

    @Test func `a redirect by status is followed like one in the body`() throws {
        var discovery = try Self.discovery()
        let answer = HTTPAnswer(status: 302, fields: [HTTPField("Location", "https://webdir.example/root")])
        #expect(try discovery.receive(answer) == .get(Self.url("https://webdir.example/root")))
        let relative = HTTPAnswer(status: 301, fields: [HTTPField("Location", "/root2")])
        #expect(try discovery.receive(relative) == .get(Self.url("https://webdir.example/root2")))
    }

    @Test func `an organization whose own servers answer may point on`() throws {
        var discovery = try Self.discovery()
        let step = discovery.receive(Self.domain(("Hybrid", "https://webdir.example/root")))
        #expect(try step == .get(Self.url("https://webdir.example/root")))
    }

    // MARK: - Where it ends otherwise

    static let refusals: [(String, HTTPAnswer, @Sendable (WebURL) throws -> DiscoveryFailure)] = [
        ("404", answer("", status: 404), { .status(404, at: $0) }),
        ("500", answer("<html/>", status: 500), { .status(500, at: $0) }),
        ("a redirect to nowhere", HTTPAnswer(status: 302), { .status(302, at: $0) }),
        ("a page", answer("<!DOCTYPE html><html><p>", type: "text/html"), { .notXML(.html, at: $0) }),
        ("a page that does not say so", answer(" <!DOCTYPE html><html><p>", type: nil), { .notXML(.html, at: $0) }),
        ("a page without a doctype", answer("<html><body/></html>", type: nil), { .notXML(.html, at: $0) }),
        ("JSON", answer("{}", type: "application/json"), { .notXML(.json, at: $0) }),
        ("other XML", answer("<feed><Root/></feed>"), { .notXML(.otherXML, at: $0) }),
        ("a root without links", root(), { .noLink(token: "Domain", at: $0) }),
        ("nothing inside", answer("<AutodiscoverResponse/>"), { .noLink(token: "Domain", at: $0) }),
        ("a user link alone", root(("User", domainRoot)), { .noLink(token: "Domain", at: $0) }),
        (
            "a domain without PowerShell", domain(("External/Autodiscover", domainRoot)),
            { .noLink(token: "External/RemotePowerShell", at: $0) }
        ),
        (
            "another host", root(("Redirect", "https://evil.example/root")),
            { .hostNotAllowed(try url("https://evil.example/root"), token: "Redirect", at: $0) }
        ),
        (
            "another port", root(("Redirect", "https://webdir.example:8443/")),
            { .hostNotAllowed(try url("https://webdir.example:8443/"), token: "Redirect", at: $0) }
        ),
        (
            "plain http", root(("Redirect", "http://webdir.example/root")),
            { .notSecure(try url("http://webdir.example/root"), token: "Redirect", at: $0) }
        ),
        (
            "an endpoint in plain http", domain(("External/RemotePowerShell", "http://admin0d.example/p")),
            { .notSecure(try url("http://admin0d.example/p"), token: "External/RemotePowerShell", at: $0) }
        ),
        (
            "an endpoint elsewhere", domain(("External/RemotePowerShell", "https://evil.example/p")),
            { .hostNotAllowed(try url("https://evil.example/p"), token: "External/RemotePowerShell", at: $0) }
        ),
        (
            "a user in front of the host", root(("Redirect", "https://webdir.example@evil.example/")),
            { .notAnAddress("https://webdir.example@evil.example/", token: "Redirect", at: $0) }
        ),
        (
            "no address", root(("Redirect", "file:///etc/passwd")),
            { .notAnAddress("file:///etc/passwd", token: "Redirect", at: $0) }
        ),
    ]

    @Test(arguments: refusals.indices)
    func `every other answer is a failure that names where it was found`(index: Int) throws {
        let (name, answer, failure) = Self.refusals[index]
        var discovery = try Self.discovery()
        let root = try #require(Self.root)
        let expected = try failure(root)
        #expect(discovery.receive(answer) == .failed(expected), "\(name)")
        #expect(expected.address == root)
    }

    @Test func `a loop is found at the second visit`() throws {
        var discovery = try Self.discovery()
        _ = discovery.receive(Self.root(("Redirect", "https://webdir.example/a")))
        _ = discovery.receive(Self.root(("Redirect", "https://webdir.example/b")))
        let a = try Self.url("https://webdir.example/a")
        let b = try Self.url("https://webdir.example/b")
        #expect(discovery.receive(Self.root(("Redirect", "https://webdir.example/a"))) == .failed(.loop(to: a, at: b)))
    }

    @Test func `a chain without end is cut`() throws {
        var discovery = try Self.discovery(hopsMax: 3)
        for hop in 1...3 {
            let url = try Self.url("https://webdir.example/\(hop)")
            #expect(discovery.receive(Self.root(("Redirect", url.description))) == .get(url))
        }
        let last = try Self.url("https://webdir.example/3")
        #expect(
            discovery.receive(Self.root(("Redirect", "https://webdir.example/4")))
                == .failed(.tooManyHops(limit: 3, at: last)))
    }

    @Test(arguments: ["", "lit ware", "a/b", "a?b", "user@a.example", "a.example:80", "..", "a.example#"])
    func `what is no domain has no root`(domain: String) {
        #expect(Discovery.root(ofDomain: domain) == nil)
    }

    @Test func `hostile documents are failures`() throws {
        let deep = String(repeating: "<a>", count: 100)
        let long = "<AutodiscoverResponse>" + String(repeating: " ", count: 70000) + "</AutodiscoverResponse>"
        let entity =
            #"<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><AutodiscoverResponse>&x;</AutodiscoverResponse>"#
        for body in [deep, long, entity, "", "<", "\u{0}", "<AutodiscoverResponse>"] {
            var discovery = try Self.discovery()
            guard case .failed(.notXML) = discovery.receive(Self.answer(body)) else {
                Issue.record("taken: \(body.prefix(40))")
                continue
            }
        }
    }

    @Test func `every piece and every flipped byte of an answer gives a step and never a trap`() throws {
        let body = Self.root(("Redirect", Self.domainRoot)).body
        for length in 0..<body.count {
            var discovery = try Self.discovery()
            _ = discovery.receive(HTTPAnswer(status: 200, body: Array(body[..<length])))
        }
        for index in body.indices {
            var flipped = body
            flipped[index] ^= 0x01
            var discovery = try Self.discovery()
            _ = discovery.receive(HTTPAnswer(status: 200, body: flipped))
        }
    }
}
