import Testing
import UsherAPI
import Varlink

/// The text that is served, held against the names the code has for it.
@Suite struct InterfaceTests {
    let interface = Interface.description

    @Test func `the text parses, and is served as it is written`() {
        #expect(interface.name == Interface.name && interface.text == Interface.text)
    }

    @Test func `each method of the text has its name here, and each name its method`() {
        #expect(interface.methods.map(\.name) == Method.allCases.map(\.rawValue))
    }

    @Test func `each error of the text has its case here, and each case its error`() {
        #expect(interface.errors.map(\.name) == APIError.allCases.map(\.rawValue))
    }

    @Test func `an error is known by its full name and by no other`() {
        for error in APIError.allCases {
            #expect(error.qualifiedName == "org.usher.broker.\(error.rawValue)")
            #expect(APIError(qualifiedName: error.qualifiedName) == error)
            #expect(APIError(qualifiedName: error.rawValue) == nil)
            #expect(APIError(qualifiedName: "org.usher.other.\(error.rawValue)") == nil)
            #expect(error.reply(["limit": 3]) == Reply(error: error.qualifiedName, parameters: ["limit": 3]))
        }
        #expect(APIError(qualifiedName: "org.usher.broker.") == nil)
        #expect(APIError(qualifiedName: StandardError.invalidParameter.rawValue) == nil)
    }

    @Test func `a call names its method in full`() {
        for method in Method.allCases {
            #expect(method.call().method == "org.usher.broker.\(method.rawValue)")
            #expect(method.call(["tenant": "litware"], more: true).more)
        }
    }

    @Test func `what streams says so in the words that bridges read`() {
        let streams = interface.methods.filter { $0.streaming == .supported }.map(\.name)
        #expect(streams == ["Acquire", "Login", "ListSessions", "Drain"])
        #expect(
            interface.methods.filter { $0.streaming == .required }.map(\.name) == [
                "ListCommands", "Invoke", "Watch", "Audit", "Subscribe",
            ])
    }

    @Test func `every type and method says what it is for`() {
        for type in interface.types { #expect(!type.documentation.isEmpty, "\(type.name)") }
        for method in interface.methods { #expect(!method.documentation.isEmpty, "\(method.name)") }
        #expect(!interface.documentation.isEmpty)
    }

    @Test func `a refused wait tells what a refusal tells, and how long it was`() throws {
        let refusal = try #require(interface.error(named: "QuotaExceeded"))
        let wait = try #require(interface.error(named: "WaitTimeout"))
        #expect(wait.fields.map(\.name) == refusal.fields.map(\.name) + ["waitedSeconds"])
        #expect(Array(wait.fields.map(\.type).dropLast()) == refusal.fields.map(\.type))
    }

    @Test func `identity is no parameter of anything`() {
        let identities: Set = ["uid", "user", "gid", "group", "pid"]
        for method in interface.methods {
            #expect(identities.isDisjoint(with: method.input.map(\.name)), "\(method.name)")
        }
    }
}

/// What other people's parsers cannot read, measured on the Go and Python packages.
@Suite struct PortabilityTests {
    let interface = Interface.description

    /// Every type in the text, those inside others included, with the place it stands in.
    private var everyType: [(place: String, type: InterfaceDescription.TypeExpression)] {
        var found: [(String, InterfaceDescription.TypeExpression)] = []
        func visit(_ type: InterfaceDescription.TypeExpression, _ place: String) {
            found.append((place, type))
            switch type {
            case .structure(let fields): for field in fields { visit(field.type, "\(place).\(field.name)") }
            case .nullable(let inner), .array(let inner), .map(let inner): visit(inner, place)
            case .bool, .int, .float, .string, .object, .any, .named, .enumeration: break
            }
        }
        for type in interface.types { visit(type.type, type.name) }
        for method in interface.methods {
            visit(.structure(method.input), method.name)
            visit(.structure(method.output), method.name)
        }
        for error in interface.errors { visit(.structure(error.fields), error.name) }
        return found
    }

    @Test func `the walk sees types inside others`() {
        #expect(everyType.contains { $0.place == "ListTenants.tenants" } && everyType.count > 100)
    }

    @Test func `the interface's name has no capitals`() { #expect(Interface.name == Interface.name.lowercased()) }

    @Test func `no enumeration has a single value`() {
        for case (let place, .enumeration(let words)) in everyType { #expect(words.count >= 2, "\(place)") }
    }

    @Test func `nothing is of type any`() { for (place, type) in everyType { #expect(type != .any, "\(place)") } }

    @Test func `nothing is twice optional`() {
        for case (let place, .nullable(.nullable)) in everyType { Issue.record("\(place)") }
        #expect(!Interface.text.contains("??"))
    }

    @Test func `numbers that are names would lose digits in other languages, so names are strings`() {
        for (place, type) in everyType where place.hasSuffix(".session") || place.hasSuffix("Id") {
            #expect(
                [.string, .nullable(.string), .named("Session"), .nullable(.named("Session"))].contains(type),
                "\(place)")
        }
    }

    @Test func `every line fits a terminal and is plain ASCII`() {
        for line in Interface.text.split(separator: "\n") {
            #expect(line.utf8.count <= 100 && line.utf8.allSatisfy { (0x20...0x7e).contains($0) }, "\(line)")
        }
    }
}
