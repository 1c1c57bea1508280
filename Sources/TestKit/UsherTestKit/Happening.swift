import UsherCore

/// Something on its way. What is on its way to the daemon names the life it is meant for.
enum Happening: Sendable {
    case fact(Event, Int)
    case entranceFound(SessionIdentity, Int)
    case createArrives(SessionIdentity)
    case openAnswered(SessionID, Event, Int)
    case deleteArrives(SessionID, [Event], Int)
    case invocationEnds(SessionID, InvocationID, Int)
    case diskAnswers(Int)
    case journalWasRead(Int)
    case peopleAct
}

/// Happenings in the order of their moments; those of one moment in the order in which they were added.
struct HappeningQueue: Sendable {
    private var heap: [(at: Moment, number: Int, happening: Happening)] = []
    private var count = 0

    var next: Moment? { heap.last?.at }

    mutating func add(_ happening: Happening, at moment: Moment) {
        count += 1
        // The next one is last. There are never more than some dozens.
        let place = heap.lastIndex { $0.at > moment }.map { $0 + 1 } ?? 0
        heap.insert((moment, count, happening), at: place)
    }

    mutating func pop() -> (Happening, Moment)? { heap.popLast().map { ($0.happening, $0.at) } }

    /// A Create of this session that has not arrived.
    func create(of id: SessionID) -> SessionIdentity? {
        for entry in heap {
            if case .createArrives(let identity) = entry.happening, identity.id == id { return identity }
        }
        return nil
    }

    mutating func removeAll(_ matches: (Happening) -> Bool) { heap.removeAll { matches($0.happening) } }
}
