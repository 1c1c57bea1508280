/// Those who wait for a seat at one tenant.
///
/// A freed seat goes to the one whose admin holds fewest seats; among equals, first come first served. So someone who
/// asks ten times as often as the others gets no more than they do while they want something, and all that they leave.
struct WaitingLine: Hashable, Sendable {
    private(set) var waiters: [Waiter] = []

    var isEmpty: Bool { waiters.isEmpty }

    mutating func join(_ waiter: Waiter) { waiters.append(waiter) }

    /// Takes out those who match, and returns them in the order in which they came.
    mutating func leave(_ matches: (Waiter) -> Bool) -> [Waiter] {
        let leaving = waiters.filter(matches)
        if !leaving.isEmpty { waiters.removeAll(where: matches) }
        return leaving
    }

    /// Remembers what a waiter was told last.
    mutating func tell(_ call: CallID, _ told: Waiter.Told) {
        guard let place = waiters.firstIndex(where: { $0.asker.call == call }) else { return }
        waiters[place].told = told
    }

    /// Who waits because of this request of this user.
    func waiter(of request: RequestID, owner: UserID) -> Waiter? {
        waiters.first { $0.acquisition.request == request && $0.caller.uid == owner }
    }

    /// The order in which seats would go out now.
    func inOrder(held: (AdminName) -> Int) -> [Waiter] {
        waiters.map { (held: held($0.admin), waiter: $0) }
            .sorted { ($0.held, $0.waiter.arrival) < ($1.held, $1.waiter.arrival) }
            .map(\.waiter)
    }
}

/// One call in line.
struct Waiter: Hashable, Sendable {
    let asker: Asker
    let caller: Caller
    let admin: AdminName
    let acquisition: Acquisition
    let arrival: UInt64
    let since: Moment
    let until: Moment
    /// False for one who did not ask to wait and stands here only until a warm session has made room.
    let asked: Bool
    /// The tenant has turned him away, whatever our books say of room: he is not tried again before this.
    var notBefore: Moment?
    var told: Told?

    struct Told: Hashable, Sendable {
        let position: Int
        let at: Moment
    }

    /// Every waiter hears something at least this often, because clients give up on a silent service.
    static let heartbeat = Duration.seconds(15)

    /// When somebody must look at it again.
    var deadline: Moment { asked ? min(until, (told?.at ?? since) + Self.heartbeat) : until }
}
