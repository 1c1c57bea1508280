import UsherCore

// Where a bug is put between the world and the broker.
extension World {
    /// The event as a broken broker would hear it; nil for one that it does not.
    func bent(_ event: Event) -> Event? {
        switch (sabotage, event) {
        case (.losesClientLeft, .clientLeft), (.losesConsoleClosed, .consoleClosed),
            (.sleepsThroughDeadlines, .timePassed):
            nil
        case (.ignoresForeign, .entranceFound(let id, .some)): .entranceFound(id, nil)
        case (.mistakesCallers, .request(let call, let caller, .invoke(let session, let name))):
            .request(call, taken(caller, for: session), .invoke(session, name))
        default: event
        }
    }

    /// Whoever asks, it is the owner who is taken to ask.
    private func taken(_ caller: Caller, for session: SessionReference) -> Caller {
        let owner = Books(of: commit.broker, at: clock.now).sessions.first { session.matches($0.identity.id) }?.identity
        guard let owner else { return caller }
        return Caller(
            uid: owner.owner, groups: caller.groups, connection: caller.connection, user: owner.user, pid: caller.pid)
    }

    /// What a broken broker makes of the journal.
    func bent(_ contents: JournalContents) -> JournalContents {
        var contents = contents
        switch sabotage {
        case .forgetsAtRestart: contents.sessions = Array(contents.sessions.dropFirst())
        case .adoptsWhatRuns:
            contents.sessions = contents.sessions.map { record in
                SessionRecord(
                    identity: record.identity, lease: record.lease, lastUsed: record.lastUsed,
                    invocations: record.invocations, shell: record.shell, mayRun: false, end: record.end)
            }
        default: break
        }
        return contents
    }

    /// The effects as a broken broker would order them.
    func bent(_ effects: [Effect]) -> [Effect] {
        switch sabotage {
        case .answersTwice:
            effects.flatMap { effect in if case .answer = effect { [effect, effect] } else { [effect] } }
        default: effects
        }
    }

    /// The records that a broken broker has written.
    func bent(_ batch: [Record]) -> [Record] {
        guard sabotage == .keepsEndsToItself else { return batch }
        return batch.filter { record in if case .ended = record { false } else { true } }
    }

    /// Goes on as if the disk had answered.
    mutating func grantBeforeCommit() {
        guard disk.out == nil, let batch = commit.nextBatch(at: clock.now) else { return }
        let (next, effects) = commit.committed(at: clock.now)
        perform(effects)
        journal.apply(batch)
        if let next { write(next) }
    }

    /// Sends the pipelines of a batch that is on its way to the disk.
    mutating func sendBeforeCommit(_ batch: [Record]) {
        for case .invoking(let id, let invocation, _) in batch {
            startInvocation(id, InvocationID(invocation), CallID(.max))
        }
    }

    // MARK: what is counted

    /// Notes which state the disk's answer meets.
    mutating func note(_ record: Record) {
        switch record {
        case .taken(let session): note(.seatTaken(session.identity.id))
        case .opened(let id, _): note(.shellTaken(id))
        case .leaseChanged(let id, _, _): note(.leaseTaken(id, for: CallID(0)))
        case .invoking(let id, let count, _): note(.invocationTaken(id, InvocationID(count)))
        case .used(let id, let count, _): note(.idleTaken(id, InvocationID(count)))
        case .closing, .unconfirmed, .ordered, .foreignEnded, .locked, .unlocked, .ended, .held, .pruned: break
        }
    }

    /// Notes which state an event meets.
    mutating func note(_ event: Event) {
        guard let (name, sessions) = commit.broker.subject(of: event) else { return }
        for session in sessions { coverage.note(session, name) }
    }
}
