public import UsherCore

/// A whole world from one seed: people, tenants, a disk and a daemon that dies, around the real broker and the real
/// group commit.
///
/// Everything that takes time is a happening in one queue. `step` lets the next one happen, performs what the broker
/// orders because of it, and then asks whether the contract still holds. Nothing here waits, and nothing is random
/// but what the seed gives, so a seed that failed fails again.
public struct World: Sendable {
    public let seed: UInt64
    /// What may go wrong in this world.
    public let weather: Weather
    public internal(set) var clock = ManualClock()
    /// What contradicts the contract. Empty, or the world stands still.
    public internal(set) var faults: [String] = []
    public internal(set) var history = History()
    public internal(set) var steps = 0
    /// The events the broker was told.
    public internal(set) var events = 0
    /// What came about, so that a test can tell that something did.
    public internal(set) var tally: [String: Int] = [:]

    var random: SeededRandom
    var commit: GroupCommit
    var rules: Rules
    var queue = HappeningQueue()
    /// Counts the lives of the daemon. What was on its way to an earlier one never arrives.
    var life = 0
    var hasReadJournal = false

    var journal = JournalModel()
    var disk = Disk()
    var tenant = FakeTenant()
    /// Until then nothing reaches the tenant.
    var awayUntil = Moment.start
    var links: [SessionID: Link] = [:]
    var opened: Set<SessionID> = []
    /// The sessions on the books after the last step, and the highest one there ever was.
    var seated: Set<SessionID> = []
    var lastSeated = SessionID(number: 0)
    var people: [Person] = []
    /// The calls that wait for their answer, of clients that are there.
    var calls: [CallID: Call] = [:]
    /// The calls of clients that are gone.
    var abandoned: [CallID: Call] = [:]
    var answered: Set<CallID> = []
    var connections: Set<ConnectionID> = []
    var openConsoles: Set<Console> = []
    var holders: [SessionID: ConnectionID] = [:]
    var consoles: [SessionID: Console] = [:]
    var lastConnection: UInt64 = 100
    var lastConsole: UInt64 = 0
    var lastCall: UInt64 = 0
    var lastRequest = 0

    /// How rough it is.
    public struct Weather: Sendable {
        public var diskFails = 0
        public var diskHangs = 0
        public var tenantIsSlow = 0
        public var answersAreLost = 0
        public var tenantLies = 0
        public var tenantIsAway = 0
        public var othersOpen = 0
        public var daemonDies = 0
        public var rulesChange = 0
        public var clockJumps = 0

        public static let fair = Weather()
        public static let rough = Weather(
            diskFails: 8, diskHangs: 3, tenantIsSlow: 20, answersAreLost: 12, tenantLies: 5, tenantIsAway: 2,
            othersOpen: 10, daemonDies: 1, rulesChange: 2, clockJumps: 1)
    }

    public init(seed: UInt64, weather: Weather, rules: Rules = .simulated) {
        self.seed = seed
        self.weather = weather
        self.rules = rules
        random = SeededRandom(seed: seed)
        commit = GroupCommit(broker: Broker(rules: rules))
        for index in 0..<14 { people.append(Person(index: index, connection: nextConnection())) }
        start()
        queue.add(.peopleAct, at: clock.now)
    }

    /// Lets so many things happen, or stops at the first fault.
    public mutating func run(_ steps: Int) {
        for _ in 0..<steps where faults.isEmpty { step() }
    }

    /// The next thing that happens.
    mutating func step() {
        steps += 1
        if let deadline = commit.nextDeadline, deadline <= (queue.next ?? deadline) {
            clock.advance(to: deadline)
            letTimePass()
            writeSome()
        } else if let (happening, moment) = queue.pop() {
            clock.advance(to: moment)
            happen(happening)
        }
    }

    /// Calls the broker for what is due. After a sleep one deadline that is over may lead to another one; that has an
    /// end.
    private mutating func letTimePass() {
        for _ in 1...4 {
            guard let due = commit.broker.nextDeadline, due <= clock.now else { return }
            feed(.timePassed)
        }
        faults.append("the broker wants to be called again and again in the same moment")
    }

    private mutating func happen(_ happening: Happening) {
        switch happening {
        case .fact(let event, life): feed(event)
        case .createArrives(let identity):
            tenant.createArrives(identity, at: clock.now)
            links[identity.id]?.hasArrived = true
        case .entranceFound(let identity, life): entranceFound(identity)
        case .openAnswered(let id, let event, life): openAnswered(id, event)
        case .deleteArrives(let id, let facts, let from):
            tenant.deleteArrives(id)
            if from == life { for fact in facts { feed(fact) } }
        case .invocationEnds(let id, let invocation, life):
            feed(.invocationEnded(id, invocation))
        case .diskAnswers(life): diskAnswers()
        case .journalWasRead(life): readJournal()
        case .peopleAct: peopleAct()
        case .fact, .entranceFound, .openAnswered, .invocationEnds, .diskAnswers, .journalWasRead: break
        }
        writeSome()
    }

    /// Hands one event to the broker and does what it orders.
    mutating func feed(_ event: Event) {
        history.add(clock.now, event)
        events += 1
        perform(commit.handle(event, at: clock.now))
        check()
    }

    // MARK: the life of the daemon

    /// Starts the daemon: it reads the journal in a moment, and takes requests before that.
    mutating func start() {
        hasReadJournal = false
        commit = GroupCommit(broker: Broker(rules: rules))
        queue.add(.journalWasRead(life), at: clock.now + random.span(.milliseconds(1), .seconds(3)))
    }

    private mutating func readJournal() {
        // Some login sessions are found again, the others ended in the meantime.
        var found: [SessionID: Console] = [:]
        for (id, console) in consoles.sorted(by: { $0.key < $1.key })
        where openConsoles.contains(console) && journal.live[id]?.lease == Lease.recordOf(console) {
            if random.chance(70) { found[id] = console }
        }
        consoles = found
        holders = [:]
        let contents = journal.read(consoles: found)
        seated = Set(contents.sessions.map(\.identity.id))
        // An id that never became durable may be given out again: nobody could do anything with it.
        lastSeated = journal.begun.max() ?? SessionID(number: 0)
        history.add(clock.now, "the journal holds \(contents.sessions.map(\.identity.id))")
        hasReadJournal = true
        feed(.journalRead(contents))
    }

    /// The daemon is gone, in whatever state it was. A commit that was out took place or did not.
    mutating func die(_ how: String) {
        history.add(clock.now, "the daemon \(how)")
        tally[how, default: 0] += 1
        if let batch = disk.out, random.chance(50) { journal.apply(batch) }
        disk = Disk()
        life += 1
        calls = [:]
        abandoned = [:]
        connections = []
        seated = []
        // What was on its way to the tenant arrives now or never.
        for (_, link) in links.sorted(by: { $0.key < $1.key }) {
            if case .sent(let identity) = link.create, !link.hasArrived, random.chance(50) {
                tenant.createArrives(identity, at: clock.now)
            }
        }
        links = [:]
        queue.removeAll { if case .createArrives = $0 { true } else { false } }
        for index in people.indices { people[index].connection = nextConnection() }
        clock.advance(by: random.span(.milliseconds(10), .minutes(2)))
        start()
    }

    mutating func nextConnection() -> ConnectionID {
        lastConnection += 1
        return ConnectionID(lastConnection)
    }
}

extension Lease {
    /// What the journal says of a console.
    static func recordOf(_ console: Console) -> LeaseRecord {
        .console(leader: console.leader, startTicks: console.startTicks)
    }
}
