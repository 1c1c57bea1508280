import HTTP
import Testing
import UsherConfiguration
import UsherCore

@testable import UsherTenant

/// The way to a token, request by request.
@Suite struct ConnectorTests {
    let endpoint = "https://admin.example/powershell"
    let now = Moment(nanoseconds: 0)

    func access(_ change: (inout EndpointSettings) -> Void = { _ in }) throws -> TenantAccess {
        var settings = EndpointSettings(location: .endpoint(uri: endpoint, domain: "litware.example"), auth: .oauth)
        settings.tokenHosts = ["login.example"]
        change(&settings)
        return try TenantAccess(settings)
    }

    func answer(_ status: Int, _ body: String = "", _ fields: HTTPField...) -> ExchangeResult {
        .answered(HTTPAnswer(status: status, fields: fields, body: Array(body.utf8)))
    }

    let challenge = HTTPField(
        "WWW-Authenticate",
        #"Bearer client_id="client", authorization_uri="https://login.example/common/oauth2/authorize?x=1""#)

    /// The form that is posted after the challenge.
    func form(_ connector: inout Connector) throws -> (address: String, fields: Set<String>) {
        guard case .get = connector.begin(known: nil, at: now).0 else { throw Unexpected() }
        return try posted(connector.receive(answer(401, "", challenge), at: now).0)
    }

    func posted(_ step: Connector.Step) throws -> (address: String, fields: Set<String>) {
        guard case .post(let url, let form) = step else { throw Unexpected() }
        return (url.description, Set(form.reveal().split(separator: "&").map(String.init)))
    }

    func entrance(_ step: Connector.Step) throws -> Entrance {
        guard case .found(let entrance) = step else { throw Unexpected() }
        return entrance
    }

    func failure(_ step: Connector.Step) throws -> OpenFailure {
        guard case .failed(let failure) = step else { throw Unexpected() }
        return failure
    }

    struct Unexpected: Error {}

    @Test func `a password is given for a token, which is sent as Lync wants it`() throws {
        var connector = Connector(access: try access(), upn: "ken@litware.example", secret: Secret("pass word"))
        let (address, fields) = try form(&connector)
        #expect(address == "https://login.example/common/oauth2/token")
        #expect(
            fields == [
                "grant_type=password", "username=ken%40litware.example", "password=pass%20word", "client_id=client",
                "resource=https%3A%2F%2Fadmin.example%2Fpowershell",
            ])
        let found = try entrance(
            connector.receive(
                answer(200, #"{"access_token":"tok","expires_in":"3600","refresh_token":"next"}"#), at: now
            ).0)
        #expect(found.url.description == "https://admin.example/powershell?AdminDomain=litware.example")
        guard case .field(let field) = found.proof else { throw Unexpected() }
        #expect(field.reveal() == "Basic b2F1dGg6dG9r")
        #expect(found.freshUntil == now + .seconds(3300) && found.renewal?.reveal() == "next")
    }

    @Test(arguments: [(10, 9), (60, 54), (3600, 3300), (0, 1), (10_000_000, 86_100)])
    func `a token is renewed a little before it ends`(lifetime: Int, fresh: Int) throws {
        var connector = Connector(access: try access(), upn: "k@l.example", secret: Secret("p"))
        _ = try form(&connector)
        let found = try entrance(
            connector.receive(answer(200, #"{"access_token":"t","expires_in":\#(lifetime)}"#), at: now).0)
        #expect(found.freshUntil == now + .seconds(fresh))
    }

    @Test func `a refresh token goes first, and the password when it is no use`() throws {
        var connector = Connector(
            access: try access(), upn: "k@l.example", secret: Secret("p"), renewal: Secret("old"))
        let first = try form(&connector).fields
        #expect(
            first.isSuperset(of: ["grant_type=refresh_token", "refresh_token=old"]) && !first.contains("password=p"))
        let second = try posted(connector.receive(answer(400, #"{"error":"invalid_grant"}"#), at: now).0)
        #expect(second.fields.isSuperset(of: ["grant_type=password", "password=p"]))
        // The old one is kept where no new one came.
        let found = try entrance(connector.receive(answer(200, #"{"access_token":"t"}"#), at: now).0)
        #expect(found.renewal?.reveal() == "old")
    }

    @Test func `what somebody signed in with is a refresh token, and there is no password behind it`() throws {
        var connector = Connector(access: try access(), upn: "k@l.example", secret: Secret(refreshToken: "mine"))
        #expect(try form(&connector).fields.contains("refresh_token=mine"))
        let failure = try failure(
            connector.receive(answer(400, #"{"error":"invalid_grant","error_description":"gone"}"#), at: now).0)
        #expect(failure.cause == .credentialRejected(retryAfter: nil) && failure.message == "gone")
    }

    @Test func `an application gives its own secret, for scopes where those are configured`() throws {
        let access = try access {
            $0.tokens.grant = .clientCredentials
            $0.tokens.clientID = "app"
            $0.tokens.scope = "https://outlook.example/.default"
            $0.tokens.endpoint = "https://login.example/t/oauth2/v2.0/token"
            $0.tokens.form = .exchange
        }
        var connector = Connector(access: access, upn: "k@l.example", secret: Secret("s"))
        // The authority is known, so nobody is asked for it.
        let (address, fields) = try posted(connector.begin(known: nil, at: now).0)
        #expect(address == "https://login.example/t/oauth2/v2.0/token")
        #expect(
            fields == [
                "grant_type=client_credentials", "client_secret=s", "client_id=app",
                "scope=https%3A%2F%2Foutlook.example%2F.default",
            ])
        let found = try entrance(connector.receive(answer(200, #"{"access_token":"t"}"#), at: now).0)
        guard case .field(let field) = found.proof else { throw Unexpected() }
        #expect(field.reveal() == "Basic a0BsLmV4YW1wbGU6QmVhcmVyIHQ=")
        #expect(found.url.query == "BasicAuthToOAuthConversion=true")
    }

    @Test func `the token may go as a bearer`() throws {
        var connector = Connector(
            access: try access { $0.tokens.form = .bearer }, upn: "k@l.example", secret: Secret("s"))
        _ = try form(&connector)
        let found = try entrance(connector.receive(answer(200, #"{"access_token":"t"}"#), at: now).0)
        guard case .field(let field) = found.proof else { throw Unexpected() }
        #expect(field.reveal() == "Bearer t" && found.url.query == nil)
    }

    @Test(arguments: [
        "http://login.example/token", "https://evil.example/token", "https://login.example.evil.org/authorize",
    ])
    func `no secret goes to an authority that is not on the list`(authority: String) throws {
        var connector = Connector(access: try access(), upn: "k@l.example", secret: Secret("s"), renewal: Secret("r"))
        _ = connector.begin(known: nil, at: now)
        let field = HTTPField("WWW-Authenticate", #"Bearer authorization_uri="\#(authority)""#)
        let failure = try failure(connector.receive(answer(401, "", field), at: now).0)
        #expect(failure.cause == .unreachable(.token) && failure.message.contains("was not sent there"))
    }

    @Test(arguments: [
        (200, "", "something that is no token"), (200, #"{"access_token":""}"#, "a token that cannot be sent"),
        (200, #"{"access_token":"a b"}"#, "a token that cannot be sent"), (503, "<html>", "503"),
    ])
    func `an authority that gives nothing is told`(status: Int, body: String, words: String) throws {
        var connector = Connector(access: try access(), upn: "k@l.example", secret: Secret("s"))
        _ = try form(&connector)
        let failure = try failure(connector.receive(answer(status, body), at: now).0)
        #expect(failure.cause == .unreachable(.token) && failure.message.contains(words))
    }
}
