public import PSRP

/// Where the records of a pipeline go. Called on the lane's thread, in order.
public protocol PipelineOutput: AnyObject, Sendable {
    /// Takes what the pipeline wrote.
    func take(_ events: [PipelineEvent]) -> Taken
    /// Whether more may come. When it may again after it might not, `RemoteTenants.outputHasRoom` says so.
    var hasRoom: Bool { get }
    /// The pipeline has ended; nothing more comes.
    func finish()
}

/// What became of records.
public enum Taken: Hashable, Sendable {
    case all
    /// One is too large to be handed on; nothing after it is wanted.
    case tooLarge(limitBytes: Int, property: String?)
}
