import HTTP
import Testing

@Suite struct HTTPAnswerTests {
    @Test(
        arguments: [
            (200, [], .success), (204, [], .success),
            (302, [("location", " https://b.example/ ")], .redirect(location: "https://b.example/")),
            (307, [], .redirect(location: nil)), (304, [], .other(status: 304)),
            (401, [("www-authenticate", "Negotiate")], .unauthorized([AuthenticationChallenge(scheme: "negotiate")])),
            (401, [], .unauthorized([])), (403, [], .forbidden), (404, [], .notFound), (413, [], .contentTooLarge),
            (429, [("Retry-After", "7")], .tooManyRequests(retryAfter: .seconds(7))),
            (503, [("Retry-After", "120")], .unavailable(retryAfter: .seconds(120))),
            (503, [("Retry-After", "Wed, 21 Oct 2015 07:28:00 GMT")], .unavailable(retryAfter: nil)),
            (503, [("Retry-After", "99999999999999")], .unavailable(retryAfter: nil)),
            (503, [], .unavailable(retryAfter: nil)), (400, [], .refused(status: 400)),
            (500, [], .serverError(status: 500)),
            (0, [], .other(status: 0)), (-1, [], .other(status: -1)), (999, [], .other(status: 999)),
        ] as [(Int, [(String, String)], HTTPVerdict)])
    func `a status asks something of us`(status: Int, fields: [(String, String)], verdict: HTTPVerdict) {
        let answer = HTTPAnswer(status: status, fields: fields.map { HTTPField($0.0, $0.1) })
        #expect(answer.verdict == verdict)
    }

    @Test func `the media type is told without its parameters and in lower case`() {
        let answer = HTTPAnswer(
            status: 200, fields: [HTTPField("content-TYPE", "Application/SOAP+XML ; charset=UTF-8")])
        #expect(answer.mediaType == "application/soap+xml")
        #expect(HTTPAnswer(status: 200).mediaType == nil)
    }
}

@Suite struct AuthenticationChallengeTests {
    typealias Challenge = AuthenticationChallenge

    @Test func `a token authority is named in a bearer challenge, quoted or not`() {
        let quoted = #"Bearer client_id="00000002", authorization_uri="https://login.example/common/oauth2/authorize""#
        let plain = "Bearer client_id=00000002, authorization_uri=https://login.example/common/oauth2/authorize"
        for field in [quoted, plain] {
            let challenges = Challenge.all(in: [field, #"Basic realm="admin0d.example""#])
            #expect(challenges.map(\.scheme) == ["bearer", "basic"])
            #expect(challenges.first?["client_id"] == "00000002")
            #expect(challenges.first?["authorization_uri"] == "https://login.example/common/oauth2/authorize")
            #expect(challenges.last?["realm"] == "admin0d.example")
        }
    }

    @Test func `several challenges in one field are told apart`() {
        let field =
            #"Negotiate, Basic realm="a, b", Bearer, MsRtcOAuth href="https://p.example/t",grant_type="x,y",NTLM"#
        let challenges = Challenge.all(in: [field])
        #expect(challenges.map(\.scheme) == ["negotiate", "basic", "bearer", "msrtcoauth", "ntlm"])
        #expect(challenges[1]["realm"] == "a, b")
        #expect(challenges[3].parameters == [.init("href", "https://p.example/t"), .init("grant_type", "x,y")])
    }

    @Test func `a token stands behind its scheme`() {
        #expect(
            Challenge.all(in: ["Negotiate oRMwEaADCgEBoQ=="]) == [
                Challenge(scheme: "negotiate", token: "oRMwEaADCgEBoQ==")
            ])
        let both = Challenge.all(in: ["Negotiate abc=, Basic realm=\"x\""])
        #expect(
            both == [
                Challenge(scheme: "negotiate", token: "abc="),
                Challenge(scheme: "basic", parameters: [.init("realm", "x")]),
            ])
    }

    @Test func `quoted strings are unescaped and empty ones are kept`() {
        let challenge = Challenge.all(in: [#"Basic realm="a \"b\" \\", charset="" "#]).first
        #expect(challenge?["realm"] == #"a "b" \"#)
        #expect(challenge?["charset"] == "")
    }

    @Test func `numbers are bounded`() {
        let field = "X " + (0..<100).map { "p\($0)=v" }.joined(separator: ",")
        #expect(Challenge.all(in: [field], parametersMax: 3).first?.parameters.count == 3)
        #expect(Challenge.all(in: Array(repeating: "Basic realm=x", count: 100), challengesMax: 5).count == 5)
    }

    @Test func `every piece and every flipped byte of a field gives a value and never a trap`() {
        let field = Array(
            #"Negotiate abc==, Bearer client_id="0\"1", authorization_uri=https://l.example/?a=b , Basic realm="#.utf8)
        for length in 0...field.count { _ = Challenge.all(in: [String(decoding: field[..<length], as: UTF8.self)]) }
        for index in field.indices {
            for byte in [0, 0x22, 0x2C, 0x3D, 0x5C, 0x20, 0xFF, field[index] ^ 0x20] as [UInt8] {
                var flipped = field
                flipped[index] = byte
                _ = Challenge.all(in: [String(decoding: flipped, as: UTF8.self)])
            }
        }
    }
}

@Suite struct AffinityCookiesTests {
    func answer(_ lines: String...) -> HTTPAnswer {
        HTTPAnswer(status: 200, fields: lines.map { HTTPField("Set-Cookie", $0) })
    }

    @Test func `only cookies that are named are kept, whatever their path says`() {
        var cookies = AffinityCookies(names: ["MS-WSMAN", "X-BackEndCookie"])
        #expect(cookies.fieldValue == nil)
        cookies.receive(answer("MS-WSMAN=abc; path=/PowerShell-LiveID; secure; HttpOnly", "tracking=1", "ms-wsman=no"))
        cookies.receive(answer("X-BackEndCookie=x=y,z"))
        #expect(cookies.fieldValue == "MS-WSMAN=abc; X-BackEndCookie=x=y,z")
    }

    @Test func `a later value takes the place of the earlier, and an end removes it`() {
        var cookies = AffinityCookies(
            names: ["MS-WSMAN"], cookies: [HTTPField("MS-WSMAN", "old"), HTTPField("other", "x")])
        #expect(cookies.fieldValue == "MS-WSMAN=old")
        cookies.receive(answer("MS-WSMAN=new"))
        #expect(cookies.fieldValue == "MS-WSMAN=new")
        cookies.receive(answer("MS-WSMAN=new; Max-Age=0"))
        #expect(cookies.fieldValue == nil)
    }

    @Test(arguments: ["MS-WSMAN=a b", "MS-WSMAN=a\u{7}b", "MS-WSMAN=é", "MS-WSMAN", "=x", "", ";", "MS-WSMAN=12345"])
    func `what could break a header line, or is too long, is passed over`(line: String) {
        var cookies = AffinityCookies(names: ["MS-WSMAN"], bytesMax: 4)
        cookies.receive(answer(line))
        #expect(cookies.fieldValue == nil)
    }
}
