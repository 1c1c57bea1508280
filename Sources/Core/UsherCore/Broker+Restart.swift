// Coming back: a restart is a normal event. What the journal holds is on the books again before anything is given
// out, because the tenant never stopped counting it.

extension Broker {
    /// How long those whose connection or console ended with the daemon have to come back (contract, section 3).
    static let attachDeadline = Duration.seconds(15)

    mutating func restore(_ contents: JournalContents) {
        guard !hasReadJournal else { return }
        hasReadJournal = true
        nextSession = max(nextSession, contents.nextSession)
        for past in contents.ended {
            ended.append(past)
            skipIDs(before: past.identity.id.next)
        }
        for record in contents.sessions {
            let identity = record.identity
            guard sessions[identity.id] == nil else { continue }
            ledger.take(identity.id, by: identity.admin, at: identity.tenant)
            var session = Session(
                identity: identity, lastUsed: record.lastUsed,
                lease: lease(of: record, contents.consoles[identity.id]), state: .ready(since: record.lastUsed),
                invocations: record.invocations)
            // Whether something still runs there is known only once a pipeline of ours has ended in it.
            session.mayRun = identity.kind == .shells
            session.shell = record.shell
            if identity.kind == .shells, record.shell == nil, record.end == nil {
                // It was being opened when we died, and nobody knows how far that came: it is to be deleted under the
                // id that we had chosen for it.
                let freesAt = forgottenAt(session, lastActivity: now)
                session.state = .unconfirmed(
                    Session.Unconfirmed(reason: .lostAtRestart, attempts: 0, retryAt: now, freesAt: freesAt))
                effects.append(.record(.unconfirmed(identity.id, .lostAtRestart, freesAt: freesAt, at: now)))
            }
            if let end = record.end {
                let unconfirmed = Session.Unconfirmed(
                    reason: end.reason, attempts: 0, retryAt: now, freesAt: end.freesAt)
                session.state = .unconfirmed(unconfirmed)
            }
            sessions[identity.id] = session
            skipIDs(before: identity.id.next)
            touch(identity.tenant)
        }
        nextPruning = now
        look(at: now)
    }

    private func lease(of record: SessionRecord, _ console: Console?) -> Lease {
        switch record.lease {
        case .connection: return .awaiting(record.lease, until: now + Self.attachDeadline)
        case .console:
            return console.map { .console($0) } ?? .awaiting(record.lease, until: now + Self.attachDeadline)
        case .detached: return .detached
        case .none:
            let keep = rules[record.identity.tenant]?.keepWarm ?? .zero
            return .warm(until: record.lastUsed + keep)
        }
    }

    /// What must be on disk for the next life to know everything: all sessions whose grant is durable.
    public var records: [SessionRecord] {
        sessions.values.filter { if case .taking = $0.state { false } else { true } }
            .map(\.record).sorted { $0.identity.id < $1.identity.id }
    }

    /// The same for a moment in which whatever was being taken turned out durable, though nobody has said so yet.
    var recordsWhenDurable: [SessionRecord] {
        sessions.values.map { session in
            var session = session
            session.lease = session.leaseChange?.lease ?? session.lease
            return session.record
        }
        .sorted { $0.identity.id < $1.identity.id }
    }
}

extension Session {
    /// The session as the journal keeps it.
    var record: SessionRecord {
        let end: SessionRecord.End? =
            switch state {
            case .taking, .opening, .ready, .busy: nil
            // A seat without a shell ends in a moment, and only that is recorded.
            case .closing where identity.kind == .seats: nil
            case .closing(let closing): .init(reason: closing.reason, freesAt: nil, isUnconfirmed: false)
            case .unconfirmed(let gone): .init(reason: gone.reason, freesAt: gone.freesAt, isUnconfirmed: true)
            }
        return SessionRecord(
            identity: identity, lease: lease.record, lastUsed: lastUsed, invocations: invocations, shell: shell,
            end: end)
    }
}
