import CLIXML
import PSRP
import Testing

/// What calls of the host mean (MS-PSRP 2.2.3.17).
@Suite struct HostRequestTests {
    let window = HostDefaults(size: Size(width: 100, height: 40))

    func call(_ number: Int32, _ parameters: PSValue..., id: Int64 = 1) -> HostCall {
        HostCall(callID: id, method: HostMethod(rawValue: number), parameters: parameters)
    }

    func list(_ values: PSValue...) -> PSValue { .object(PSObject(array: values)) }

    func record(_ properties: KeyValuePairs<String, PSValue>) -> PSValue {
        .object(PSObject(extended: properties.map { PSProperty($0.key, $0.value) }))
    }

    @Test func `texts are shown with their colours, and their line ends or not`() {
        let green = PSValue.object(PSObject(enumeration: "System.ConsoleColor", name: "Green", number: 10))
        #expect(call(13, .string("a")).request(for: window) == .show(HostText("a", endsLine: false)))
        #expect(call(15).request(for: window) == .show(HostText("")))
        #expect(
            call(17, green, .int32(0), .string("a")).request(for: window)
                == .show(HostText("a", foreground: 10, background: 0)))
        #expect(call(22, .string("w")).request(for: window) == .show(HostText("w", kind: .warning)))
        #expect(call(18, .string("e")).request(for: window) == .show(HostText("e", kind: .error)))
    }

    @Test func `what the host is like is known without asking anybody`() {
        #expect(call(39).request(for: window) == .know(Size(width: 100, height: 40).value))
        #expect(call(4).request(for: window) == .know(.string("en-US")))
        #expect(call(45).request(for: window) == .know(.bool(false)))
    }

    @Test func `what wants no answer is left, and what no host of ours can do is refused`() {
        #expect(call(42, .string("title"), id: -100).request(for: window) == .ignore)
        #expect(call(20, id: -100).request(for: window) == .ignore)
        #expect(call(46).request(for: window) == .refuse)
        #expect(call(50).request(for: window) == .refuse)
        #expect(call(4711).request(for: window) == .refuse)
    }

    @Test func `a choice is one of those there are`() throws {
        let choices = list(
            record(["label": .string("&Yes"), "helpMessage": .string("Do it.")]), record(["label": .string("&No")]))
        guard
            case .ask(let question) = call(26, .string("c"), .string("m"), choices, .int32(1)).request(for: window),
            case .choice(let labels, let preset) = question.kind
        else { throw Unexpected() }
        #expect(labels.map(\.label) == ["&Yes", "&No"] && labels[0].help == "Do it." && preset == 1)
        #expect(question.caption == "c" && question.message == "m")
        #expect(question.result(for: .int32(1)) == .int32(1))
        for wrong: PSValue in [.int32(2), .int32(-1), .string("1"), .null] {
            #expect(question.result(for: wrong) == nil)
        }
    }

    @Test func `no preset is no preset`() throws {
        guard case .ask(let question) = call(26, .null, .null, list(), .int32(-1)).request(for: window),
            case .choice(let labels, nil) = question.kind
        else { throw Unexpected() }
        #expect(labels.isEmpty && question.result(for: .int32(0)) == nil)
    }

    @Test func `several choices are a collection of numbers`() throws {
        let choices = list(record(["label": .string("a")]), record(["label": .string("b")]))
        guard case .ask(let question) = call(56, .null, .null, choices, list(.int32(0))).request(for: window),
            case .choices(_, let presets) = question.kind
        else { throw Unexpected() }
        #expect(presets == [0])
        #expect(question.result(for: list(.int32(1), .int32(0)))?.values == [.int32(1), .int32(0)])
        #expect(question.result(for: list(.int32(2))) == nil && question.result(for: .int32(0)) == nil)
    }

    @Test func `a credential is an object of its type`() throws {
        guard
            case .ask(let question) = call(24, .string("c"), .string("m"), .string("ann"), .null).request(for: window),
            case .credential("ann", nil) = question.kind
        else { throw Unexpected() }
        let credential = PSValue.object(PSObject(credentialOf: "ann", password: PSSecureString(base64: "AAAA")))
        #expect(question.result(for: credential) == credential)
        #expect(question.result(for: record(["UserName": .string("ann")])) == nil)
    }

    @Test func `a form wants a value for each field`() throws {
        let fields = list(
            record(["name": .string("Name"), "parameterTypeFullName": .string("System.String")]),
            record(["NAME": .string("Pin"), "parametertypename": .string("SecureString"), "ismandatory": .bool(true)]))
        guard case .ask(let question) = call(23, .null, .null, fields).request(for: window),
            case .fields(let known) = question.kind
        else { throw Unexpected() }
        #expect(known.map(\.name) == ["Name", "Pin"] && known[1].type == "SecureString" && known[1].isMandatory)
        let whole = PSValue.object(
            PSObject(hashtable: [PSEntry(.string("Name"), .string("a")), PSEntry(.string("Pin"), .string("b"))]))
        #expect(question.result(for: whole) == whole)
        #expect(question.result(for: .object(PSObject(hashtable: [PSEntry(.string("Name"), .string("a"))]))) == nil)
    }

    @Test func `calls without the parameters they should have are asked all the same`() {
        for method: Int32 in [11, 12, 23, 24, 25, 26, 56] {
            guard case .ask = call(method).request(for: window) else {
                Issue.record("\(HostMethod(rawValue: method)) is not asked")
                continue
            }
        }
    }

    @Test func `methods that return nothing are those of the specification`() {
        let silent = (1...56).filter { !HostMethod(rawValue: $0).returnsValue }
        #expect(
            silent == [
                6, 7, 8, 9, 10, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 28, 30, 32, 34, 36, 38, 40, 42, 47, 48, 49, 51,
                52,
                53,
            ])
    }

    struct Unexpected: Error {}
}
