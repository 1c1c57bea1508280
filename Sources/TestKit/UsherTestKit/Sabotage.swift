/// A broker with a bug, to show that the world notices. The real one is left as it is: what it is told, or what it orders, is
/// bent on the way.
public enum Sabotage: String, CaseIterable, Sendable {
    /// A seat is freed when its end was asked for, not when it was confirmed.
    case freesBeforeConfirmation
    /// A grant is told before it is durable.
    case grantsBeforeCommit
    /// A pipeline is sent before it is durable that one may run.
    case sendsBeforeCommit
    /// A Create whose answer was lost is sent again.
    case createsAgain
    /// A command is sent a second time.
    case commandsAgain
    /// The idle clock runs while a pipeline does.
    case idlesWhileBusy
    /// The end of a client is lost.
    case losesClientLeft
    /// The end of a login session is lost.
    case losesConsoleClosed
    /// A restart forgets one of the sessions.
    case forgetsAtRestart
    /// A restart takes one in which something may run for one that idles.
    case adoptsWhatRuns
    /// What others hold at the tenant is not looked at.
    case ignoresForeign
    /// One user's request is taken for another's.
    case mistakesCallers
    /// Deadlines pass unnoticed.
    case sleepsThroughDeadlines
    /// A request is answered twice.
    case answersTwice
    /// Ends are not written down.
    case keepsEndsToItself
}
