// One pipeline at the server (MS-PSRP 3.2.1.3). It is bound to a command of the shell, gets its message in pieces, waits
// for a free runspace, runs, and ends; only then may its command be told to be Done.
//
//     gathering ──message whole──► waiting ──runspace free──► running ──► ended
//         any of them ──Terminate──► gone          waiting, running ──ctrl_c──► ended
//
// It runs ahead of the client by no more than `outputBytesMax`: what is not fetched holds it up. So it needs no thread:
// `run` goes on until the output is full, or a time has to come, or input has to, or its turn is over.

internal import CLIXML
internal import PSRP
internal import WSMan

/// A pipeline, from its first fragment to its end.
struct PipelineRun {
    /// The command of the shell that it is.
    let commandID: GUID
    /// The pipeline of the messages; the client's own number, which need not be that of the command.
    var pipelineID: PSGuid
    /// The name of its first command, for lists.
    var line = ""
    var state = State.gathering
    /// What comes by Receive.
    var output = OutputQueue()
    /// What was sent into it.
    var input = PipelineInput()
    /// What it says of its host.
    var host = HostDescription.none
    /// The call that it waits for, and what came of it.
    var calledID: Int64?
    var hostAnswer: HostResponse.Outcome?
    /// What is still missing of its fragments.
    var reader = FragmentReader(blobBytesMax: 1 << 20)

    /// How far it is.
    enum State {
        /// Its message is not whole. Leaves for `waiting`.
        case gathering
        /// Behind others in the pool. Leaves for `running`, or `ended` when it is stopped.
        case waiting(any Stage)
        /// Leaves for `ended`.
        case running(any Stage, Pause)
        /// Its state was told.
        case ended
    }

    /// Why it does not go on by itself.
    enum Pause: Equatable {
        /// It has its turn as soon as it can.
        case none
        /// Nothing comes before then.
        case until(Duration)
        /// The client has to send something.
        case input
        /// The client has to fetch something.
        case output
        /// The client's host has to answer.
        case host
    }

    /// How far it may run ahead of its client.
    static let outputBytesMax = 1 << 20
    /// Steps of one turn, before others have theirs.
    static let stepsOfTurn = 2000

    var isRunning: Bool { if case .running = state { true } else { false } }
    var hasEnded: Bool { if case .ended = state { true } else { false } }
    /// A Receive would bring something, be it that nothing more comes.
    var hasSomethingToTell: Bool { !output.isEmpty || hasEnded }
    /// A call of the host waits for its answer.
    var isPending: Bool { if case .running(_, .host) = state { true } else { false } }
    /// Everything was fetched, and nothing more comes.
    var isDone: Bool { hasEnded && output.isEmpty }

    /// Whether it works or waits for its own time. One that nobody reads from or writes to is nothing that keeps a shell.
    var isAtWork: Bool {
        switch state {
        case .running(_, .none), .running(_, .until), .waiting: true
        case .running(_, .input), .running(_, .output), .running(_, .host), .gathering, .ended: false
        }
    }

    /// When it wants its next turn.
    func wake(now: Duration) -> Duration? {
        switch state {
        case .running(_, .none): now
        case .running(_, .until(let time)): time
        default: nil
        }
    }
}

extension PipelineRun {
    /// One turn. `pool` is the pool's id.
    mutating func run(_ world: inout LabWorld, pool: PSGuid, messages: inout ServerMessages) {
        guard case .running(var stage, _) = state else { return }
        // One owner while it runs: a stage that is held twice would be copied at every step.
        state = .gathering
        swap(&world.input, &input)
        defer { swap(&world.input, &input) }
        (world.host, world.hostAnswer) = (host, hostAnswer)
        hostAnswer = nil
        func call(_ method: HostMethod, _ parameters: [PSValue]) {
            let id = method.returnsValue ? messages.nextCallID() : HostCall.unansweredCallID
            let call = HostCall(callID: id, method: method, parameters: parameters)
            output.append(messages.cut(.pipelineHostCall, pool: pool, pipeline: pipelineID, value: call.value))
            if method.returnsValue { calledID = id }
        }
        var pause = Pause.none
        for _ in 0..<Self.stepsOfTurn {
            guard output.bytes < Self.outputBytesMax else {
                pause = .output
                break
            }
            switch stage.next(&world) {
            case .value(let value):
                output.append(messages.cut(.pipelineOutput, pool: pool, pipeline: pipelineID, value: value))
            case .record(let type, let value):
                // Windows writes these to a host that has a screen, too.
                if !host.isHostUINull, let (method, parameters) = HostEcho.call(for: type, value) {
                    call(method, parameters)
                }
                output.append(messages.cut(type, pool: pool, pipeline: pipelineID, value: value))
            case .call(let method, let parameters):
                call(method, parameters)
                if method.returnsValue { pause = .host }
            case .nothing: break
            case .wait(let time): pause = .until(time)
            case .needsInput: pause = .input
            case .end: return end(.completed, nil, pool: pool, messages: &messages)
            case .fail(let error): return end(.failed, error, pool: pool, messages: &messages)
            }
            if pause != .none { break }
        }
        state = .running(stage, pause)
    }

    /// Tells the state that it comes to last.
    mutating func end(
        _ outcome: PipelineReport.State, _ error: ErrorRecord?, pool: PSGuid, messages: inout ServerMessages
    ) {
        guard !hasEnded else { return }
        state = .ended
        input = PipelineInput()
        let report = PipelineReport(outcome, error: error)
        output.append(messages.cut(.pipelineState, pool: pool, pipeline: pipelineID, value: report.value))
    }

    /// ctrl_c: it is told as PowerShell tells it.
    mutating func stop(pool: PSGuid, messages: inout ServerMessages) {
        end(.stopped, .pipelineStopped, pool: pool, messages: &messages)
    }
}
