public import CLIXML

/// What a person answers to a question of a pipeline.
public struct HostReply: Sendable {
    /// Nil: nobody will answer this.
    public let value: PSValue?
    public let secrets: SecretTable

    public init(_ value: PSValue?, secrets: SecretTable = SecretTable()) {
        self.value = value
        self.secrets = secrets
    }
}

/// Objects for a pipeline.
public struct PipelineInput: Sendable {
    public let values: [PSValue]
    public let secrets: SecretTable
    /// Whether nothing comes after them.
    public let isLast: Bool

    public init(_ values: [PSValue], secrets: SecretTable = SecretTable(), isLast: Bool) {
        self.values = values
        self.secrets = secrets
        self.isLast = isLast
    }
}

/// What is sent to a pipeline that runs.
public enum Sending: Sendable {
    /// To a question, by the id of its call.
    case answer(Int64, HostReply)
    case input(PipelineInput)
}

/// What became of an answer, or of objects for a pipeline.
public enum Delivery: Hashable, Sendable {
    /// The tenant has it.
    case done
    /// Nothing runs that waits for it.
    case nobodyWaits
    /// That is no answer to what was asked.
    case unfit
}
