// A pipeline, as its client sees it (MS-PSRP 3.1.1.3, states 2.2.3.5).
//
//     running --asked to stop--> stopping
//     running, stopping --PIPELINE_STATE 3, 4, 5--> ended
//
// Servers of Windows send only the last state. A pipeline that was asked to stop may complete or fail first, and goes on
// to write until it has ended: whoever stops it has to go on receiving. Not every error ends a pipeline: one that wrote
// error records still completes.

public import CLIXML

/// A pipeline that was sent to the server.
public struct Pipeline: Hashable, Sendable {
    /// The id in the headers of its messages. The id of the command in WS-Management may be another one.
    public let id: PSGuid
    /// Where it stands.
    public private(set) var state: State

    /// Where a pipeline stands.
    public enum State: Hashable, Sendable {
        /// The server has it. Leaves for `stopping` when asked, for `ended` when the server says so.
        case running(input: Input)
        /// The server was asked to stop it. Leaves for `ended` when the server says so.
        case stopping
        /// The server is done with it and says no more.
        case ended(PipelineOutcome)

        var name: String {
            switch self {
            case .running(.open): "running"
            case .running(.closed): "running without input"
            case .stopping: "stopping"
            case .ended(.completed): "completed"
            case .ended(.stopped): "stopped"
            case .ended(.failed): "failed"
            }
        }
    }

    /// Whether the first command takes objects.
    public enum Input: Hashable, Sendable {
        case open
        case closed
    }

    init(id: PSGuid, input: Input) {
        self.id = id
        state = .running(input: input)
    }

    /// Whether the server is done with it.
    public var hasEnded: Bool {
        if case .ended = state { true } else { false }
    }

    func checkInput(_ action: String) throws(WrongState) {
        guard case .running(.open) = state else {
            throw WrongState(action: action, state: state.name, wanted: ["running"])
        }
    }

    mutating func endInput() throws(WrongState) {
        try checkInput("end the input of a pipeline")
        state = .running(input: .closed)
    }

    /// Asking again is no fault: people press Ctrl-C twice.
    mutating func stop() throws(WrongState) {
        switch state {
        case .running, .stopping: state = .stopping
        case .ended: throw WrongState(action: "stop a pipeline", state: state.name, wanted: ["running", "stopping"])
        }
    }

    /// What a message means. Nil for one that means nothing to a pipeline, or comes after its end.
    mutating func receive(_ message: Message, decoder: CLIXMLDecoder) throws(ProtocolViolation) -> PipelineEvent? {
        guard !hasEnded else { return nil }
        let value: PSValue
        do {
            value = try message.value(decoder: decoder)
        } catch {
            // Without its state a pipeline never ends for us; anything else may be lost without harm to the rest.
            guard message.type != .pipelineState else { throw .undecodable(message.type, error) }
            return .undecodable(message.type, error)
        }
        switch message.type {
        case .pipelineOutput: return .output(value)
        case .pipelineHostCall: return .hostCall(try HostCall(value, type: message.type))
        case .pipelineState: return receive(try PipelineReport(value))
        default: return StreamRecord(value, type: message.type).map(PipelineEvent.record)
        }
    }

    private mutating func receive(_ report: PipelineReport) -> PipelineEvent {
        let outcome: PipelineOutcome
        switch report.state {
        case .completed: outcome = .completed
        case .stopped: outcome = .stopped(report.error)
        case .failed: outcome = .failed(report.error)
        case .notStarted, .running, .stopping, .disconnected: return .progressed(report.state)
        }
        state = .ended(outcome)
        return .ended(outcome)
    }
}
