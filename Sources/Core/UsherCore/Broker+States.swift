// The states of sessions by their names, for those who count what came about.

extension Broker {
    /// Every state, in the order of a life. `none` is a session that is not on the books.
    public static let stateNames = [
        "none", "taking", "approaching", "creating", "opened", "ready", "taken", "overdue", "running", "settling",
        "closing", "unconfirmed",
    ]

    /// Each session and the name of its state, oldest first.
    public var stateOfSessions: [(id: SessionID, state: String)] {
        sessions.values.map { ($0.id, $0.stateName) }.sorted { $0.id < $1.id }
    }

    /// What kind of event it is, and the states of the sessions that it is about. Nil for one that is about none.
    public func subject(of event: Event) -> (event: String, states: [String])? {
        func one(_ name: String, _ id: SessionID) -> (String, [String]) { (name, [sessions[id]?.stateName ?? "none"]) }
        func named(_ name: String, _ reference: SessionReference) -> (String, [String]) {
            one(name, SessionID(reference.description) ?? .first)
        }
        switch event {
        case .seatTaken(let id): return one("seatTaken", id)
        case .seatRefused(let id, _): return one("seatRefused", id)
        case .seatUnknown(let id, _): return one("seatUnknown", id)
        case .leaseTaken(let id, _): return one("leaseTaken", id)
        case .shellTaken(let id): return one("shellTaken", id)
        case .invocationTaken(let id, _): return one("invocationTaken", id)
        case .idleTaken(let id, _): return one("idleTaken", id)
        case .sessionOpened(let id, _): return one("sessionOpened", id)
        case .openFailed(let id, _): return one("openFailed", id)
        case .entranceFound(let id, _): return one("entranceFound", id)
        case .sessionClosed(let id): return one("sessionClosed", id)
        case .closeFailed(let id, _): return one("closeFailed", id)
        case .sessionBroken(let id): return one("sessionBroken", id)
        case .invocationEnded(let id, _, _): return one("invocationEnded", id)
        case .request(_, _, .close(let session)): return named("close", session)
        case .request(_, _, .invoke(let session, _)): return named("invoke", session)
        case .request(_, _, .attach(let session, _)): return named("attach", session)
        case .request(_, _, .watch(let session)): return named("watch", session)
        case .request(_, _, .stopInvocation(let session, _)): return named("stopInvocation", session)
        case .request(_, _, .reachInvocation(let session, _)): return named("reachInvocation", session)
        case .clientLeft(let connection, _):
            return ("clientLeft", sessions.values.filter { $0.lease == .connection(connection) }.map(\.stateName))
        case .consoleClosed(let console):
            return ("consoleClosed", sessions.values.filter { $0.lease == .console(console) }.map(\.stateName))
        case .openingProgressed, .takingFailed, .journalTroubled, .journalRead, .closeWasAsked, .credentialGiven,
            .shellsListed, .foreignEnded, .rulesChanged, .stopAsked, .timePassed, .request:
            return nil
        }
    }
}

extension Session {
    fileprivate var stateName: String {
        switch state {
        case .taking: "taking"
        case .opening(let opening):
            switch opening.stage {
            case .approaching: "approaching"
            case .creating: "creating"
            case .opened: "opened"
            }
        case .ready: "ready"
        case .busy(let invocation):
            switch invocation.phase {
            case .taking: "taken"
            case .overdue: "overdue"
            case .running: "running"
            case .settling: "settling"
            }
        case .closing: "closing"
        case .unconfirmed: "unconfirmed"
        }
    }
}
