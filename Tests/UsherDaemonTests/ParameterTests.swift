import Testing
import UsherAPI
import UsherCore
import UsherTestKit
import Varlink

@testable import UsherDaemon

/// What the text of the interface allows and a handler still refuses, by the parameter's name.
@Suite struct ParameterTests {
    private let terminal = Console.terminal(3)

    private func request(_ method: Method, _ parameters: JSONObject, more: Bool = false) throws -> Request {
        let origin = CallOrigin(more: more, terminal: { "pts/3" }, console: { terminal })
        #expect(Interface.description.check(parameters, of: method.rawValue) == nil, "the text refuses it already")
        let request = try Handlers.handler(of: method).request(Parameters(object: parameters), origin)
        // Chance chooses the shell; that there is one is all that can be said of it.
        switch request {
        case .acquire(var acquisition):
            #expect(acquisition.shell != nil)
            acquisition.shell = nil
            return .acquire(acquisition)
        case .run(var acquisition, let name):
            #expect(acquisition.shell != nil)
            acquisition.shell = nil
            return .run(acquisition, name)
        default: return request
        }
    }

    private static let century = 3_155_760_000

    @Test(
        arguments: [
            (.acquire, ["tenant": "litware", "admin": "Ken Myer"], "admin"),
            (.acquire, ["tenant": "litware", "admin": ""], "admin"),
            (.acquire, ["tenant": "litware", "requestId": ""], "requestId"),
            (.acquire, ["tenant": "litware", "requestId": "two words"], "requestId"),
            (.acquire, ["tenant": "litware", "requestId": .string(String(repeating: "x", count: 65))], "requestId"),
            (.acquire, ["tenant": "litware", "purpose": .string(String(repeating: "ü", count: 201))], "purpose"),
            (.acquire, ["tenant": "litware", "waitSeconds": -1], "waitSeconds"),
            (.acquire, ["tenant": "litware", "waitSeconds": .int(Int64(century + 1))], "waitSeconds"),
            (.acquire, ["tenant": "litware", "waitSeconds": .int(.min)], "waitSeconds"),
            (.acquire, ["tenant": "litware", "waitSeconds": .int(.max)], "waitSeconds"),
            (.acquire, ["tenant": "litware", "lease": "none"], "lease"),
            (.acquire, ["tenant": "litware", "lease": "awaiting"], "lease"),
            (.attach, ["session": "s100", "lease": "awaiting"], "lease"),
            (.attach, ["session": "litware", "lease": "detached"], "session"),
            (.attach, ["session": "", "lease": "detached"], "session"),
            (.watch, ["session": "S100"], "session"), (.close, ["session": "s100/../.."], "session"),
            (.close, ["session": .string(String(repeating: "s", count: 21))], "session"),
            (.listSessions, ["tenant": "Litware"], "tenant"), (.listSessions, ["tenant": "s100"], "tenant"),
            (.drain, ["timeoutSeconds": -1], "timeoutSeconds"),
        ] as [(Method, JSONObject, String)])
    func `a parameter that makes no sense is named`(method: Method, parameters: JSONObject, name: String) {
        let fault = #expect(throws: InvalidParameter.self) { try request(method, parameters) }
        #expect(fault?.name == name)
    }

    @Test(
        arguments: [
            (.attach, ["session": "s1", "lease": "none"], .attach(SessionReference("s1")!, .none)),
            (.attach, ["session": "s1", "lease": "detached"], .attach(SessionReference("s1")!, .detached)),
            (.attach, ["session": "s1", "lease": "connection"], .attach(SessionReference("s1")!, .connection)),
            (.attach, ["session": "s1", "lease": "console"], .attach(SessionReference("s1")!, .console(.terminal(3)))),
            (.watch, ["session": "s1"], .watch(SessionReference("s1")!)),
            (.close, ["session": "s1"], .close(SessionReference("s1")!)),
            (.listSessions, [:], .listSessions(tenant: nil, ended: false)),
            (.listSessions, ["tenant": nil, "ended": nil], .listSessions(tenant: nil, ended: false)),
            (.listSessions, ["tenant": "litware", "ended": true], .listSessions(tenant: .litware, ended: true)),
            (.listTenants, [:], .listTenants), (.getStatus, [:], .status), (.getMetrics, [:], .measure),
            (.resume, [:], .resume),
            (.reload, [:], .mayReload), (.drain, [:], .drain(timeout: nil, force: false, follow: false)),
            (
                .drain, ["timeoutSeconds": 0, "force": true],
                .drain(timeout: .zero, force: true, follow: false)
            ),
        ] as [(Method, JSONObject, Request)])
    func `what makes sense is asked`(method: Method, parameters: JSONObject, request: Request) throws {
        #expect(try self.request(method, parameters) == request)
    }

    @Test func `a request for a session says all of it`() throws {
        let parameters: JSONObject = [
            "tenant": "Any Text", "admin": "dana", "purpose": "nightly\nsync", "waitSeconds": .int(Int64(Self.century)),
            "lease": "detached", "reuse": true, "requestId": "r-1",
        ]
        let acquisition = Acquisition(
            tenant: "Any Text", admin: .dana, lease: .detached, wait: .seconds(Self.century), reuse: true,
            request: RequestID("r-1"), purpose: "nightly\nsync", terminal: "pts/3")
        #expect(try request(.acquire, parameters) == .acquire(acquisition))
    }

    @Test func `what a request for a session leaves out has its default`() throws {
        let plain = Acquisition(tenant: "litware", lease: .connection, terminal: "pts/3")
        #expect(try request(.acquire, ["tenant": "litware"]) == .acquire(plain))
        let nulls: JSONObject = ["tenant": "litware", "admin": nil, "waitSeconds": nil, "lease": nil, "reuse": nil]
        #expect(try request(.acquire, nulls) == .acquire(plain))
    }

    @Test func `a pipeline names a session, or a tenant on which it uses an idle one unless told not to`() throws {
        #expect(try request(.invoke, ["session": "s1", "script": "1"]) == .invoke(SessionReference("s1")!, "a script"))
        var any = Acquisition(tenant: "litware", lease: .connection, wait: .seconds(5), reuse: true, terminal: "pts/3")
        let parameters: JSONObject = ["tenant": "litware", "waitSeconds": 5, "script": "1"]
        #expect(try request(.invoke, parameters, more: true) == .run(any, "a script"))
        any.reuse = false
        let new: JSONObject = ["tenant": "litware", "waitSeconds": 5, "new": true, "script": "1"]
        #expect(try request(.invoke, new, more: true) == .run(any, "a script"))
        #expect(throws: InvalidParameter.self) { try request(.invoke, ["script": "1"]) }
        #expect(throws: InvalidParameter.self) { try request(.invoke, ["session": "s1", "tenant": "litware"]) }
    }

    @Test func `a purpose of two hundred characters fits, however they are made`() throws {
        for character in ["x", "ü", "e\u{301}", "👩‍👩‍👧"] {
            let purpose = String(repeating: character, count: 200)
            guard case .acquire(let acquisition) = try request(.acquire, ["tenant": "t", "purpose": .string(purpose)])
            else {
                Issue.record("no acquisition")
                return
            }
            #expect(acquisition.purpose == purpose)
        }
    }

    @Test func `a drain is followed by who takes several replies`() throws {
        #expect(try request(.drain, [:], more: true) == .drain(timeout: nil, force: false, follow: true))
    }

    @Test func `a login session is looked up for who wants to be bound to it, and for nobody else`() throws {
        for (lease, isWanted) in [("connection", false), ("detached", false), ("console", true)] {
            var lookups = 0
            let origin = CallOrigin(
                more: false, terminal: { nil },
                console: {
                    lookups += 1
                    return nil
                })
            let parameters: JSONObject = ["tenant": "litware", "lease": .string(lease)]
            let request = try AcquireHandler.request(Parameters(object: parameters), origin)
            #expect(lookups == (isWanted ? 1 : 0))
            guard isWanted, case .acquire(let acquisition) = request else { continue }
            #expect(acquisition.lease == .console(nil))
        }
    }
}
