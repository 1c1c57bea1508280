// What happens because time passes, and the two ways to stop: a drain, which an operator can take back, and the end
// of the daemon.

/// An operator lets the present sessions end and no new ones begin.
struct Drain: Hashable, Sendable {
    /// When it is over, whatever is left. Nil: when nothing is left.
    let until: Moment?
    /// Whether what is left is ended then; without a limit of time, at once.
    let force: Bool
    var followers: [Asker] = []
}

/// The daemon is on its way out.
struct Stopping: Hashable, Sendable {
    /// When it leaves whatever still runs.
    let until: Moment
    var endSessions: Bool
    var hasStopped = false
}

extension Broker {
    mutating func timePassed() {
        guard let due = nextDeadline, due <= now else { return }
        nextDeadline = nil
        for id in sessions.keys.sorted() { sessionIsDue(id) }
        if due + Self.oversleptBy <= now { probeAll() }
        for tenant in lines.keys.sorted() { lineIsDue(tenant) }
        for call in surveys.keys.sorted(by: { $0.rawValue < $1.rawValue }) { surveyIsDue(call) }
        locksAreDue()
        if let until = drain?.until, until <= now { drainIsOver() }
        if let until = stopping?.until, until <= now { leave() }
        if let pruning = nextPruning, pruning <= now { prune() }
    }

    /// Nobody is so late but after a sleep of the whole machine.
    static let oversleptBy = Duration.seconds(30)

    /// While we slept the tenants did not.
    private mutating func probeAll() {
        for session in sessions.values.sorted(by: { $0.id < $1.id }) where session.identity.kind == .shells {
            if case .ready = session.state { effects.append(.probeSession(session.identity)) }
        }
    }

    /// The earliest of all deadlines, found anew.
    mutating func lookAgain() {
        for session in sessions.values { look(at: session.deadline(rules[session.identity.tenant])) }
        for line in lines.values { for waiter in line.waiters { look(at: waiter.deadline) } }
        for survey in surveys.values { look(at: survey.until) }
        for lock in locks.values { look(at: lock.until) }
        look(at: drain?.until)
        if stopping?.hasStopped == false { look(at: stopping?.until) }
        look(at: nextPruning)
    }

    private mutating func sessionIsDue(_ id: SessionID) {
        guard let session = sessions[id] else { return }
        let tenant = rules[session.identity.tenant]
        if let change = session.leaseChange, change.until <= now {
            // The disk has not answered. The old lease holds, here and, by the record, on disk as soon as it does.
            cancelLeaseChange(of: id)
            refuse(change.asker, .stateUnavailable(diskIsSilent))
        }
        switch session.state {
        case .taking(let taking):
            if taking.until <= now, !taking.isOverdue { seatUnknown(id, diskIsSilent) }
        case .opening(let opening):
            guard opening.until <= now else { return }
            if let asker = opening.asker {
                let message =
                    "no session within \(rules.openDeadline.spelledOut) (open_deadline); a tenant that is full may not answer"
                refuse(asker, .tenantUnreachable(session.identity.tenant, .open, message))
                sessions[id]?.state = .opening(
                    Session.Opening(asker: nil, until: opening.until, stage: opening.stage))
            }
            end(id, .openTimedOut)
        case .ready:
            if let reason = endReason(of: session, tenant) { end(id, reason) }
        case .busy(var invocation):
            guard let until = invocation.deadline, until <= now else { return }
            if case .settling = invocation.phase { return idleTaken(id, invocation.id) }
            if let asker = invocation.asker { refuse(asker, .stateUnavailable(diskIsSilent)) }
            invocation.asker = nil
            invocation.phase = .overdue
            sessions[id]?.state = .busy(invocation)
            silences.insert(id)
        case .closing(let closing):
            if closing.until <= now { loseSight(of: session, closing) }
        case .unconfirmed(var gone):
            if let freesAt = gone.freesAt, freesAt <= now {
                finish(id, gone.reason, [])
            } else if gone.retryAt <= now {
                gone.attempts += 1
                // Told anew by the answer; this is for one that does not come.
                gone.retryAt = now + Self.closeDeadline
                sessions[id]?.state = .unconfirmed(gone)
                effects.append(.closeSession(session.identity))
            }
        }
    }

    private var diskIsSilent: String { "the disk has not answered for \(rules.grantDeadline.spelledOut)" }

    /// The rule by which an idle session ends now, or nil.
    private func endReason(of session: Session, _ tenant: TenantRules?) -> EndReason? {
        if let age = session.ageEnd(tenant), age <= now { return .maximumAge }
        if let idle = session.idleEnd(tenant), idle <= now { return .idleTimeout }
        switch session.lease {
        case .warm(let until): return until <= now ? .idleTimeout : nil
        case .awaiting(_, let until): return until <= now ? .lostAtRestart : nil
        case .connection, .console, .detached: return nil
        }
    }

    private mutating func lineIsDue(_ tenant: TenantName) {
        touch(tenant)
        guard let rules = rules[tenant] else { return }
        let now = now
        for waiter in takeOut(of: tenant, { $0.until <= now }) {
            let no = refusal(admission(of: waiter.admin, at: rules), for: waiter.admin, at: rules, waiter.caller)
            if waiter.asked, case .quotaExceeded(let shortfall) = no {
                refuse(waiter.asker, .waitTimeout(shortfall, waited: now - waiter.since))
            } else {
                refuse(waiter.asker, no)
            }
        }
    }

    private mutating func prune() {
        effects.append(.record(.pruned(before: now - rules.auditKeep)))
        nextPruning = now + .hours(24)
    }

    // MARK: drain

    mutating func startDrain(_ new: Drain, _ follower: Asker?) {
        let followers = (drain?.followers ?? []) + (follower.map { [$0] } ?? [])
        drain = new
        drain?.followers = followers
        look(at: new.until)
        sendHome()
        if new.force, new.until == nil { endAll() }
        tellDrain()
    }

    mutating func endDrain() {
        for follower in drain?.followers ?? [] {
            effects.append(.answer(follower.call, .remaining(sessions.count)))
        }
        drain = nil
    }

    /// Those who follow a drain hear how many are left; when none is, that was it. A drain by force is over, too, once
    /// the tenant was asked to end each and all that is left is unconfirmed: that can last.
    mutating func tellDrain() {
        guard let drain, !drain.followers.isEmpty else { return }
        let isForced = drain.force && drain.until == nil
        let isOver = sessions.values.allSatisfy { isForced && $0.shownState == .unconfirmed }
        for follower in drain.followers {
            let left = sessions.count
            effects.append(isOver ? .answer(follower.call, .remaining(left)) : .tell(follower.call, .remaining(left)))
        }
        if isOver { self.drain?.followers = [] }
    }

    private mutating func drainIsOver() {
        guard let over = drain else { return }
        drain = Drain(until: nil, force: over.force, followers: over.followers)
        if over.force {
            endAll()
            tellDrain()
        } else {
            for follower in over.followers {
                effects.append(.answer(follower.call, .remaining(sessions.count)))
            }
            drain?.followers = []
        }
    }

    private mutating func endAll() {
        for id in sessions.keys.sorted() { end(id, .shutdown) }
    }

    /// Nobody in line will be served.
    private mutating func sendHome() {
        for tenant in lines.keys.sorted() {
            for waiter in lines[tenant]?.waiters ?? [] { refuse(waiter.asker, .draining) }
        }
        lines = [:]
    }

    // MARK: the end of the daemon

    /// The first time: no new work, what runs gets its time, idle sessions stay at the tenant and are found again by
    /// the next life. The second time: now.
    mutating func stopAsked(endSessions: Bool) {
        if stopping != nil {
            if endSessions { stopping?.endSessions = true }
            return leave()
        }
        stopping = Stopping(until: now + rules.stopTimeout, endSessions: endSessions || drain?.force == true)
        look(at: stopping?.until)
        sendHome()
        if stopping?.endSessions == true {
            for (id, session) in sessions.sorted(by: { $0.key < $1.key }) {
                if case .busy = session.state { continue }
                end(id, .shutdown)
            }
        }
    }

    /// Leaves once nothing is left that a moment more would bring to a good end.
    mutating func leaveIfDone() {
        guard let stopping, !stopping.hasStopped else { return }
        let isInTheWay = sessions.values.contains {
            switch $0.state {
            case .taking, .opening, .busy, .closing: true
            case .ready: $0.leaseChange != nil
            case .unconfirmed: false
            }
        }
        if !isInTheWay { leave() }
    }

    private mutating func leave() {
        guard let stopping, !stopping.hasStopped else { return }
        self.stopping?.hasStopped = true
        // What still runs has had its time.
        if stopping.endSessions { endAll() }
        effects.append(.stop)
    }
}
