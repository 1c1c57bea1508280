/// What became of a pipeline.
public enum InvocationEnd: Hashable, Sendable {
    case done(InvocationReport)
    /// It may have run, or in part: the connection broke. The session is of no more use.
    case uncertain(String)
    /// It did not run, for the tenant did not take it.
    case notRun(OpeningStage, String)
    /// It did not run, for the way to the tenant could not be found again.
    case notReached(OpenFailure)
    /// One object was too large to be handed on.
    case outputTooLarge(limitBytes: Int, property: String?)
}

/// How a pipeline ended.
public struct InvocationReport: Hashable, Sendable {
    public let outcome: Outcome
    /// Error records written.
    public let errors: Int

    public enum Outcome: String, Hashable, Sendable, CaseIterable {
        case completed
        case failed
        case stopped
    }

    public init(_ outcome: Outcome = .completed, errors: Int = 0) {
        self.outcome = outcome
        self.errors = errors
    }
}
