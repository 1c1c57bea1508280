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
    public private(set) var weather: Weather
    /// Nobody asks for anything any more.
    var isClosingUp = false
    /// What is wrong with the broker of this world, to see whether anybody notices.
    public let sabotage: Sabotage?
    public internal(set) var coverage = Coverage()
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
    /// What the tenant listed last, for whom and when.
    var told: [Account: (at: Moment, foreign: Int)] = [:]
    /// The invocations that were sent.
    var sent: Set<Sent> = []
    /// How many sessions an account may have, by the tenant's own word, and until when.
    var lowerLimit: (limit: Int, until: Moment) = (0, .start)
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

    struct Sent: Hashable, Sendable {
        let session: SessionID
        let invocation: InvocationID
    }

    /// How rough it is.
    public struct Weather: Sendable {
        public var diskFails = 0
        public var diskHangs = 0
        public var tenantIsSlow = 0
        public var answersAreLost = 0
        public var tenantLies = 0
        public var tenantIsAway = 0
        public var othersOpen = 0
        /// All shells of a tenant are gone at once.
        public var tenantRestarts = 0
        /// The tenant's own limit is below ours for a while.
        public var limitIsLower = 0
        /// Of ten thousand effects, after so many the daemon dies before the next one.
        public var crashes = 0
        public var daemonDies = 0
        public var rulesChange = 0
        public var clockJumps = 0

        public static let fair = Weather()
        public static let rough = Weather(
            diskFails: 8, diskHangs: 3, tenantIsSlow: 20, answersAreLost: 12, tenantLies: 5, tenantIsAway: 2,
            othersOpen: 10, tenantRestarts: 1, limitIsLower: 3, crashes: 5, daemonDies: 1, rulesChange: 2, clockJumps: 1
        )
    }

    public init(seed: UInt64, weather: Weather, sabotage: Sabotage? = nil, rules: Rules = .simulated) {
        self.seed = seed
        self.sabotage = sabotage
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

    /// Lets a life end in peace: nobody comes any more, nothing goes wrong, and every seat has to come back or be accounted
    /// for. Whatever runs at a tenant ends by itself within hours.
    public mutating func closeUp() {
        weather = .fair
        awayUntil = clock.now
        lowerLimit = (0, clock.now)
        isClosingUp = true
        for connection in connections.sorted(by: { $0.rawValue < $1.rawValue }) { leave(connection) }
        for console in openConsoles.sorted(by: { $0.id < $1.id }) {
            openConsoles.remove(console)
            feed(.consoleClosed(console))
        }
        let end = clock.now + .hours(30)
        var left = 20_000
        while faults.isEmpty, left > 0, clock.now < end, !isAccountedFor {
            step()
            left -= 1
        }
        guard faults.isEmpty else { return }
        for session in unaccounted {
            faults.append("\(session.identity.id) is \(session.state) long after everybody left")
        }
        let open = journal.begun.subtracting(journal.ends.keys).subtracting(journal.withdrawn).subtracting(
            journal.live.keys)
        if let id = open.min() { faults.append("\(id) began and has no end") }
    }

    /// What should be gone by now: all but what no rule ends, and what a tenant that no rule knows still counts.
    private var unaccounted: [SessionView] {
        Books(of: commit.broker, at: clock.now).sessions.filter { session in
            switch session.state {
            case .unconfirmed: false
            default: session.lease != .detached || session.freesIn != nil
            }
        }
    }

    private var isAccountedFor: Bool { hasReadJournal && commit.isClean && unaccounted.isEmpty }

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
        guard let event = bent(event) else { return }
        history.add(clock.now, event)
        events += 1
        note(event)
        perform(commit.handle(event, at: clock.now))
        if sabotage == .grantsBeforeCommit { grantBeforeCommit() }
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
        let contents = bent(journal.read(consoles: found))
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
        for session in commit.broker.stateOfSessions { coverage.note(session.state, "crash") }
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
