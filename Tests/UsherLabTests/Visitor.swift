import CLIXML
import HTTP
import PSRP
import Testing
import WSMan
import XML

@testable import UsherLab

/// A tenant and those who visit it. Requests are the product's own, written and read as envelopes; so each test shows as
/// well that the two halves understand each other.
struct Visitor {
    static let ken = "kenmyer@litwareinc.com"
    static let dana = "dana@litwareinc.com"
    static let pilar = "pilar@litwareinc.com"

    var tenant: LabTenant
    var now: Duration = .zero
    /// Answers that came and were not looked at, by request.
    var answers: [Int: Response] = [:]
    private var requests: [Int: Request] = [:]
    private var lastRequest = 0
    private var chance = Chance(seed: 7)
    let endpoint: Endpoint

    init(_ limits: LabLimits = LabLimits()) throws {
        let directory = Directory(
            domain: "litwareinc.com", usersCount: 40, administrators: [Self.dana, Self.ken, Self.pilar])
        tenant = LabTenant(limits: limits, directory: directory, startOfClock: 1_385_000_000, seed: 1)
        let url = try #require(WebURL("https://localhost:443/wsman"))
        endpoint = try #require(
            Endpoint(
                url: url, resourceURI: ResourceURI.powershell(configuration: "Microsoft.PowerShell"),
                clientID: GUID(high: 1, low: 1), operationTimeout: .seconds(20)))
    }

    func address(_ shell: GUID) -> ShellAddress { ShellAddress(resourceURI: endpoint.resourceURI, shellID: shell) }

    /// Asks, and returns the number to look the answer up by.
    @discardableResult
    mutating func ask(_ operation: Operation, shell: GUID? = nil, by user: String = ken) throws -> Int {
        lastRequest += 1
        let request = Request(
            operation, at: endpoint, shell: shell.map { address($0) }, messageID: chance.guid())
        requests[lastRequest] = request
        let read = try ServerRequest(envelope: request.bytes)
        try take(tenant.ask(lastRequest, user: user, read, at: now))
        return lastRequest
    }

    /// Asks, and returns the answer, which is there at once.
    mutating func answer(_ operation: Operation, shell: GUID? = nil, by user: String = ken) throws -> Response {
        let request = try ask(operation, shell: shell, by: user)
        let answer = answers.removeValue(forKey: request)
        return try #require(answer, "\(operation) was not answered")
    }

    mutating func wait(_ time: Duration) throws {
        now += time
        try take(tenant.timePassed(at: now))
    }

    mutating func leave(_ request: Int) { tenant.clientLeft(request) }

    mutating func take(_ replies: [LabTenant.Reply]) throws {
        for reply in replies {
            let request = try #require(requests[reply.request])
            let bytes = reply.answer.envelope(
                action: request.operation.action?.rawValue ?? "", relatesTo: request.messageID.uri,
                messageID: chance.guid(), activityID: chance.guid(), machine: "lab")
            let answer = HTTPAnswer(
                status: reply.answer.status, fields: [HTTPField("Content-Type", Request.contentType)], body: bytes)
            #expect(answers[reply.request] == nil, "a request is answered once")
            answers[reply.request] = try Response(answer, to: request, limits: XMLLimits(bytesMax: 1 << 20))
        }
    }
}

/// A client with a pool in a shell.
struct Session {
    let shell: GUID
    let user: String
    var pool: RunspacePool

    private var used: UInt64 = 0

    /// Asks for a shell; the answer is left where it is.
    static func request(_ visitor: inout Visitor, by user: String, id: UInt64) throws -> (request: Int, Session) {
        let shell = GUID(high: id, low: 0xABCD)
        var pool = RunspacePool(
            id: try #require(PSGuid(shell.description)), limits: PSRPLimits(messageBytesMax: 8 << 20),
            fragmentBytesMax: 32768)
        let content = try pool.open().bytes
        let creation = try #require(ShellCreation(shellID: shell, name: "test", content: content))
        let request = try visitor.ask(.create(creation), by: user)
        return (request, Session(shell: shell, user: user, pool: pool))
    }

    /// A shell whose pool is open.
    static func open(_ visitor: inout Visitor, by user: String = Visitor.ken, id: UInt64) throws -> Session {
        var (request, session) = try request(&visitor, by: user, id: id)
        guard case .created = visitor.answers.removeValue(forKey: request) else {
            throw Refused(answer: visitor.answers[request])
        }
        let events = try session.receive(&visitor)
        #expect(events.last == .opened)
        return session
    }

    struct Refused: Error {
        let answer: Response?
    }

    private init(shell: GUID, user: String, pool: RunspacePool) {
        self.shell = shell
        self.user = user
        self.pool = pool
    }

    /// What a Receive brings at once, for the pool or a command.
    mutating func receive(_ visitor: inout Visitor, _ command: GUID? = nil) throws -> [PoolEvent] {
        let answer = try visitor.answer(.receive(command: command), shell: shell, by: user)
        guard case .received(let output) = answer else { throw Refused(answer: answer) }
        return try take(output, command)
    }

    mutating func take(_ output: ReceivedOutput, _ command: GUID?) throws -> [PoolEvent] {
        for stream in output.streams {
            pool.receive(stream.bytes, from: command.flatMap { PSGuid($0.description) })
        }
        var events: [PoolEvent] = []
        while let event = try pool.nextEvent() { events.append(event) }
        return events
    }

    /// Starts a pipeline; what it does is to be received.
    mutating func start(_ visitor: inout Visitor, _ commands: [Command]) throws -> GUID {
        try start(&visitor, CreatePipeline(commands))
    }

    mutating func start(_ visitor: inout Visitor, _ pipeline: CreatePipeline) throws -> GUID {
        used += 1
        let command = GUID(high: 0xC0FFEE, low: used)
        let id = try #require(PSGuid(command.description))
        let bytes = try pool.start(pipeline, id: id).bytes
        let answer = try visitor.answer(.command(command, arguments: bytes), shell: shell, by: user)
        guard case .command(command) = answer else { throw Refused(answer: answer) }
        return command
    }

    /// Runs a pipeline to its end and terminates it.
    mutating func run(_ visitor: inout Visitor, _ commands: [Command]) throws -> [PipelineEvent] {
        let command = try start(&visitor, commands)
        var events: [PipelineEvent] = []
        while true {
            for event in try receive(&visitor, command) {
                if case .pipeline(_, let event) = event { events.append(event) }
            }
            guard case .ended = events.last else { continue }
            break
        }
        #expect(try visitor.answer(.signal(.terminate, command: command), shell: shell, by: user) == .done)
        return events
    }
}

extension [PipelineEvent] {
    var values: [PSValue] { compactMap { if case .output(let value) = $0 { value } else { nil } } }

    var errors: [ErrorRecord] {
        compactMap { if case .record(.error(let record)) = $0 { record } else { nil } }
    }

    var failure: ErrorRecord? { if case .ended(.failed(let record)) = last { record } else { nil } }

    var hasCompleted: Bool { last == .ended(.completed) }
}

extension Response {
    var fault: Fault? { if case .fault(let fault) = self { fault } else { nil } }
}
