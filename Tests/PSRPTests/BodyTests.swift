import CLIXML
import PSRP
import Testing

@Suite struct BodyTests {
    /// The value after a way over the wire.
    func sent(_ value: PSValue?) throws -> PSValue {
        let decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1 << 20))
        return try decoder.decode(CLIXMLEncoder.encode(try #require(value)))
    }

    func comesBack<Body: MessageBody>(_ body: Body) throws -> Bool {
        try Body(try sent(body.value)) == body
    }

    @Test func `bodies come back as they were sent`() throws {
        let error = ErrorRecord(message: "No.", fullyQualifiedErrorID: "No")
        #expect(try comesBack(SessionCapability.ours))
        #expect(try comesBack(InitRunspacePool()))
        #expect(try comesBack(InitRunspacePool(runspacesMax: 3, threadOptions: 2, apartmentState: 1)))
        #expect(try comesBack(ConnectRunspacePool()))
        #expect(try comesBack(ConnectRunspacePool(runspacesMin: 1, runspacesMax: 2)))
        #expect(try comesBack(SetMaxRunspaces(count: 5, callID: 7)))
        #expect(try comesBack(SetMinRunspaces(count: -5, callID: 7)))
        #expect(try comesBack(GetAvailableRunspaces(callID: .max)))
        #expect(try comesBack(ResetRunspaceState(callID: 1)))
        #expect(try comesBack(PublicKey(key: "AAAA")))
        #expect(try comesBack(EncryptedSessionKey(key: "AAAA")))
        #expect(try comesBack(PublicKeyRequest()))
        #expect(try comesBack(RunspacePoolReport(.opened)))
        #expect(try comesBack(RunspacePoolReport(.broken, error: error)))
        #expect(try comesBack(RunspaceAvailability(callID: 1, answer: .done(false))))
        #expect(try comesBack(RunspaceAvailability(callID: 1, answer: .free(3))))
        #expect(try comesBack(ApplicationPrivateData(data: .null)))
        #expect(try comesBack(RunspacePoolInitData(runspacesMin: 1, runspacesMax: 1)))
        #expect(try comesBack(PipelineReport(.stopped, error: error)))
        #expect(try comesBack(GetCommandMetadata()))
        #expect(
            try comesBack(
                GetCommandMetadata(names: ["a", "b*"], types: .cmdlet, namespaces: ["n"], arguments: [.null])))
    }

    @Test func `pipelines come back as they were sent`() throws {
        var script = Command(script: "Get-Date\n")
        script.usesLocalScope = true
        script.merges = .errorsIntoOutput
        let get = Command(
            "Get-CsOnlineUser", [.init("ResultSize", .int32(10)), .init(nil, .string("x")), .init("Verbose")])
        var pipeline = CreatePipeline(statements: [[get, Command("Select-Object")], [script]], hasNoInput: false)
        pipeline.addsToHistory = true
        pipeline.history = "h"
        pipeline.streamOptions = [.errors, .verbose]
        #expect(try comesBack(pipeline))
        #expect(try comesBack(CreatePipeline([get])))
    }

    @Test func `names in another case are the same names`() throws {
        let value = PSValue.object(
            PSObject(extended: [PSProperty("setminmaxrunspacesresponse", .int32(2)), PSProperty("CI", .int32(4))]))
        #expect(try RunspaceAvailability(value) == RunspaceAvailability(callID: 4, answer: .free(2)))
    }

    @Test func `what is missing is named`() {
        #expect(throws: ProtocolViolation.badBody(.pipelineState, property: "PipelineState")) {
            try PipelineReport(.object(PSObject()))
        }
        #expect(throws: ProtocolViolation.badBody(.pipelineState, property: "PipelineState")) {
            try PipelineReport(.object(PSObject(extended: [PSProperty("PipelineState", .int32(99))])))
        }
        #expect(throws: ProtocolViolation.badBody(.sessionCapability, property: "protocolversion")) {
            try SessionCapability(.null)
        }
        #expect(throws: ProtocolViolation.badBody(.createPipeline, property: "PowerShell")) {
            try CreatePipeline(.null)
        }
    }

    @Test func `dashes and colons of proxies are taken off names of arguments`() throws {
        let argument = PSObject(extended: [PSProperty("N", .string("-ResultSize:")), PSProperty("V", .int32(1))])
        let command = PSObject(extended: [
            PSProperty("Cmd", .string("x")), PSProperty("Args", .object(PSObject(array: [.object(argument)]))),
        ])
        let shell = PSObject(extended: [PSProperty("Cmds", .object(PSObject(array: [.object(command)])))])
        let pipeline = try CreatePipeline(.object(PSObject(extended: [PSProperty("PowerShell", .object(shell))])))
        #expect(pipeline.statements == [[Command("x", [.init("ResultSize", .int32(1))])]])
    }

    @Test(arguments: [(PSVersion(2, 1), 3), (PSVersion(2, 2), 7), (PSVersion(2, 3), 8)])
    func `a server is sent no merge it does not know`(version: PSVersion, count: Int) throws {
        let value = try sent(CreatePipeline([Command("x")]).value(for: version))
        let command = try #require(value["PowerShell"]?["Cmds"]?.values?.first?.object)
        #expect(command.extended.count { $0.name.hasPrefix("Merge") } == count)
        #expect(command["MergeToResult"]?.text == "None")
    }

    @Test func `host calls keep methods that nobody knows`() {
        #expect(HostMethod(rawValue: 11).description == "ReadLine")
        #expect(HostMethod(rawValue: 56).description == "PromptForChoiceMultipleSelection")
        #expect(HostMethod(rawValue: 57).description == "57")
        #expect(HostMethod(rawValue: .min).description == "-2147483648")
        #expect(!HostCall(callID: -100, method: HostMethod(rawValue: 16), parameters: []).wantsAnswer)
    }
}
