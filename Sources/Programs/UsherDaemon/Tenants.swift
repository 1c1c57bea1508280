internal import Logging
internal import UsherCore
internal import UsherTenant

/// The other side of a seat, by the kind of what it stands for. Every order is answered by an event, in whatever time that
/// takes.
final class Tenants {
    private let shells: RemoteTenants
    private let report: (Event) -> Void

    init(shells: RemoteTenants, report: @escaping (Event) -> Void) {
        self.shells = shells
        self.report = report
    }

    /// Builds the connection: `sessionOpened` or `openFailed` follows.
    func open(_ identity: SessionIdentity) {
        switch identity.kind {
        case .shells: shells.open(identity)
        // Nothing of ours connects (`protocol: none`): a seat is open once it is taken, and gone once it is given back.
        case .seats: report(.sessionOpened(identity.id))
        }
    }

    /// Asks for the shell, now that the entrance is found.
    func create(_ identity: SessionIdentity) { shells.create(identity) }

    /// Asks whether a session is still there: `sessionClosed` follows where it is not.
    func probe(_ identity: SessionIdentity) { shells.probe(identity) }

    /// Asks what is there: `shellsListed` follows.
    func list(_ account: Account, for owner: UserID) { shells.list(account, for: owner) }

    /// Ends what is not ours: `foreignEnded` follows.
    func end(_ shell: SeenShell, of account: Account, for owner: UserID) { shells.end(shell, of: account, for: owner) }

    /// Ends the session, also one that is being opened: `sessionClosed` or `closeFailed` follows.
    func close(_ identity: SessionIdentity) {
        switch identity.kind {
        case .shells: shells.close(identity)
        case .seats: report(.sessionClosed(identity.id))
        }
    }

    /// Takes over what an earlier life of the daemon held.
    func inherit(_ contents: JournalContents) {
        for session in contents.sessions where session.identity.kind == .shells {
            shells.inherit(session.identity, session.shell, life: contents.life)
        }
    }

    /// Runs a pipeline: `invocationEnded` follows.
    func start(
        _ identity: SessionIdentity, _ invocation: InvocationID, _ work: Work, _ output: any PipelineOutput
    ) {
        shells.start(identity, invocation, work, output)
    }

    func stop(_ identity: SessionIdentity, _ invocation: InvocationID) { shells.stop(identity, invocation) }

    /// Sends something to what runs; `done` is called once, from any thread.
    func send(
        _ sending: Sending, to invocation: InvocationID, in identity: SessionIdentity,
        _ done: @escaping @Sendable (Delivery) -> Void
    ) {
        shells.send(sending, to: invocation, in: identity, done)
    }

    func roomMaker(for identity: SessionIdentity) -> @Sendable () -> Void { shells.roomMaker(for: identity) }
}
