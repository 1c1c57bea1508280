// START HERE. A pool of runspaces, as its client sees it (MS-PSRP 3.1): what the client wants goes in as a call and comes
// out as fragments to send; what the server sent goes in as bytes and comes out as events. No bytes are moved here, no
// time passes, and nothing is made up: ids come from the caller.
//
//     beforeOpen --open--> negotiationSent --SESSION_CAPABILITY--> negotiated --RUNSPACEPOOL_STATE 2--> opened
//     any but beforeOpen --close--> closing --closed--> closed
//     any --RUNSPACEPOOL_STATE 3 or 5, or the transport is lost--> closed or broken
//
// It knows nothing of WS-Management: shells and commands with their ids, polls, signals and the deletion that closes a
// pool are the caller's. The caller says which queue bytes came from (the pool's, or that of a pipeline), because each
// queue is a stream of its own.
//
// Real servers are not tidy (they send byte order marks, leave out the id of the pool, come from other implementations),
// so only what would make later messages mean something else is refused. What refuses here ends the session: after a
// throw from `nextEvent` the pool is broken.
//
// Invariant: object ids only grow, over the pool and all its pipelines; `nextObjectID` is the first that was not used.

public import CLIXML

/// A pool of runspaces at a server.
public struct RunspacePool: Sendable {
    /// The id in the headers of its messages, chosen by the caller. The id of the shell may be another one.
    public let id: PSGuid
    /// What the server may make us hold.
    public let limits: PSRPLimits
    /// Where it stands.
    public private(set) var state: State = .beforeOpen
    /// The longest fragment to make, its header counted. To be set anew when the server turns out to take more.
    public var fragmentBytesMax: Int
    /// The number the next message will have. It may be read to be kept, so that a later pool of the same shell goes on.
    public private(set) var nextObjectID: UInt64
    /// The pipelines that were started and not forgotten.
    public private(set) var pipelines: [PSGuid: Pipeline] = [:]

    private let decoder: CLIXMLDecoder
    private var readers: [PSGuid?: FragmentReader] = [:]
    /// The queues that have bytes, in the order they got them.
    private var ready: [PSGuid?] = []
    private var reassembly: Reassembly
    private var sequence = ObjectSequence()

    /// Where a pool stands.
    public enum State: Hashable, Sendable {
        /// Nothing was sent. Leaves for `negotiationSent` by `open`.
        case beforeOpen
        /// The server was told what we can do. Leaves for `negotiated` when it tells the same.
        case negotiationSent
        /// Both know what the other can do. Leaves for `opened` when the server has made the runspaces.
        case negotiated(SessionCapability)
        /// Pipelines can be run.
        case opened(SessionCapability)
        /// We are about to delete the shell. Messages are still read, none are sent.
        case closing
        /// Over, as agreed.
        case closed
        /// Over, with a reason when the server gave one.
        case broken(ErrorRecord?)

        var name: String {
            switch self {
            case .beforeOpen: "before open"
            case .negotiationSent: "negotiation sent"
            case .negotiated: "negotiated"
            case .opened: "opened"
            case .closing: "closing"
            case .closed: "closed"
            case .broken: "broken"
            }
        }
    }

    /// A pool that is not open yet.
    ///
    /// `nextObjectID` has to be beyond all that were ever sent into the shell.
    public init(id: PSGuid, limits: PSRPLimits, fragmentBytesMax: Int, nextObjectID: UInt64 = 1) {
        self.id = id
        self.limits = limits
        self.fragmentBytesMax = fragmentBytesMax
        self.nextObjectID = nextObjectID
        reassembly = Reassembly(limits: limits)
        decoder = CLIXMLDecoder(
            limits: CLIXMLLimits(
                bytesMax: limits.messageBytesMax, depthMax: limits.depthMax, valuesMax: limits.valuesMax))
    }

    /// A pool that an earlier life opened. `nextObjectID` has to be beyond all that were ever sent into the shell.
    public init(
        resuming id: PSGuid, capability: SessionCapability, limits: PSRPLimits, fragmentBytesMax: Int,
        nextObjectID: UInt64
    ) {
        self.init(id: id, limits: limits, fragmentBytesMax: fragmentBytesMax, nextObjectID: nextObjectID)
        state = .opened(capability)
    }

    /// What both sides can do, once it is known and while the pool is usable.
    public var capability: SessionCapability? {
        switch state {
        case .negotiated(let capability), .opened(let capability): capability
        case .beforeOpen, .negotiationSent, .closing, .closed, .broken: nil
        }
    }
}

// What the client wants.
extension RunspacePool {
    /// Opens the pool: two messages, which have to go with the creation of the shell, all in one piece.
    public mutating func open(_ request: InitRunspacePool = InitRunspacePool()) throws(WrongState) -> Outgoing {
        guard case .beforeOpen = state else {
            throw WrongState(action: "open the runspace pool", state: state.name, wanted: ["before open"])
        }
        state = .negotiationSent
        let capability = fragments(.sessionCapability, SessionCapability.ours.value)
        let initialization = fragments(.initRunspacePool, request.value)
        return Outgoing(pipelineID: nil, stream: .input, fragments: capability + initialization)
    }

    /// Starts a pipeline: the first fragment goes with the creation of the command, the rest as input.
    public mutating func start(_ pipeline: CreatePipeline, id: PSGuid) throws(WrongState) -> Outgoing {
        let capability = try checkOpened("start a pipeline")
        return try start(
            id, type: .createPipeline, value: pipeline.value(for: capability.protocolVersion),
            input: pipeline.hasNoInput ? .closed : .open)
    }

    /// Asks which commands there are. The answer comes as output: a count, and then as many commands.
    public mutating func start(_ question: GetCommandMetadata, id: PSGuid) throws(WrongState) -> Outgoing {
        _ = try checkOpened("ask for commands")
        return try start(id, type: .getCommandMetadata, value: question.value, input: .closed)
    }

    /// Sends an object into a pipeline.
    public mutating func input(_ value: PSValue, to id: PSGuid) throws(WrongState) -> Outgoing {
        _ = try checkOpened("send input")
        try pipeline(id, "send input").checkInput("send input")
        return outgoing(.pipelineInput, value, pipelineID: id)
    }

    /// Tells a pipeline that no more objects come.
    public mutating func endInput(of id: PSGuid) throws(WrongState) -> Outgoing {
        _ = try checkOpened("end the input of a pipeline")
        var pipeline = try pipeline(id, "end the input of a pipeline")
        try pipeline.endInput()
        pipelines[id] = pipeline
        return outgoing(.endOfPipelineInput, nil, pipelineID: id)
    }

    /// Notes that the server is being asked to stop a pipeline, which is done by a signal and no message.
    public mutating func stop(_ id: PSGuid) throws(WrongState) {
        var pipeline = try pipeline(id, "stop a pipeline")
        try pipeline.stop()
        pipelines[id] = pipeline
    }

    /// Forgets a pipeline, when its command was terminated or never came to be. What still comes for it is stray.
    public mutating func forget(_ id: PSGuid) {
        pipelines[id] = nil
        readers[id] = nil
    }

    /// Answers a call to the host, of the pool or of a pipeline. Nil when the server waits for no answer.
    public mutating func answer(
        _ call: HostCall, of pipelineID: PSGuid? = nil, _ outcome: HostResponse.Outcome
    ) throws(WrongState) -> Outgoing? {
        guard call.wantsAnswer else { return nil }
        if let pipelineID {
            _ = try pipeline(pipelineID, "answer a host call")
        } else {
            _ = try checkOpened("answer a host call")
        }
        let type: MessageType = pipelineID == nil ? .runspacePoolHostResponse : .pipelineHostResponse
        let response = HostResponse(to: call, outcome)
        return outgoing(type, response.value, pipelineID: pipelineID, stream: .promptResponse)
    }

    /// Sends a question or a wish that concerns the pool. Its answer carries the call id that it carries.
    public mutating func send(_ body: some PoolRequest) throws(WrongState) -> Outgoing {
        _ = try checkOpened("send \(type(of: body).type)")
        return outgoing(type(of: body).type, body.value)
    }

    /// Notes that the shell is about to be deleted. Allowed whatever happened before, because a shell that is forgotten
    /// still counts at the tenant.
    public mutating func close() {
        switch state {
        case .beforeOpen, .closed: state = .closed
        case .negotiationSent, .negotiated, .opened, .closing, .broken: state = .closing
        }
    }

    /// Notes that the shell is gone.
    public mutating func closed() {
        state = .closed
    }

    /// Notes that the transport cannot be used any more.
    public mutating func lost() {
        switch state {
        case .closing, .closed, .broken: break
        case .beforeOpen, .negotiationSent, .negotiated, .opened: state = .broken(nil)
        }
    }

    private mutating func start(
        _ id: PSGuid, type: MessageType, value: PSValue?, input: Pipeline.Input
    ) throws(WrongState) -> Outgoing {
        if let pipeline = pipelines[id] {
            throw WrongState(action: "start pipeline \(id)", state: pipeline.state.name, wanted: ["forgotten"])
        }
        pipelines[id] = Pipeline(id: id, input: input)
        sequence.unwatch()
        return outgoing(type, value, pipelineID: id)
    }

    private func checkOpened(_ action: String) throws(WrongState) -> SessionCapability {
        guard case .opened(let capability) = state else {
            throw WrongState(action: action, state: state.name, wanted: ["opened"])
        }
        return capability
    }

    private func pipeline(_ id: PSGuid, _ action: String) throws(WrongState) -> Pipeline {
        guard let pipeline = pipelines[id] else {
            throw WrongState(action: action, state: "forgotten", wanted: ["running"])
        }
        return pipeline
    }

    private mutating func outgoing(
        _ type: MessageType, _ value: PSValue?, pipelineID: PSGuid? = nil, stream: Outgoing.Stream = .input
    ) -> Outgoing {
        Outgoing(pipelineID: pipelineID, stream: stream, fragments: fragments(type, value, pipelineID: pipelineID))
    }

    private mutating func fragments(_ type: MessageType, _ value: PSValue?, pipelineID: PSGuid? = nil) -> [[UInt8]] {
        let message = Message(to: .server, type: type, poolID: id, pipelineID: pipelineID ?? .zero, value: value)
        defer { nextObjectID += 1 }
        return Fragment.cut(message.encoded(), objectID: nextObjectID, bytesMax: fragmentBytesMax)
    }
}

// What the server sent.
extension RunspacePool {
    /// Takes bytes out of the pool's queue, or out of that of a pipeline.
    public mutating func receive(_ bytes: [UInt8], from queue: PSGuid? = nil) {
        guard !bytes.isEmpty else { return }
        readers[queue, default: FragmentReader(blobBytesMax: limits.blobBytesMax)].receive(bytes)
        if !ready.contains(queue) { ready.append(queue) }
    }

    /// The next event, or nil when more bytes are needed. A throw ends the session.
    public mutating func nextEvent() throws(ProtocolViolation) -> PoolEvent? {
        do throws(ProtocolViolation) {
            while let queue = ready.first {
                guard let fragment = try readers[queue]?.next() else {
                    ready.removeFirst()
                    continue
                }
                if fragment.isStart { sequence.note(fragment.objectID) }
                guard let bytes = try reassembly.add(fragment) else { continue }
                let message = try Message(bytes)
                guard message.destination == .client else { throw ProtocolViolation.wrongDirection(message.type) }
                return try receive(message, from: queue)
            }
            return nil
        } catch {
            lost()
            throw error
        }
    }

    /// Notes that an answer may have been lost, and output with it: `hasLost` tells, until the next pipeline starts.
    public mutating func watchForLoss() { sequence.watch() }

    /// Whether messages that the server sent since `watchForLoss` have not come. They may be in another queue and come yet.
    public var hasLost: Bool { sequence.hasGap }

    private mutating func receive(_ message: Message, from queue: PSGuid?) throws(ProtocolViolation) -> PoolEvent {
        if message.type.isOfPipeline {
            // The id in the header says which pipeline; where a server has put none or its own, the queue does.
            let pipelineID = pipelines[message.pipelineID] != nil ? message.pipelineID : queue
            if let pipelineID, pipelines[pipelineID] != nil {
                let event = try pipelines[pipelineID]?.receive(message, decoder: decoder)
                return event.map { .pipeline(pipelineID, $0) } ?? .stray(message)
            }
            // A pool may write records of its own; what has a pipeline's id is late.
            guard message.pipelineID == .zero else { return .stray(message) }
        }
        let value: PSValue
        do {
            value = try message.value(decoder: decoder)
        } catch {
            guard message.type.isNeeded else { return .stray(message) }
            throw .undecodable(message.type, error)
        }
        do { return try receive(message, value) } catch {
            guard message.type.isNeeded else { return .stray(message) }
            throw error
        }
    }

    private mutating func receive(_ message: Message, _ value: PSValue) throws(ProtocolViolation) -> PoolEvent {
        switch message.type {
        case .sessionCapability: return .negotiated(try negotiate(try SessionCapability(value)))
        case .runspacePoolState: return try receive(try RunspacePoolReport(value)) ?? .stray(message)
        case .applicationPrivateData: return .privateData(try ApplicationPrivateData(value))
        case .runspacePoolInitData: return .runspaces(try RunspacePoolInitData(value))
        case .runspaceAvailability: return .availability(try RunspaceAvailability(value))
        case .userEvent: return .userEvent(try UserEvent(value))
        case .publicKeyRequest: return .publicKeyRequested
        case .encryptedSessionKey: return .sessionKey(try EncryptedSessionKey(value))
        case .runspacePoolHostCall: return .hostCall(try HostCall(value, type: message.type))
        default: return StreamRecord(value, type: message.type).map(PoolEvent.record) ?? .stray(message)
        }
    }

    /// MS-PSRP 3.1.5.4.1: the major versions have to be the same, and the lower of both versions applies.
    private mutating func negotiate(_ theirs: SessionCapability) throws(ProtocolViolation) -> SessionCapability {
        guard case .negotiationSent = state else { throw .outOfTurn(.sessionCapability, state: state.name) }
        let ours = SessionCapability.ours
        guard theirs.protocolVersion.major == ours.protocolVersion.major else {
            throw .versionRefused(theirs.protocolVersion)
        }
        var common = theirs
        common.protocolVersion = min(theirs.protocolVersion, ours.protocolVersion)
        state = .negotiated(common)
        return common
    }

    /// Nil for a state that changes nothing.
    private mutating func receive(_ report: RunspacePoolReport) throws(ProtocolViolation) -> PoolEvent? {
        switch (report.state, state) {
        case (.opened, .negotiated(let capability)):
            state = .opened(capability)
            return .opened
        case (.opened, .beforeOpen), (.opened, .negotiationSent):
            throw .outOfTurn(.runspacePoolState, state: state.name)
        case (.closed, _):
            state = .closed
            return .closed
        case (.broken, _):
            if case .closing = state { return .broken(report.error) }
            state = .broken(report.error)
            return .broken(report.error)
        case (.opened, _), (.beforeOpen, _), (.opening, _), (.closing, _), (.negotiationSent, _),
            (.negotiationSucceeded, _), (.connecting, _), (.disconnected, _):
            return nil
        }
    }
}
