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
            session.mayRun = record.mayRun
            session.shell = record.shell
            sessions[identity.id] = session
            if let reason = endReason(of: record) { bringToAnEnd(session, reason, freesAt: record.end?.freesAt) }
            skipIDs(before: identity.id.next)
            touch(identity.tenant)
        }
        locks = contents.locks
        nextPruning = now
        look(at: now)
    }

    /// Why a session of the last life is not taken up again: it was being ended, or opened, and nobody knows how far that
    /// came; or something ran in it, and nobody knows whether it still does. Nil for one that idled, which is adopted.
    private func endReason(of record: SessionRecord) -> EndReason? {
        if let end = record.end { return end.reason }
        let wasOpening = record.identity.kind == .shells && record.shell == nil
        return wasOpening || record.mayRun ? .lostAtRestart : nil
    }

    /// Has a session deleted that the last life left behind. Its seat stays taken until the tenant confirms, or must have
    /// forgotten it; what may still run there it does not forget.
    private mutating func bringToAnEnd(_ session: Session, _ reason: EndReason, freesAt: Moment?) {
        guard session.identity.kind == .shells else { return finish(session.id, reason, []) }
        let frees = session.mayRun ? nil : freesAt ?? forgottenAt(session, lastActivity: now)
        let gone = Session.Unconfirmed(reason: reason, attempts: 0, retryAt: now, freesAt: frees)
        sessions[session.id]?.state = .unconfirmed(gone)
        effects.append(.record(.unconfirmed(session.id, reason, freesAt: frees, at: now)))
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
            session.lease = session.leaseWhenDurable
            return session.record
        }
        .sorted { $0.identity.id < $1.identity.id }
    }
}

extension Session {
    /// The lease that the journal holds once all that is on its way is durable.
    var leaseWhenDurable: Lease { leaseChange?.lease ?? lease }

    /// The session as the journal keeps it.
    var record: SessionRecord {
        let end: SessionRecord.End? =
            switch state {
            case .taking, .opening, .ready, .busy: nil
            case .closing(let closing): .init(reason: closing.reason, freesAt: nil, isUnconfirmed: false)
            case .unconfirmed(let gone): .init(reason: gone.reason, freesAt: gone.freesAt, isUnconfirmed: true)
            }
        return SessionRecord(
            identity: identity, lease: lease.record, lastUsed: lastUsed, invocations: invocations, shell: shell,
            mayRun: mayRun || mayBeRunning, end: end)
    }
}
