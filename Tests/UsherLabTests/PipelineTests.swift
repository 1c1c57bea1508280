import CLIXML
import PSRP
import Testing
import WSMan

@testable import UsherLab

/// What runs in a shell.
@Suite struct PipelineTests {
    var visitor: Visitor
    var session: Session

    init() throws {
        visitor = try Visitor()
        session = try Session.open(&visitor, id: 1)
    }

    private mutating func run(_ commands: Command...) throws -> [PipelineEvent] {
        try session.run(&visitor, commands)
    }

    @Test mutating func `the tenant tells of itself`() throws {
        let events = try run(Command("get-cstenant"))
        #expect(events.values.first?["DisplayName"]?.text == "Litwareinc" && events.hasCompleted)
    }

    @Test mutating func `an unknown cmdlet fails the pipeline in PowerShell's words`() throws {
        let failed = try run(Command("Get-Nothing"))
        let error = try #require(failed.failure)
        #expect(error.message.hasPrefix("The term 'Get-Nothing' is not recognized as the name of a cmdlet"))
        #expect(error.fullyQualifiedErrorID == "CommandNotFoundException")
        #expect(error.categoryMessage == "ObjectNotFound: (Get-Nothing:String) [], CommandNotFoundException")
    }

    @Test mutating func `an unknown parameter fails it too, a beginning that is plain does not`() throws {
        let failed = try run(Command("Get-CsTenant", [.init("Nme", .string("x"))]))
        let error = try #require(failed.failure)
        #expect(error.fullyQualifiedErrorID.hasPrefix("NamedParameterNotFound,"))
        let users = try run(Command("Get-CsOnlineUser", [.init("-resu:", .int32(2))]))
        #expect(users.values.count == 2)
        let ambiguous = try run(Command("Get-CsOnlineUser", [.init("O", .string("x"))]))
        #expect(ambiguous.failure?.fullyQualifiedErrorID.hasPrefix("AmbiguousParameter,") == true)
    }

    @Test mutating func `cmdlets are piped into each other`() throws {
        let events = try run(
            Command("Get-CsOnlineUser", [.init("Filter", .string("Department -eq 'IT'"))]),
            Command(
                "Where-Object",
                [.init("Property", .string("DisplayName")), .init("Like"), .init("Value", .string("*a*"))]),
            Command("Sort-Object", [.init(nil, .string("DisplayName")), .init("Descending", .bool(true))]),
            Command("Select-Object", [.init("Property", .strings(["displayname", "Missing"]))]))
        #expect(events.values.map { $0["DisplayName"]?.text } == ["Pilar Ackerman", "Dana Burnell"])
        #expect(events.values.first?.object?.extended.map(\.name) == ["DisplayName", "Missing"])
        let count = try run(Command("Get-LabObject", [.init("Count", .int32(500))]), Command("Measure-Object"))
        #expect(count.values.first?["Count"]?.integer == 500)
    }

    @Test mutating func `what is changed stays changed, and is counted with its token`() throws {
        let arguments: [Command.Argument] = [
            .init("Identity", .string("pilar@litwareinc.com")), .init("PolicyName", .string("ClientPolicyNoIMURL")),
            .init("Token", .string("t1")),
        ]
        for _ in 1...2 { #expect(try run(Command("Grant-CsClientPolicy", arguments)).hasCompleted) }
        let user = try run(Command("Get-CsOnlineUser", [.init("Identity", .string("pilar@litwareinc.com"))])).values
            .first
        #expect(user?["ClientPolicy"]?.text == "ClientPolicyNoIMURL")
        let key = ExecutionLog.Key(cmdlet: "Grant-CsClientPolicy", identity: "pilar@litwareinc.com", token: "t1")
        #expect(visitor.tenant.world.executions.counts[key] == 2)
    }

    @Test mutating func `an error record is no end, a terminating one is`() throws {
        let events = try run(Command("Test-LabError", [.init("Category", .string("PermissionDenied"))]))
        #expect(events.values.map(\.text) == ["before", "after"] && events.hasCompleted)
        #expect(events.errors.first?.category == .permissionDenied)
        #expect(try run(Command("Test-LabError", [.init("Terminating")])).failure != nil)
        let stopped = try run(Command("Test-LabError", [.init("ErrorAction", .string("Stop"))]))
        #expect(stopped.values.count == 1 && stopped.failure != nil)
        #expect(try run(Command("Test-LabError", [.init("ErrorAction", .int32(0))])).errors.isEmpty)
    }

    @Test mutating func `every stream has its record`() throws {
        let kinds = try run(Command("Write-LabStreams")).compactMap { event -> String? in
            guard case .record(let record) = event else { return nil }
            return switch record {
            case .error: "error"
            case .warning: "warning"
            case .verbose: "verbose"
            case .debug: "debug"
            case .information: "information"
            case .progress: "progress"
            }
        }
        #expect(kinds == ["error", "warning", "verbose", "debug", "information", "progress", "progress"])
    }

    @Test mutating func `script text is refused where there is no language`() throws {
        let failed = try run(Command(script: "1"))
        let error = try #require(failed.failure)
        #expect(error.fullyQualifiedErrorID == "ScriptsNotAllowed")
        let words = "The syntax is not supported by this runspace. This might be because it is in no-language mode."
        #expect(error.message == words)
    }

    @Test mutating func `a stopped pipeline says so, and its runspace is free`() throws {
        let command = try session.start(&visitor, [Command("Start-LabSleep", [.init("Seconds", .int32(60))])])
        #expect(try visitor.answer(.signal(.stop, command: command), shell: session.shell) == .done)
        let events = try session.receive(&visitor, command)
        guard case .pipeline(_, .ended(.stopped(let record)))? = events.last else {
            Issue.record("it is not stopped: \(events)")
            return
        }
        #expect(record?.fullyQualifiedErrorID == "PipelineStopped")
        #expect(try run(Command("Get-CsTenant")).hasCompleted)
    }

    @Test mutating func `a second pipeline waits for the one runspace`() throws {
        let first = try session.start(&visitor, [Command("Start-LabSleep", [.init("Seconds", .int32(1))])])
        let second = try session.start(&visitor, [Command("Get-CsTenant")])
        let waiting = try visitor.ask(.receive(command: second), shell: session.shell)
        #expect(visitor.answers[waiting] == nil)
        try visitor.wait(.seconds(1))
        #expect(visitor.answers[waiting] != nil)
        #expect(!(try session.receive(&visitor, first)).isEmpty)
    }

    @Test mutating func `a Receive without anything to bring times out, and nothing is lost`() throws {
        let command = try session.start(
            &visitor, [Command("Start-LabSleep", [.init("Seconds", .int32(21)), .init("Quiet")])])
        let first = try visitor.ask(.receive(command: command), shell: session.shell)
        try visitor.wait(.seconds(20))
        #expect(visitor.answers[first]?.fault?.classify() == .pollTimedOut)
        let second = try visitor.ask(.receive(command: command), shell: session.shell)
        visitor.leave(second)
        try visitor.wait(.seconds(1))
        #expect(visitor.answers[second] == nil)
        #expect(try session.receive(&visitor, command).count == 2, "its word and its end")
    }

    @Test mutating func `a long result is fetched in pieces, and none is held`() throws {
        let command = try session.start(&visitor, [Command("Get-LabObject", [.init("Count", .int32(3000))])])
        var count = 0
        var answers = 0
        while true {
            while let wake = visitor.tenant.nextWake(now: visitor.now), wake <= visitor.now { try visitor.wait(.zero) }
            let held = visitor.tenant.shells[session.shell]?.server.pipelines[command]?.output.bytes ?? 0
            #expect(held < PipelineRun.outputBytesMax + 65536)
            let events = try session.receive(&visitor, command)
            count += events.count
            answers += 1
            if case .pipeline(_, .ended)? = events.last { break }
        }
        #expect(count == 3001 && answers > 8)
    }

    @Test mutating func `commands that were not terminated are limited`() throws {
        visitor.tenant.limits.commandsPerShell = 2
        for _ in 1...5 { #expect(try run(Command("Get-CsTenant")).hasCompleted) }
        for _ in 1...2 { _ = try session.start(&visitor, [Command("Get-CsTenant")]) }
        let one = GUID(high: 5, low: 5)
        let answer = try visitor.answer(.command(one, arguments: []), shell: session.shell)
        #expect(answer.fault?.classify() == .commandsQuota)
        #expect(try visitor.answer(.receive(command: one), shell: session.shell).fault?.classify() == .commandGone)
    }

    @Test mutating func `command metadata comes with its count first`() throws {
        let id = try #require(PSGuid("00000000-0000-0000-0000-00000000c0de"))
        let bytes = try session.pool.start(GetCommandMetadata(names: ["Get-CsO*"]), id: id).bytes
        let command = try #require(GUID(id.description))
        _ = try visitor.answer(.command(command, arguments: bytes), shell: session.shell)
        let values = try session.receive(&visitor, command).compactMap { event -> PSValue? in
            if case .pipeline(_, .output(let value)) = event { value } else { nil }
        }
        #expect(values.first?["Count"]?.integer == 1)
        let found = try #require(CommandMetadata(values[1]))
        #expect(found.name == "Get-CsOnlineUser" && found.parameters.contains { $0.name == "ResultSize" })
    }

    @Test mutating func `bytes that are no fragments break the pool and not the lab`() throws {
        _ = try visitor.answer(.send(Array(repeating: 0xFF, count: 64), to: .stdin, command: nil), shell: session.shell)
        guard case .broken? = try session.receive(&visitor).last else {
            Issue.record("the pool is not broken")
            return
        }
        #expect(try visitor.answer(.delete, shell: session.shell) == .done)
    }
}
