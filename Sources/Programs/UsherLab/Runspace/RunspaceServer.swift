// The server's half of a runspace pool (MS-PSRP 3.2): what a shell is for. It takes fragments that came by Create, Send and
// Command, and keeps what is to be fetched by Receive in queues: one for the pool and one for each pipeline.
//
// It knows nothing of shells, quotas or envelopes. Bytes it cannot read break it; then it says so in its own queue, takes
// no more, and waits to be deleted.

internal import CLIXML
internal import PSRP
internal import SessionKeys
internal import WSMan

/// A runspace pool and its pipelines.
struct RunspaceServer {
    /// What comes by a Receive without a command.
    private(set) var output = OutputQueue()
    /// By command.
    private(set) var pipelines: [GUID: PipelineRun] = [:]
    private(set) var state = State.gathering
    /// What a script may do.
    let language: Language
    /// Set for a pool that goes Broken as soon as it should open, as Exchange refuses.
    let refusal: ErrorRecord?

    private var poolID = PSGuid.zero
    private var poolHost = HostDescription.none
    private var applicationArguments = PSValue.null
    private let versionMax: PSVersion
    private let isThrottled: Bool
    private var version = PSVersion(2, 1)
    private var key: SessionKey?
    private var runspacesMax = 1
    /// Commands that wait for a runspace, the first in line first.
    private var line: [GUID] = []
    private var variables: [String: PSValue] = [:]
    private var messages = ServerMessages()
    private var reader = FragmentReader(blobBytesMax: 1 << 20)
    private var reassembly: Reassembly
    private let decoder: CLIXMLDecoder

    /// How far it is.
    enum State: String {
        /// The messages that open it are not whole.
        case gathering
        case opened
        case broken
    }

    private static let limits = PSRPLimits(messageBytesMax: 8 << 20, depthMax: 128, valuesMax: 200_000)

    /// `answerBytesMax` is what the client takes: a fragment goes into one answer whole.
    init(limits: LabLimits, answerBytesMax: Int = .max, refusal: ErrorRecord? = nil) {
        language = limits.language
        versionMax = limits.protocolVersion.version
        isThrottled = limits.throttles
        messages.fragmentBytes = min(limits.fragmentBytes, OutputQueue.fragmentBytesMax(in: answerBytesMax))
        messages.hasByteOrderMark = limits.hasByteOrderMark
        self.refusal = refusal
        reassembly = Reassembly(limits: Self.limits)
        decoder = CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 8 << 20, depthMax: 128, valuesMax: 200_000))
    }

    /// Whether something of it works, so that its shell is not idle.
    var isAtWork: Bool { pipelines.values.contains { $0.isAtWork } }

    /// When the next pipeline wants its turn.
    func wake(now: Duration) -> Duration? { pipelines.values.compactMap { $0.wake(now: now) }.min() }
}

// What comes in.
extension RunspaceServer {
    /// Bytes for the pool, by Create or Send.
    mutating func receive(_ bytes: [UInt8], _ world: inout LabWorld) {
        guard state != .broken else { return }
        do {
            reader.receive(bytes)
            while let fragment = try reader.next() {
                guard let message = try reassembly.add(fragment) else { continue }
                try take(try Message(message), command: nil, &world)
            }
        } catch {
            breakDown(error)
        }
    }

    /// A command, with the first bytes of its message.
    mutating func begin(_ command: GUID, _ bytes: [UInt8], _ world: inout LabWorld) {
        pipelines[command] = PipelineRun(commandID: command, pipelineID: PSGuid(command.description) ?? .zero)
        receive(bytes, command: command, &world)
    }

    /// Bytes for a command.
    mutating func receive(_ bytes: [UInt8], command: GUID, _ world: inout LabWorld) {
        guard state != .broken else { return }
        do {
            pipelines[command]?.reader.receive(bytes)
            while let fragment = try pipelines[command]?.reader.next() {
                guard let message = try reassembly.add(fragment) else { continue }
                try take(try Message(message), command: command, &world)
            }
        } catch {
            breakDown(error)
        }
        advance(&world)
    }

    private mutating func take(_ message: Message, command: GUID?, _ world: inout LabWorld) throws {
        guard message.destination == .server else { throw ProtocolViolation.wrongDirection(message.type) }
        let language = language
        let value: PSValue
        do {
            value = try message.value(decoder: decoder)
        } catch {
            throw ProtocolViolation.undecodable(message.type, error)
        }
        switch message.type {
        case .sessionCapability: try answer(SessionCapability(value))
        case .initRunspacePool: try open(InitRunspacePool(value), poolID: message.poolID, &world)
        case .createPipeline:
            try start(message, command) { try PipelinePlan(CreatePipeline(value), language: language) }
        case .getCommandMetadata:
            try start(message, command) { try PipelinePlan(GetCommandMetadata(value)) }
        case .pipelineInput, .endOfPipelineInput: takeInput(message, value, command)
        case .setMaxRunspaces:
            let wish = try SetMaxRunspaces(value)
            if wish.count > 0 { runspacesMax = Int(wish.count) }
            say(RunspaceAvailability(callID: wish.callID, answer: .done(wish.count > 0)))
        case .setMinRunspaces:
            let wish = try SetMinRunspaces(value)
            say(RunspaceAvailability(callID: wish.callID, answer: .done(wish.count >= 0)))
        case .getAvailableRunspaces:
            let free = runspacesMax - pipelines.values.count { $0.isRunning }
            say(RunspaceAvailability(callID: try GetAvailableRunspaces(value).callID, answer: .free(Int64(free))))
        case .publicKey: giveKey(for: try PublicKey(value))
        case .pipelineHostResponse, .runspacePoolHostResponse:
            try takeAnswer(HostResponse(value, type: message.type), message, command)
        case .connectRunspacePool: connect(poolID: message.poolID)
        case .resetRunspaceState:
            variables = [:]
            say(RunspaceAvailability(callID: try ResetRunspaceState(value).callID, answer: .done(true)))
        default: break
        }
    }

    private mutating func takeAnswer(_ answer: HostResponse, _ message: Message, _ command: GUID?) {
        let key = command ?? pipelines.values.first { $0.pipelineID == message.pipelineID }?.commandID
        guard let key, var run = pipelines[key], run.calledID == answer.callID,
            case .running(let stage, .host) = run.state
        else { return }
        run.calledID = nil
        run.hostAnswer = answer.outcome
        run.state = .running(stage, .none)
        pipelines[key] = run
    }

    private mutating func takeInput(_ message: Message, _ value: PSValue, _ command: GUID?) {
        let key = command ?? pipelines.values.first { $0.pipelineID == message.pipelineID }?.commandID
        guard let key, var run = pipelines[key], !run.hasEnded else { return }
        if message.type == .endOfPipelineInput {
            run.input.isOpen = false
        } else if run.input.isOpen, run.input.values.count < PipelineInput.valuesMax {
            run.input.values.append(value)
        }
        if case .running(let stage, .input) = run.state { run.state = .running(stage, .none) }
        pipelines[key] = run
    }
}

// What goes out.
extension RunspaceServer {
    private mutating func say(_ body: some MessageBody) {
        output.append(messages.cut(type(of: body).type, pool: poolID, value: body.value))
    }

    private mutating func answer(_ capability: SessionCapability) {
        guard capability.protocolVersion.major == 2 else {
            return breakDown(ProtocolViolation.versionRefused(capability.protocolVersion))
        }
        // The one message of an opening pool that carries no pool id.
        version = min(capability.protocolVersion, versionMax)
        let ours = SessionCapability(protocolVersion: version)
        output.append(messages.cut(.sessionCapability, pool: .zero, value: ours.value))
    }

    /// The key is for whoever has the pool now; the next one is given another.
    private mutating func giveKey(for request: PublicKey) {
        guard let new = SessionKey.random(), let sealed = new.sealed(for: request.key) else { return }
        key = new
        let body = EncryptedSessionKey(key: sealed)
        output.append(messages.cut(.encryptedSessionKey, pool: .zero, value: body.value))
    }

    /// Another client takes the pool over: what answers it goes with the answer to its Connect.
    mutating func connect(_ bytes: [UInt8], _ world: inout LabWorld) -> [UInt8] {
        key = nil
        reader = FragmentReader(blobBytesMax: 1 << 20)
        reassembly = Reassembly(limits: Self.limits)
        var waiting = OutputQueue()
        swap(&output, &waiting)
        receive(bytes, &world)
        swap(&output, &waiting)
        let answer = waiting.take(envelopeBytesMax: .max / 2).flatMap { $0 }
        say(ApplicationPrivateData(data: .psVersionTable))
        say(RunspacePoolReport(state == .broken ? .broken : .opened))
        return answer
    }

    private mutating func connect(poolID: PSGuid) {
        self.poolID = poolID
        say(RunspacePoolInitData(runspacesMin: 1, runspacesMax: Int32(runspacesMax)))
    }

    private mutating func open(_ wish: InitRunspacePool, poolID: PSGuid, _ world: inout LabWorld) {
        self.poolID = poolID
        runspacesMax = max(1, Int(wish.runspacesMax))
        poolHost = wish.host
        applicationArguments = wish.applicationArguments
        if let refusal {
            state = .broken
            return say(RunspacePoolReport(.broken, error: refusal))
        }
        state = .opened
        say(ApplicationPrivateData(data: .psVersionTable))
        say(RunspacePoolReport(.opened))
    }

    private mutating func breakDown(_ violation: any Error) {
        state = .broken
        let error = ErrorRecord(
            message: "\(violation)", fullyQualifiedErrorID: "RemoteDataFormatError",
            category: ErrorRecord.Category(rawValue: 25), reason: "PSRemotingDataStructureException")
        say(RunspacePoolReport(.broken, error: error))
        line = []
        for id in Array(pipelines.keys) { pipelines[id]?.end(.failed, error, pool: poolID, messages: &messages) }
    }

    /// What a Receive takes with it. Nil while there is nothing to say. A `command` that is nil is the pool.
    mutating func take(_ command: GUID?, envelopeBytesMax: Int, _ world: inout LabWorld) -> ReceivedBody? {
        guard let command else {
            guard !output.isEmpty else { return nil }
            let fragments = output.take(envelopeBytesMax: envelopeBytesMax)
            return ReceivedBody(command: nil, fragments: fragments, state: .running)
        }
        guard pipelines[command]?.hasSomethingToTell == true,
            // Taken out, so that its queue has one owner and is not copied.
            var run = pipelines.removeValue(forKey: command)
        else { return nil }
        let fragments = run.output.take(envelopeBytesMax: envelopeBytesMax)
        if case .running(let stage, .output) = run.state { run.state = .running(stage, .none) }
        let state: ReceivedBody.State =
            run.isDone ? .done : run.isPending && run.output.isEmpty ? .pending : .running
        pipelines[command] = run
        return ReceivedBody(command: command, fragments: fragments, state: state)
    }
}

// The pipelines.
extension RunspaceServer {
    private mutating func start(
        _ message: Message, _ command: GUID?, plan: () throws -> PipelinePlan
    ) throws {
        guard state == .opened else {
            throw ProtocolViolation.outOfTurn(message.type, state: state.rawValue)
        }
        guard let command, var run = pipelines[command], case .gathering = run.state else { return }
        let plan = try plan()
        run.pipelineID = message.pipelineID
        run.line = plan.line
        run.host = plan.host.usesRunspaceHost ? poolHost : plan.host
        run.input.isOpen = plan.takesInput
        run.state = .waiting(plan.stage)
        pipelines[command] = run
        line.append(command)
    }

    /// Gives runspaces to those in line, and a turn to those that can use one.
    mutating func advance(_ world: inout LabWorld) {
        swap(&world.variables, &variables)
        defer { swap(&world.variables, &variables) }
        world.key = key
        world.applicationArguments = applicationArguments
        repeat {
            while let next = line.first, pipelines.values.count(where: { $0.isRunning }) < runspacesMax {
                line.removeFirst()
                guard case .waiting(let stage)? = pipelines[next]?.state else { continue }
                pipelines[next]?.state = .running(stage, .none)
                if isThrottled { warnOfDelay(next) }
            }
            for id in Array(pipelines.keys) {
                guard let wake = pipelines[id]?.wake(now: world.now), wake <= world.now,
                    var run = pipelines.removeValue(forKey: id)
                else { continue }
                run.run(&world, pool: poolID, messages: &messages)
                pipelines[id] = run
            }
        } while !line.isEmpty && pipelines.values.count(where: { $0.isRunning }) < runspacesMax
    }

    /// As services say that they have held a cmdlet back.
    private mutating func warnOfDelay(_ command: GUID) {
        guard let run = pipelines[command] else { return }
        let text =
            "Micro delay applied. Actual delayed: 21956 msecs, Enforced: True, Capped delay: 21956 msecs, Required: "
            + "False, Additional info: ."
        let record = InformationalRecord(message: text, type: "WarningRecord").value
        pipelines[command]?.output.append(
            messages.cut(.warningRecord, pool: poolID, pipeline: run.pipelineID, value: record))
    }

    /// ctrl_c. False for a command that is not there.
    mutating func stop(_ command: GUID, _ world: inout LabWorld) -> Bool {
        guard pipelines[command] != nil else { return false }
        line.removeAll { $0 == command }
        pipelines[command]?.stop(pool: poolID, messages: &messages)
        advance(&world)
        return true
    }

    /// Terminate: the client is done with it. False for a command that is not there.
    mutating func terminate(_ command: GUID, _ world: inout LabWorld) -> Bool {
        guard pipelines.removeValue(forKey: command) != nil else { return false }
        line.removeAll { $0 == command }
        advance(&world)
        return true
    }
}

extension PSValue {
    /// What a pool says of its PowerShell.
    fileprivate static let psVersionTable: PSValue = .object(
        PSObject(primitiveDictionary: [
            "PSVersionTable": .object(
                PSObject(primitiveDictionary: [
                    "PSVersion": .string("5.1.14393.2248"), "PSEdition": .string("Desktop"),
                    "PSRemotingProtocolVersion": .string("2.3"), "SerializationVersion": .string("1.1.0.1"),
                    "WSManStackVersion": .string("3.0"),
                ]))
        ]))
}
