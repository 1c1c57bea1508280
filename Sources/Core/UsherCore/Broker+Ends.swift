// How sessions end. `end` begins it, `finish` is the only place where a seat is freed, and between the two stands the
// tenant's word. Nothing here waits for the disk or asks a quota.

extension Broker {
    /// Begins to end a session, for whatever reason. A second reason changes nothing; a second asker hears of the
    /// first end.
    mutating func end(
        _ id: SessionID, _ reason: EndReason, _ asker: Asker? = nil
    ) {
        guard let session = sessions[id] else { return }
        if let change = session.leaseChange {
            cancelLeaseChange(of: id)
            refuse(change.asker, .sessionExpired(id, reason, at: now))
        }
        switch session.state {
        case .taking(var taking):
            // The grant is on its way to the disk and cannot be called back; it ends as soon as that is known.
            if let waiting = taking.asker { refuse(waiting, .sessionExpired(id, reason, at: now)) }
            taking.asker = nil
            taking.abandoned = taking.abandoned ?? reason
            sessions[id]?.state = .taking(taking)
            if let asker {
                effects.append(.answer(asker.call, .closed(id, taking.abandoned ?? reason, isConfirmed: false)))
            }
        case .opening(let opening):
            if let waiting = opening.asker { refuse(waiting, .sessionExpired(id, reason, at: now)) }
            startClosing(id, reason, asker)
        case .ready, .busy: startClosing(id, reason, asker)
        case .closing(var closing):
            guard let asker else { return }
            closing.askers.append(asker)
            sessions[id]?.state = .closing(closing)
        case .unconfirmed(let gone):
            if let asker { effects.append(.answer(asker.call, .closed(id, gone.reason, isConfirmed: false))) }
        }
    }

    /// Tells who waits for a pipeline that its session ends; or how it ended, where only the disk does not know that yet.
    private mutating func letGo(of running: Invocation, in session: Session, _ reason: EndReason) {
        guard let asker = running.asker else { return }
        if case .settling(let how, _) = running.phase { return answer(asker, how, of: running, in: session) }
        refuse(asker, .sessionExpired(session.id, reason, at: now))
    }

    /// Asks the tenant to end it. The asker, if any, hears when that is confirmed or given up. What has no tenant to ask
    /// ends at once.
    mutating func startClosing(
        _ id: SessionID, _ reason: EndReason, _ asker: Asker?
    ) {
        guard var session = sessions[id] else { return }
        // A seat without a shell has nobody who could count it on.
        guard session.identity.kind == .shells else {
            // The next life would keep it, and nobody would come to end it again: this record goes out at once.
            if session.leaseWhenDurable.outlivesBroker { effects.append(.record(.closing(id, reason, at: now))) }
            return finish(id, reason, asker.map { [$0] } ?? [])
        }
        var isOpening = false
        switch session.state {
        case .opening(let opening): isOpening = opening.stage != .opened
        case .busy(let running):
            letGo(of: running, in: session, reason)
            switch running.phase {
            case .running: session.mayRun = true
            case .taking, .overdue:
                // The tenant has not heard of it, and will not.
                effects.append(.record(.used(id, invocations: session.invocations, at: session.lastUsed)))
            case .settling: break
            }
        case .taking, .ready, .closing, .unconfirmed: break
        }
        let closing = Session.Closing(
            reason: reason, askers: asker.map { [$0] } ?? [], until: now + Self.closeDeadline, lastActivity: now,
            isOpening: isOpening, mayRun: session.mayRun)
        session.state = .closing(closing)
        sessions[id] = session
        forgetSilence(id)
        look(at: closing.until)
        touch(session.identity.tenant)
        effects.append(.record(.closing(id, reason, at: now)))
        effects.append(.closeSession(session.identity))
        tellWatchers(of: id)
    }

    /// How long the tenant may take to confirm an end before its asker is told that it is not confirmed.
    public static let closeDeadline = Duration.seconds(30)

    mutating func sessionClosed(_ id: SessionID) {
        guard let session = sessions[id] else { return }
        switch session.state {
        case .closing(let closing): finish(id, closing.reason, closing.askers)
        case .unconfirmed(let gone): finish(id, gone.reason, [])
        case .opening(let opening):
            if let asker = opening.asker {
                let tenant = session.identity.tenant
                refuse(asker, .tenantUnreachable(tenant, .open, "the tenant ended the session while it was opened"))
            }
            finish(id, .tenantClosed, [])
        case .busy(let running):
            letGo(of: running, in: session, .tenantClosed)
            finish(id, .tenantClosed, [])
        case .ready: finish(id, .tenantClosed, [])
        case .taking: return  // The tenant cannot know it yet.
        }
    }

    /// Of no more use to anyone, and still on its seat until it is known to be gone.
    mutating func sessionBroken(_ id: SessionID) {
        switch sessions[id]?.state {
        case .ready, .busy: end(id, .tenantClosed)
        case .taking, .opening, .closing, .unconfirmed, nil: return
        }
    }

    mutating func closeFailed(_ id: SessionID, _ obstacle: CloseObstacle) {
        guard let session = sessions[id] else { return }
        switch session.state {
        case .closing(let closing): loseSight(of: session, closing, obstacle)
        case .unconfirmed(var gone):
            gone.retryAt = now + Self.retryDelay(gone.attempts, obstacle)
            gone.needsLogin = obstacle == .credentialMissing
            sessions[id]?.state = .unconfirmed(gone)
            look(at: sessions[id]?.deadline(nil))
            tellSurveys(of: id, ended: nil)
        case .taking, .opening, .ready, .busy: return
        }
    }

    /// A user gave a credential: what waited for it goes on at once.
    mutating func credentialGiven(_ account: Account, by user: UserID) {
        for session in sessions(at: account.tenant)
        where session.identity.admin == account.admin && session.identity.owner == user {
            guard case .unconfirmed(var gone) = session.state, gone.needsLogin else { continue }
            gone.retryAt = now
            sessions[session.id]?.state = .unconfirmed(gone)
            look(at: now)
        }
    }

    /// The tenant did not confirm in time. The seat stays counted; we go on asking.
    mutating func loseSight(
        of session: Session, _ closing: Session.Closing, _ obstacle: CloseObstacle = .unreachable
    ) {
        let mayDoMore = closing.mayRun || closing.isOpening
        let freesAt = mayDoMore ? nil : forgottenAt(session, lastActivity: closing.lastActivity)
        let gone = Session.Unconfirmed(
            reason: closing.reason, attempts: 1, retryAt: now + Self.retryDelay(1, obstacle), freesAt: freesAt,
            isOpening: closing.isOpening, needsLogin: obstacle == .credentialMissing)
        sessions[session.id]?.state = .unconfirmed(gone)
        look(at: sessions[session.id]?.deadline(nil))
        touch(session.identity.tenant)
        effects.append(.record(.unconfirmed(session.id, closing.reason, freesAt: freesAt, at: now)))
        for asker in closing.askers {
            effects.append(.answer(asker.call, .closed(session.id, closing.reason, isConfirmed: false)))
        }
        tellSurveys(of: session.id, ended: nil)
        // Whoever follows the session has nothing more to do with it; the seat is the operators' from here on.
        finishWatchers(of: session.id)
        tellDrain()
    }

    /// The tenant has answered `openSession` although the session was being ended already. Returns whether that is
    /// news: only from now on can it forget the session.
    mutating func openingIsOver(_ id: SessionID) -> Bool {
        guard let session = sessions[id] else { return false }
        switch session.state {
        case .closing(var closing):
            guard closing.isOpening else { return false }
            closing.isOpening = false
            closing.lastActivity = now
            sessions[id]?.state = .closing(closing)
        case .unconfirmed(var gone):
            guard gone.isOpening else { return false }
            gone.isOpening = false
            gone.freesAt = forgottenAt(session, lastActivity: now)
            sessions[id]?.state = .unconfirmed(gone)
            look(at: gone.freesAt)
            effects.append(.record(.unconfirmed(id, gone.reason, freesAt: gone.freesAt, at: now)))
        case .taking, .opening, .ready, .busy: return false
        }
        return true
    }

    /// When the tenant must have forgotten a session that did nothing more.
    func forgottenAt(_ session: Session, lastActivity: Moment) -> Moment {
        // What the tenant itself said when it made the shell is worth more than what is known of its kind.
        let idle = session.shell?.tenantIdle ?? rules[session.identity.tenant]?.tenantIdle ?? .minutes(15)
        return lastActivity + idle + Self.forgettingMargin(idle)
    }

    /// Two clocks never agree: what we allow the tenant beyond its own idle limit before we believe it forgot.
    static func forgettingMargin(_ idle: Duration) -> Duration { min(.minutes(1), max(.seconds(1), idle / 15)) }

    /// When to ask again. A tenant that is away is knocked at each second, which costs nobody anything and frees the seat
    /// as soon as it is back. One that answers is asked less and less often: up to every eight seconds whether what we
    /// look for has come up by now, up to every minute when it wants no questions.
    static func retryDelay(_ attempts: Int, _ obstacle: CloseObstacle) -> Duration {
        let doubled = Int64(1) << min(6, max(0, attempts - 1))
        return switch obstacle {
        case .unreachable: .seconds(1)
        case .unknownThere: .seconds(min(8, doubled))
        case .refused, .credentialMissing: .seconds(doubled)
        }
    }

    /// The end. The seat is free from here on, on the books and on the way to the disk.
    mutating func finish(
        _ id: SessionID, _ reason: EndReason, _ askers: [Asker]
    ) {
        guard let session = sessions[id] else { return }
        effects.append(.record(.ended(id, reason, at: now)))
        if let change = session.leaseChange { refuse(change.asker, .sessionExpired(id, reason, at: now)) }
        for asker in askers { effects.append(.answer(asker.call, .closed(id, reason, isConfirmed: true))) }
        let past = EndedSession(identity: session.identity, reason: reason, at: now, invocations: session.invocations)
        for watcher in session.watchers {
            effects.append(.answer(watcher.call, .session(view(of: past), reused: false)))
        }
        if !surveys.isEmpty { tellSurveys(of: id, ended: view(of: past)) }
        ended.append(past)
        if let shell = session.shell?.shellID ?? session.identity.shell?.description {
            forgetSighting(of: shell, at: session.identity.tenant)
        }
        drop(session)
    }

    /// The disk that has not answered for a session keeps nobody waiting any more once that one is given up.
    private mutating func forgetSilence(_ id: SessionID) {
        if !silences.isEmpty, silences.remove(id) != nil { touchLines() }
    }

    /// Takes a session off the books.
    mutating func drop(_ session: Session) {
        ledger.free(session.id, at: session.identity.tenant)
        sessions[session.id] = nil
        forgetSilence(session.id)
        touch(session.identity.tenant)
        tellDrain()
    }

    // MARK: facts that end sessions

    /// A client is gone: out of the line, and what lived by its connection ends.
    mutating func clientLeft(_ connection: ConnectionID, _ reason: EndReason) {
        for tenant in lines.keys { _ = takeOut(of: tenant) { $0.asker.connection == connection } }
        for (call, survey) in surveys where survey.asker.connection == connection { surveys[call] = nil }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if session.watchers.contains(where: { $0.connection == connection }) {
                sessions[id]?.watchers.removeAll { $0.connection == connection }
            }
            // A lease that was asked for and not yet granted would belong to nobody.
            if session.leaseChange?.asker.connection == connection { cancelLeaseChange(of: id) }
            if isHeld(session, by: connection) {
                end(id, reason)
            } else if case .busy(let invocation) = session.state, invocation.asker?.connection == connection {
                stopInvocation(of: id)
            }
        }
        if drain?.followers.contains(where: { $0.connection == connection }) == true {
            drain?.followers.removeAll { $0.connection == connection }
        }
    }

    /// Whether the session ends with the connection: leased by it, or asked for by it and not yet handed over.
    private func isHeld(_ session: Session, by connection: ConnectionID) -> Bool {
        switch session.state {
        case .taking(let taking): taking.asker?.connection == connection
        case .opening(let opening): opening.asker?.connection == connection
        case .ready, .busy: session.lease == .connection(connection)
        case .closing, .unconfirmed: false
        }
    }

    mutating func consoleClosed(_ console: Console) {
        for tenant in lines.keys.sorted() {
            for waiter in takeOut(of: tenant, { $0.acquisition.lease == .console(console) }) {
                refuse(waiter.asker, .invalidParameter("lease"))
            }
        }
        for id in sessions.keys.sorted() {
            guard let session = sessions[id] else { continue }
            if session.lease == .console(console) || session.leaseChange?.lease == .console(console) {
                end(id, .consoleClosed)
            }
        }
    }

    // MARK: watchers

    mutating func tellWatchers(of id: SessionID) {
        guard let session = sessions[id], !session.watchers.isEmpty else { return }
        let view = view(of: session)
        for watcher in session.watchers { effects.append(.tell(watcher.call, .session(view))) }
    }

    private mutating func finishWatchers(of id: SessionID) {
        guard let session = sessions[id] else { return }
        let view = view(of: session)
        for watcher in session.watchers {
            effects.append(.answer(watcher.call, .session(view, reused: false)))
        }
        sessions[id]?.watchers = []
    }
}

/// Why an end was not confirmed.
public enum CloseObstacle: Hashable, Sendable {
    /// The tenant was not asked: it cannot be reached.
    case unreachable
    /// It does not know the session, and that proves nothing: it may still be making it.
    case unknownThere
    /// It said something else.
    case refused
    /// Nobody may ask it: there is no credential any more. Its user can give one.
    case credentialMissing
}
