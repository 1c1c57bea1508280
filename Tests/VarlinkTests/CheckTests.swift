import Testing

@testable import Varlink

@Suite struct CheckTests {
    let interface: InterfaceDescription

    init() throws {
        interface = try InterfaceDescription(
            parsing: """
                interface org.example.check
                type Color (red, green)
                type Tree (name: string, children: ?[]Tree)
                method M(
                  b: bool, i: int, f: float, s: string, o: object, a: any, c: Color, e: (x, y), t: Tree,
                  list: []?int, map: [string]Color, set: [string](), opt: ?string, filter: ?(states: ?[]Color, all: bool)
                ) -> (r: ?int)
                error E(why: string)
                """)
    }

    static let good: JSONObject = [
        "b": true, "i": 1, "f": 1.5, "s": "", "o": ["any": ["thing"]], "a": [1], "c": "red", "e": "y",
        "t": ["name": "root"],
        "list": [1, nil], "map": ["k": "green"], "set": ["a": [:]],
    ]

    func fault(_ changes: JSONObject) -> ParameterFault? {
        var parameters = Self.good
        for member in changes { parameters[member.key] = member.value }
        return interface.check(parameters, of: "M")
    }

    @Test(
        arguments: [
            [:], ["f": 1], ["opt": nil], ["opt": "x"], ["a": false], ["list": []], ["map": [:]], ["filter": nil],
            ["filter": ["all": true]], ["filter": ["states": nil, "all": true]],
            ["filter": ["states": ["red"], "all": true]],
            ["t": ["name": "r", "children": [["name": "c", "children": [["name": "g"]]]]]],
        ] as [JSONObject])
    func `parameters as declared pass`(changes: JSONObject) {
        #expect(fault(changes) == nil)
    }

    @Test(
        arguments: [
            (["b": 1], "b", .wrongType(expected: "true or false")),
            (["i": 1.0], "i", .wrongType(expected: "an integer")),
            (["i": "1"], "i", .wrongType(expected: "an integer")), (["f": "1"], "f", .wrongType(expected: "a number")),
            (["s": 1], "s", .wrongType(expected: "a string")), (["s": nil], "s", .missing),
            (["o": []], "o", .wrongType(expected: "an object")), (["a": nil], "a", .missing),
            (["c": "blue"], "c", .wrongType(expected: "one of red, green")),
            (["c": 1], "c", .wrongType(expected: "one of red, green")),
            (["e": "red"], "e", .wrongType(expected: "one of x, y")),
            (["t": "x"], "t", .wrongType(expected: "an object")),
            (["t": [:]], "t.name", .missing),
            (["t": ["name": "r", "children": [["nam": "c"]]]], "t.children.name", .missing),
            (["t": ["name": "r", "x": 1]], "t.x", .undeclared), (["list": 1], "list", .wrongType(expected: "an array")),
            (["list": [1, "x"]], "list", .wrongType(expected: "an integer")),
            (["map": []], "map", .wrongType(expected: "an object")),
            (["map": ["k": "blue"]], "map", .wrongType(expected: "one of red, green")),
            (["map": ["k": nil]], "map", .wrongType(expected: "one of red, green")),
            (["set": ["a": ["x": 1]]], "set.x", .undeclared), (["opt": 1], "opt", .wrongType(expected: "a string")),
            (["filter": [:]], "filter.all", .missing), (["filter": 1], "filter", .wrongType(expected: "an object")),
            (
                ["filter": ["states": ["blue"], "all": true]], "filter.states",
                .wrongType(expected: "one of red, green")
            ),
            (["filter": ["states": "red"]], "filter.states", .wrongType(expected: "an array")),
            (["zzz": 1], "zzz", .undeclared), (["zzz": nil], "zzz", .undeclared),
        ] as [(JSONObject, String, ParameterFault.Kind)])
    func `each fault is named with its path`(changes: JSONObject, path: String, kind: ParameterFault.Kind) {
        let found = fault(changes)
        #expect(found?.path == path && found?.kind == kind)
    }

    @Test func `the first fault in the order of the declaration is named, undeclared members last`() {
        #expect(interface.check([:], of: "M")?.path == "b")
        #expect(fault(["zzz": 1, "opt": 1, "i": "x"])?.path == "i")
        #expect(fault(["zzz": 1, "opt": 1])?.path == "opt")
        #expect(interface.check(["zzz": 1, "yyy": 1], of: "M")?.path == "b")
        #expect(fault(["zzz": 1, "yyy": 1])?.path == "zzz")
    }

    @Test func `replies and errors are held against the text as well`() {
        #expect(interface.check(reply: Reply(parameters: ["r": 1]), of: "M") == nil)
        #expect(interface.check(reply: Reply(parameters: ["r": "1"]), of: "M")?.path == "r")
        #expect(interface.check(reply: Reply(parameters: ["q": 1]), of: "M")?.kind == .undeclared)
        #expect(interface.check(reply: Reply(error: "org.example.check.E", parameters: ["why": "x"]), of: "M") == nil)
        #expect(interface.check(error: Reply(error: "org.example.check.E"))?.path == "why")
        #expect(interface.check(error: Reply(error: "org.example.check.F"))?.path == "org.example.check.F")
        #expect(interface.check(error: Reply(error: "org.example.other.E"))?.kind == .undeclared)
        #expect(interface.check(error: Reply())?.kind == .undeclared)
        #expect(interface.check([:], of: "Nope")?.path == "Nope")
        #expect(interface.check(reply: Reply(), of: "Nope")?.path == "Nope")
    }

    @Test func `a fault is a sentence in which the peer's text is harmless`() {
        #expect(fault(["\u{1B}": 1])?.description == #""\u001b" is not declared."#)
        #expect(fault(["s": nil])?.description == #""s" is missing."#)
        #expect(fault(["c": "x"])?.description == #""c" is not one of red, green."#)
    }
}

@Suite struct ServiceTests {
    let service: Service

    init() throws {
        let broker = try InterfaceDescription(parsing: Samples.brokerInterface)
        service = Service(vendor: "v", product: "p", version: "1.0", url: "https://example.org", interfaces: [broker])
    }

    @Test func `a call that is in order is dispatched`() {
        let call = Call(
            method: "org.usher.broker.Acquire", parameters: ["tenant": "contoso", "waitSeconds": nil], more: true)
        #expect(service.route(call) == .dispatch(interface: "org.usher.broker", method: "Acquire"))
        #expect(
            service.route(Call(method: "org.usher.broker.Resume", oneway: true))
                == .dispatch(interface: "org.usher.broker", method: "Resume"))
    }

    @Test(arguments: [
        (Call(method: "nope.Nope"), Reply.interfaceNotFound("nope")),
        (Call(method: "nope"), .interfaceNotFound("nope")),
        (Call(method: ""), .interfaceNotFound("")), (Call(method: ".Nope"), .interfaceNotFound(".Nope")),
        (Call(method: "nope.Nope", upgrade: true), .interfaceNotFound("nope")),
        (Call(method: "org.usher.broker.Nope"), .methodNotFound("org.usher.broker.Nope")),
        (Call(method: "org.usher.broker."), .methodNotFound("org.usher.broker.")),
        (Call(method: "org.usher.broker.Session"), .methodNotFound("org.usher.broker.Session")),
        (Call(method: "org.usher.broker.stop"), .methodNotFound("org.usher.broker.stop")),
        (Call(method: "org.varlink.service.Nope"), .methodNotFound("org.varlink.service.Nope")),
        (Call(method: "org.usher.broker.Subscribe"), .expectedMore),
        (Call(method: "org.usher.broker.Subscribe", parameters: ["nope": 1]), .expectedMore),
        (Call(method: "org.usher.broker.Resume", upgrade: true), .methodNotImplemented("org.usher.broker.Resume")),
        (Call(method: "org.usher.broker.Close"), .invalidParameter("session")),
        (Call(method: "org.usher.broker.Resume", parameters: ["force": true]), .invalidParameter("force")),
        (
            Call(method: "org.usher.broker.ListSessions", parameters: ["filter": ["states": ["asleep"]]]),
            .invalidParameter("filter.states")
        ),
        (Call(method: "org.varlink.service.GetInfo", parameters: ["x": 1]), .invalidParameter("x")),
        (Call(method: "org.varlink.service.GetInterfaceDescription"), .invalidParameter("interface")),
        (
            Call(method: "org.varlink.service.GetInterfaceDescription", parameters: ["interface": "a.b"]),
            .interfaceNotFound("a.b")
        ),
    ])
    func `what no handler should see is answered`(call: Call, reply: Reply) {
        #expect(service.route(call) == .answer(reply))
    }

    @Test func `the service says who it is and hands out the texts it checks against`() throws {
        let info = Reply(parameters: [
            "vendor": "v", "product": "p", "version": "1.0", "url": "https://example.org",
            "interfaces": ["org.usher.broker", "org.varlink.service"],
        ])
        #expect(service.route(Call(method: "org.varlink.service.GetInfo")) == .answer(info))
        #expect(service.route(Call(method: "org.varlink.service.GetInfo", more: true)) == .answer(info))
        #expect(InterfaceDescription.service.check(reply: info, of: "GetInfo") == nil)
        for (name, text) in [
            ("org.usher.broker", Samples.brokerInterface), ("org.varlink.service", InterfaceDescription.service.text),
        ] {
            let call = Call(
                method: "org.varlink.service.GetInterfaceDescription", parameters: ["interface": .string(name)])
            let reply = Reply(parameters: ["description": .string(text)])
            #expect(service.route(call) == .answer(reply))
            #expect(InterfaceDescription.service.check(reply: reply, of: "GetInterfaceDescription") == nil)
        }
    }

    @Test func `org.varlink.service has the methods and errors of UAPI 20`() {
        let interface = InterfaceDescription.service
        #expect(interface.methods.map(\.name) == ["GetInfo", "GetInterfaceDescription"])
        #expect(interface.errors.map { "org.varlink.service.\($0.name)" } == StandardError.allCases.map(\.rawValue))
        #expect(interface.types.isEmpty)
    }
}
