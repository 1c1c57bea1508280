/// What a fault means to a broker, and to the person behind it. Closed, so that each gets its reaction and its words.
public enum FaultClass: Hashable, Sendable {
    // One shell too many.

    /// This user's shells; the limit where the text tells it.
    case quotaUser(limit: Int?)
    /// All shells of the organization.
    case quotaTenant(limit: Int?)
    /// Exchange's throttling policy, with its own words for what is counted (`MaxConcurrency`). It refuses after the
    /// shell was made, so that there is one to delete.
    case quotaExchange(active: Int?, allowed: Int?, party: String?)
    /// Too many different users have shells there.
    case quotaUsers
    /// The endpoint or the machine is full, whoever asks.
    case quotaEndpoint
    /// A quota, and nothing says which.
    case quotaUnspecified

    // Too much of something else.

    /// Requests under way at once: Receives or unterminated commands were leaked, or others are many.
    case operationsQuota
    /// Commands in this shell. Some builds count finished ones too: the shell has to be replaced.
    case commandsQuota
    /// Slow down; for how long the service held us back, where it says.
    case throttled(delay: Duration?)

    // It is not there.

    /// No such shell. Behind a load balancer it may be on another machine.
    case shellGone
    /// No such command in the shell.
    case commandGone
    /// The shell is not spoken of in the way this machine expects; behind a load balancer often the wrong machine.
    case badSelectors
    /// What we waited for was closed: the shell, the command or the service is on its way out.
    case aborted
    /// The shell was disconnected under a Receive, by us or by another client.
    case streamDisconnected
    /// The id that we chose is taken.
    case identifierInUse

    // They do not want us.

    /// Known, and not allowed; a token that ran out looks the same.
    case accessDenied
    /// Name or password are wrong.
    case logonFailed
    /// An account like any other, without the role that this service asks for.
    case notAnAdministrator
    /// Remote shells are switched off for this organization or machine.
    case remotingDisabled
    /// There is no such session configuration.
    case resourceUnknown
    /// To be asked elsewhere; where, if the fault says.
    case redirected(location: String?)

    // Sizes, times and mistakes.

    /// A request or an answer is larger than one side takes.
    case envelopeTooLarge
    /// OperationTimeout passed. For a Receive: nothing to say yet, and nothing lost.
    case pollTimedOut
    /// They cannot read what we sent: a mistake of ours.
    case malformedRequest
    /// Their side broke.
    case pluginFailure
    /// The service is stopping.
    case shuttingDown
    /// None of these.
    case unknown(code: UInt32?, text: String)

    /// Whether one shell fewer, of ours or somebody's, may help.
    public var isShellQuota: Bool {
        switch self {
        case .quotaUser, .quotaTenant, .quotaExchange, .quotaUsers, .quotaEndpoint, .quotaUnspecified: true
        default: false
        }
    }
}
