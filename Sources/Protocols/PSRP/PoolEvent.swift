public import CLIXML

/// What a pool learns from its server.
public enum PoolEvent: Hashable, Sendable {
    /// The server has told what it can do; the versions are those of the lower of both sides.
    case negotiated(SessionCapability)
    /// What the server says of itself, its version for instance.
    case privateData(ApplicationPrivateData)
    /// Pipelines can be run.
    case opened
    /// The server closed the pool. There will be nothing more.
    case closed
    /// The pool is broken. There will be nothing more.
    case broken(ErrorRecord?)
    /// The numbers of a pool that was taken over.
    case runspaces(RunspacePoolInitData)
    /// The answer to a question about runspaces.
    case availability(RunspaceAvailability)
    /// Something happened at the server that somebody subscribed to.
    case userEvent(UserEvent)
    /// The server wants our public key before it goes on.
    case publicKeyRequested
    /// The session key, encrypted with our public key.
    case sessionKey(EncryptedSessionKey)
    /// The pool calls the host.
    case hostCall(HostCall)
    /// The pool writes to a stream without a pipeline, a warning about throttling for instance.
    case record(StreamRecord)
    /// Something happened to a pipeline.
    case pipeline(PSGuid, PipelineEvent)
    /// A message that nobody here knows, or for a pipeline that has ended or never was. To be told to operators.
    case stray(Message)
}

/// What a pipeline learns from its server.
public enum PipelineEvent: Hashable, Sendable {
    /// An object of the output.
    case output(PSValue)
    /// A record of another stream.
    case record(StreamRecord)
    /// The pipeline calls the host, and waits when the call wants an answer.
    case hostCall(HostCall)
    /// The server tells a state that is not the last.
    case progressed(PipelineReport.State)
    /// The pipeline has ended. Nothing more follows; the command has still to be terminated.
    case ended(PipelineOutcome)
    /// A message that cannot be read. The framing is whole, so the session goes on; what was in it is lost.
    case undecodable(MessageType, CLIXMLError)
}

/// How a pipeline ended.
public enum PipelineOutcome: Hashable, Sendable {
    /// It came to its end, perhaps with errors on the way.
    case completed
    /// It was stopped.
    case stopped(ErrorRecord?)
    /// An error ended it.
    case failed(ErrorRecord?)
}
