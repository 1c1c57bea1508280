internal import NIOCore
internal import UsherCore
internal import UsherStore

/// The one owner of the broker.
///
/// It lives on the event loop of the socket, so a request is decided where it was read, without a hop: an event is
/// handled, what it orders is performed, and one commit takes what is to be recorded. While the journal's thread writes
/// that, the next batch gathers; under load that is what makes batches large.
///
/// Only for use on its event loop, which is what makes it safe to share: `@unchecked` rests on the preconditions
/// in `submit` and `written`, the two ways in.
final class BrokerLoop: @unchecked Sendable {
    private let eventLoop: any EventLoop
    private let clock: Clock
    private let writer: JournalWriter
    private let log: SessionLog
    private var commit: GroupCommit
    private let performer: any EffectPerformer

    private var queue: [Event] = []
    private var isDraining = false
    private var isTurnEndAwaited = false
    private var alarm: (at: Moment, scheduled: Scheduled<Void>)?
    /// Set at the end: no event gets in any more, only what is to be written still gets out.
    private var whenClean: EventLoopPromise<Void>?
    private var journalTrouble: String?

    /// How long after a failed reading of the journal the next one is tried.
    private static let readAgainAfter = TimeAmount.seconds(1)

    init(
        rules: Rules, eventLoop: any EventLoop, clock: Clock, writer: JournalWriter, log: SessionLog,
        performer: any EffectPerformer
    ) {
        self.eventLoop = eventLoop
        self.clock = clock
        self.writer = writer
        self.log = log
        self.performer = performer
        commit = GroupCommit(broker: Broker(rules: rules))
    }

    /// The broker as of the last event, for questions that change nothing.
    var broker: Broker { commit.broker }

    /// Takes one event and handles it, unless it comes from something that is being performed: then it is next.
    func submit(_ event: Event) {
        eventLoop.preconditionInEventLoop()
        guard whenClean == nil else { return }
        queue.append(event)
        if !isDraining { drain() }
    }

    /// Reads the journal and lets the broker begin; where that fails, says so and tries again until it succeeds.
    /// `consoles` finds the login sessions of what was held. The future is done after the first try.
    func readJournal(consoles: @escaping @Sendable (JournalContents) -> [SessionID: Console]) -> EventLoopFuture<Void> {
        let tried = eventLoop.makePromise(of: Void.self)
        writer.read { [self] result in
            eventLoop.execute { [self] in
                switch result {
                case .success(var contents):
                    contents.consoles = consoles(contents)
                    submit(.journalRead(contents))
                    troubled(nil)
                case .failure(let trouble):
                    troubled(trouble.description)
                    eventLoop.scheduleTask(in: Self.readAgainAfter) { [self] in _ = readJournal(consoles: consoles) }
                }
                tried.succeed()
            }
        }
        return tried.futureResult
    }

    /// Lets no further event in, writes what is left, and is done when it is durable or has failed.
    func finish() -> EventLoopFuture<Void> {
        let promise = eventLoop.makePromise(of: Void.self)
        drain()
        whenClean = promise
        write(at: clock.now + GroupCommit.linger)
        return promise.futureResult
    }

    private func drain() {
        isDraining = true
        defer { isDraining = false }
        // Before anything is performed, so that the journal has its batch before replies are sent.
        if !isTurnEndAwaited {
            isTurnEndAwaited = true
            eventLoop.execute { [self] in turnEnded() }
        }
        let now = clock.now
        if let due = commit.broker.nextDeadline, due <= now { queue.append(.timePassed) }
        // A reply may let the next call of its client in; that belongs to this batch.
        var handled = 0
        while handled < queue.count {
            perform(commit.handle(queue[handled], at: now))
            handled += 1
        }
        queue.removeAll(keepingCapacity: true)
    }

    /// All that the loop had to read in this turn is handled: that is one batch.
    private func turnEnded() {
        isTurnEndAwaited = false
        // `finish` writes what is left by itself.
        guard whenClean == nil else { return }
        write(at: clock.now)
        performer.settled(self)
    }

    private func perform(_ effects: [Effect]) {
        for effect in effects { performer.perform(effect) }
    }

    private func write(at now: Moment) {
        if let records = commit.nextBatch(at: now) { send(records) }
        if let whenClean, commit.isClean { return whenClean.succeed() }
        setAlarm()
    }

    private func send(_ records: [Record]) {
        let sessions = log.sessions(of: records, commit.broker)
        writer.write(records) { [self] result in
            eventLoop.execute { [self] in written(records, result) }
            if case .success = result { log.note(records, sessions) }
        }
    }

    private func written(_ records: [Record], _ result: Result<Void, JournalTrouble>) {
        eventLoop.preconditionInEventLoop()
        let now = clock.now
        isDraining = true
        switch result {
        case .success:
            let (next, effects) = commit.committed(at: now)
            if let next { send(next) }
            perform(effects)
            performer.journalWrote(records, commit.broker)
            troubled(nil, report: false)
        case .failure(let trouble):
            troubled(trouble.description, report: false)
            if let whenClean { return whenClean.succeed() }
            perform(commit.failed(trouble.description, at: now))
        }
        if whenClean == nil { drain() } else { write(at: now + GroupCommit.linger) }
    }

    /// Says once what is wrong with the journal, and once that it is over.
    private func troubled(_ trouble: String?, report: Bool = true) {
        guard trouble != journalTrouble else { return }
        journalTrouble = trouble
        performer.journalTroubled(trouble)
        if report { submit(.journalTroubled(trouble)) }
    }

    /// Wakes up when the broker or the next commit has something to do by itself.
    private func setAlarm() {
        guard let next = commit.askDeadline() else { return }
        if let alarm, alarm.at <= next { return }
        alarm?.scheduled.cancel()
        let delay = TimeAmount.nanoseconds(max(0, next.nanoseconds - clock.now.nanoseconds))
        let scheduled = eventLoop.scheduleTask(in: delay) { [self] in
            alarm = nil
            drain()
        }
        alarm = (next, scheduled)
    }
}

/// Whoever does what the broker orders, on the broker's event loop.
protocol EffectPerformer: AnyObject {
    func perform(_ effect: Effect)
    /// These are durable.
    func journalWrote(_ records: [Record], _ broker: Broker)
    /// All events there were are handled.
    func settled(_ loop: BrokerLoop)
    /// The journal cannot be used, nil when it can again.
    func journalTroubled(_ trouble: String?)
}
