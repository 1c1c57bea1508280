public import CLIXML

/// PIPELINE_STATE (MS-PSRP 2.2.2.21).
public struct PipelineReport: MessageBody {
    /// The state.
    public var state: State
    /// Why it failed or was stopped.
    public var error: ErrorRecord?

    /// The states of a pipeline (2.2.3.5). Windows sends only the last one a pipeline comes to.
    public enum State: Int32, Sendable {
        case notStarted = 0
        case running = 1
        case stopping = 2
        case stopped = 3
        case completed = 4
        case failed = 5
        case disconnected = 6
    }

    public static let type = MessageType.pipelineState

    /// A report.
    public init(_ state: State, error: ErrorRecord? = nil) {
        self.state = state
        self.error = error
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        state = try Self.required("PipelineState", in: value) { number in
            number.integer.flatMap(Int32.init(exactly:)).flatMap(State.init(rawValue:))
        }
        error = value["ExceptionAsErrorRecord"]?.unlessNull.map { ErrorRecord($0) }
    }

    public var value: PSValue? {
        guard let error else { return .properties(["PipelineState": .int32(state.rawValue)]) }
        return .properties(["PipelineState": .int32(state.rawValue), "ExceptionAsErrorRecord": error.value])
    }
}
