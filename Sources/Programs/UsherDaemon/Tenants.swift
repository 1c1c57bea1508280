internal import UsherCore

/// The other side of a seat. Every order is answered by an event, in whatever time that takes.
protocol Tenant: AnyObject {
    /// Builds the connection: `sessionOpened` or `openFailed` follows.
    func open(_ identity: SessionIdentity)
    /// Ends the session, also one that is being opened: `sessionClosed` or `closeFailed` follows.
    func close(_ identity: SessionIdentity)
}

/// The tenants by the kind of what a seat stands for.
final class Tenants {
    private let seats: SeatsOnly
    private let shells: NoShells

    init(report: @escaping (Event) -> Void) {
        seats = SeatsOnly(report: report)
        shells = NoShells(report: report)
    }

    func open(_ identity: SessionIdentity) { tenant(of: identity).open(identity) }

    func close(_ identity: SessionIdentity) { tenant(of: identity).close(identity) }

    private func tenant(of identity: SessionIdentity) -> any Tenant {
        switch identity.kind {
        case .seats: seats
        case .shells: shells
        }
    }
}

/// A tenant to which nothing of ours connects (`protocol: none`): a seat is open once it is taken, and gone once it is
/// given back.
private final class SeatsOnly: Tenant {
    private let report: (Event) -> Void

    init(report: @escaping (Event) -> Void) { self.report = report }

    func open(_ identity: SessionIdentity) { report(.sessionOpened(identity.id)) }

    func close(_ identity: SessionIdentity) { report(.sessionClosed(identity.id)) }
}

/// Remote shells, which this version does not open. It says so instead of taking seats for nothing.
private final class NoShells: Tenant {
    private let report: (Event) -> Void

    init(report: @escaping (Event) -> Void) { self.report = report }

    func open(_ identity: SessionIdentity) {
        let message = "this version of usherd serves tenants with protocol: none; it opens no remote shells yet"
        report(.openFailed(identity.id, OpenFailure(message: message, leftNothing: true)))
    }

    func close(_ identity: SessionIdentity) { report(.sessionClosed(identity.id)) }
}
