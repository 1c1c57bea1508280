internal import Logging
internal import Systemd
internal import UsherCore
internal import UsherTenant

/// Does what the broker orders. Each effect goes to the one edge that can do it.
final class EffectRunner: EffectPerformer {
    private let switchboard: Switchboard
    private let shells: RemoteTenants
    private let log: Logger
    private let statusLine: StatusLine
    private let stop: () -> Void

    init(
        switchboard: Switchboard, shells: RemoteTenants, log: Logger, statusLine: StatusLine, stop: @escaping () -> Void
    ) {
        self.switchboard = switchboard
        self.shells = shells
        self.log = log
        self.statusLine = statusLine
        self.stop = stop
    }

    func perform(_ effect: Effect) {
        switch effect {
        case .openSession(let identity): shells.open(identity)
        case .createShell(let identity): shells.create(identity)
        case .probeSession(let identity): shells.probe(identity)
        case .closeSession(let identity): shells.close(identity)
        case .listShells(let account, let owner): shells.list(account, for: owner)
        case .endForeign(let account, let shell, let owner): shells.end(shell, of: account, for: owner)
        case .startInvocation(let identity, let invocation, let call):
            let (work, output) = switchboard.pipeline(
                of: call, in: identity, makeRoom: shells.roomMaker(for: identity))
            shells.start(identity, invocation, work, output)
        case .stopInvocation(let identity, let invocation): shells.stop(identity, invocation)
        case .showCommands(let id, let call): switchboard.showCommands(of: id, to: call)
        case .answer(let call, let answer): switchboard.answer(call, answer)
        case .tell(let call, let news): switchboard.tell(call, news)
        case .stop: stop()
        case .takeSeat, .takeLease, .takeShell, .takeInvocation, .takeIdle, .record:
            preconditionFailure("The journal's share is taken out by GroupCommit")
        }
    }

    func journalWrote(_ records: [Record], _ broker: Broker) { switchboard.journalWrote(records, broker) }

    func settled(_ loop: BrokerLoop) { statusLine.show(loop) }

    func journalTroubled(_ trouble: String?) {
        if let trouble {
            log.error("\(trouble) No session is given out meanwhile; ending sessions works.")
        } else {
            log.notice("the journal works again")
        }
    }
}
