// Ending in bulk, and the questions to tenants that go before it: what is there, who may end it, what became of each. No
// wish means everything by default, and nothing is tried for ever.

extension Broker {
    /// How long tenants have to say what they have.
    public static let listDeadline = Duration.seconds(5)

    mutating func listForeign(_ tenant: TenantName?, _ asker: Asker, _ caller: Caller) {
        begin(.list, at: tenants(named: tenant, for: caller) ?? [], asker, caller)
    }

    mutating func reclaim(_ wish: ReclaimWish, _ asker: Asker, _ caller: Caller) {
        if wish.isEmpty { return refuse(asker, .invalidParameter("filter")) }
        if wish.forget, !wish.unconfirmed { return refuse(asker, .invalidParameter("filter.forget")) }
        for (asked, action) in [(wish.foreign, "reclaim what others opened"), (wish.forget, "forget a session")]
        where asked {
            guard mayOperate(caller, action, asker) else { return }
        }
        guard let tenants = tenants(named: wish.tenant, for: caller) else {
            return refuse(asker, tenantUnknown(wish.tenant?.description ?? "", to: caller))
        }
        if let admin = wish.admin, let no = unknownAdmin(admin, among: tenants, caller) { return refuse(asker, no) }
        begin(.reclaim(wish), at: wish.foreign ? tenants : [], asker, caller)
    }

    /// An admin that nobody has configured and no session has is a slip, and no wish for nothing. As far as the caller may
    /// know, as everywhere.
    private func unknownAdmin(_ admin: AdminName, among tenants: [TenantRules], _ caller: Caller) -> Refusal? {
        let isKnown =
            tenants.contains { $0.admin(admin) != nil }
            || sessions.values.contains {
                $0.identity.admin == admin
                    && rules.maySeeSession(of: $0.identity.owner, at: $0.identity.tenant, caller)
            }
        guard !isKnown, let first = tenants.first else { return nil }
        let his = tenants.flatMap(\.admins).filter { rules.mayOperate(caller) || rules.mayUse($0, caller) }
        let near = nearest(to: admin.description, among: Set(his.map(\.name)).sorted()) { $0.description }
        let tenant = tenants.first { tenant in near.map { tenant.admin($0) != nil } == true } ?? first
        return .adminUnknown(tenant.name, admin, suggestion: near)
    }

    /// Asks the tenants what they have where that matters, and goes on when they have said it.
    mutating func begin(_ purpose: Survey.Purpose, at tenants: [TenantRules], _ asker: Asker, _ caller: Caller) {
        var survey = Survey(
            asker: asker, caller: caller, purpose: purpose, tenants: tenants.map(\.name), until: now + Self.listDeadline
        )
        for tenant in tenants where tenant.kind == .shells {
            for admin in tenant.admins where rules.mayOperate(caller) || rules.mayUse(admin, caller) {
                if case .reclaim(let wish) = purpose, let wanted = wish.admin, wanted != admin.name { continue }
                survey.lists.insert(Account(tenant.name, admin.name))
            }
        }
        for account in survey.lists.sorted() { effects.append(.listShells(account, caller.uid)) }
        surveys[asker.call] = survey
        look(at: survey.until)
        if survey.lists.isEmpty { goOn(asker.call) }
    }

    mutating func shellsListed(_ account: Account, _ result: ListingResult) {
        if case .listed(let list) = result { see(list, by: account) }
        for (call, survey) in surveys.sorted(by: { $0.key.rawValue < $1.key.rawValue })
        where survey.lists.contains(account) {
            surveys[call]?.lists.remove(account)
            switch result {
            case .listed: break
            case .notAllowed(let why):
                surveys[call]?.report.troubles.append(.init(account: account, why: why, isProblem: false))
            case .failed(let why): surveys[call]?.report.troubles.append(.init(account: account, why: why))
            }
            if surveys[call]?.lists.isEmpty == true { goOn(call) }
        }
    }

    /// The lists are there, or as many as came in time.
    private mutating func goOn(_ call: CallID) {
        guard let survey = surveys[call] else { return }
        switch survey.purpose {
        case .list:
            answer(survey, .foreign(ForeignReport(shells: foreign(of: survey), troubles: survey.report.troubles)))
        case .diagnose: answer(survey, .findings(findings(survey)))
        case .reclaim(let wish):
            if wish.foreign { reclaimForeign(wish, survey) } else { reclaimSessions(wish, survey) }
            endIfDone(call)
        }
    }

    /// What others have at the tenants of a survey, as much of it as the caller may see.
    private func foreign(of survey: Survey) -> [ForeignShell] {
        let shells = survey.tenants.flatMap { foreignShells(at: $0) }
        if rules.mayOperate(survey.caller) { return shells }
        let usable = shells.filter { shell in
            rules[shell.tenant]?.admin(shell.admin ?? shell.seenBy).map { rules.mayUse($0, survey.caller) } == true
        }
        return rules.revealHolders == .all ? usable : usable.map(\.withoutPeople)
    }

    private mutating func answer(_ survey: Survey, _ answer: Answer) {
        surveys[survey.asker.call] = nil
        effects.append(.answer(survey.asker.call, answer))
    }

    // MARK: sessions

    private mutating func reclaimSessions(_ wish: ReclaimWish, _ survey: Survey) {
        let call = survey.asker.call
        let until = now + Self.closeDeadline
        surveys[call]?.until = until
        look(at: until)
        // Ended only when all are known that will: the first end must not be taken for the last one.
        var ending: [SessionID] = []
        for id in sessions.keys.sorted() {
            guard let session = sessions[id], fits(session, wish, survey.caller) else { continue }
            let view = view(of: session)
            switch session.state {
            case .unconfirmed where !wish.unconfirmed: keep(kept(session), call)
            case _ where wish.dryRun: surveys[call]?.report.reclaimed.append(view)
            case .unconfirmed(var gone):
                if wish.forget {
                    effects.append(.record(.ordered(id, .forgotten, by: Principal(survey.caller), at: now)))
                    finish(id, .forgotten, [])
                    surveys[call]?.report.reclaimed.append(view)
                } else {
                    gone.retryAt = now + Self.closeDeadline
                    sessions[id]?.state = .unconfirmed(gone)
                    surveys[call]?.ending[id] = 1
                    effects.append(.closeSession(session.identity))
                }
            case .taking, .opening, .ready, .busy, .closing:
                surveys[call]?.ending[id] = 0
                ending.append(id)
            }
        }
        for id in ending {
            effects.append(.record(.ordered(id, .reclaimed, by: Principal(survey.caller), at: now)))
            end(id, .reclaimed)
        }
    }

    /// Whether a session is meant, and the caller's to end.
    private func fits(_ session: Session, _ wish: ReclaimWish, _ caller: Caller) -> Bool {
        let identity = session.identity
        guard identity.owner == caller.uid || rules.mayOperate(caller) else { return false }
        if let tenant = wish.tenant, identity.tenant != tenant { return false }
        if let admin = wish.admin, identity.admin != admin { return false }
        if let user = wish.user, identity.user != user, identity.owner.description != user { return false }
        if wish.unconfirmed, session.shownState != .unconfirmed { return false }
        if let idle = wish.idle {
            guard case .ready(let since) = session.state, now - since >= idle else { return false }
        }
        if wish.orphaned, !isOrphaned(session) { return false }
        return true
    }

    private func isOrphaned(_ session: Session) -> Bool {
        guard case .ready = session.state, session.watchers.isEmpty, session.leaseChange == nil else { return false }
        switch session.lease {
        case .detached, .awaiting: return true
        case .connection, .console, .warm: return false
        }
    }

    private func kept(_ session: Session) -> ReclaimReport.Kept {
        let why: String
        var freesIn: Duration?
        switch session.state {
        case .unconfirmed(let gone):
            freesIn = gone.freesAt.map { max(.zero, $0 - now) }
            why =
                gone.freesAt == nil
                ? "the tenant has not confirmed its end, and what may still run there keeps it alive"
                : "the tenant has not confirmed its end"
        default: why = "the tenant has not confirmed its end in time"
        }
        return ReclaimReport.Kept(what: .session(view(of: session)), why: why, freesIn: freesIn)
    }

    private mutating func keep(_ kept: ReclaimReport.Kept, _ call: CallID) { surveys[call]?.report.kept.append(kept) }

    /// A session is over, or its end was not confirmed: who waits for it hears so.
    mutating func tellSurveys(of id: SessionID, ended view: SessionView?) {
        for (call, survey) in surveys {
            guard let failuresLeft = survey.ending[id] else { continue }
            if view == nil, failuresLeft > 0 {
                surveys[call]?.ending[id] = failuresLeft - 1
                continue
            }
            surveys[call]?.ending[id] = nil
            if let view {
                surveys[call]?.report.reclaimed.append(view)
            } else if let session = sessions[id] {
                keep(kept(session), call)
            }
            endIfDone(call)
        }
    }

    // MARK: what others opened

    private mutating func reclaimForeign(_ wish: ReclaimWish, _ survey: Survey) {
        let call = survey.asker.call
        for shell in foreign(of: survey) {
            if let admin = wish.admin, (shell.admin ?? shell.seenBy) != admin { continue }
            if let user = wish.user, shell.shell.owner != user { continue }
            if let idle = wish.idle, (shell.shell.idle ?? .zero) < idle { continue }
            if case .otherHost(let host) = shell.origin {
                let why = "the usher of \(host) has it on its books; reclaim it there"
                keep(keptForeign(shell, why), call)
            } else if wish.dryRun {
                surveys[call]?.report.foreign.append(shell)
            } else {
                surveys[call]?.endingForeign[shell.shell.shellID.lowercased()] = shell
                effects.append(.endForeign(Account(shell.tenant, shell.seenBy), shell.shell, survey.caller.uid))
            }
        }
        let until = now + Self.closeDeadline
        surveys[call]?.until = until
        look(at: until)
    }

    private func keptForeign(_ shell: ForeignShell, _ why: String) -> ReclaimReport.Kept {
        let freesIn = shell.frees(rules[shell.tenant]).map { max(.zero, $0 - now) }
        return ReclaimReport.Kept(what: .foreign(shell), why: why, freesIn: freesIn)
    }

    mutating func foreignEnded(_ account: Account, _ shellID: String, _ trouble: String?) {
        let id = shellID.lowercased()
        for (call, survey) in surveys {
            guard let shell = survey.endingForeign[id], shell.tenant == account.tenant else { continue }
            surveys[call]?.endingForeign[id] = nil
            if let trouble {
                keep(keptForeign(shell, trouble), call)
            } else {
                surveys[call]?.report.foreign.append(shell)
                effects.append(.record(.foreignEnded(shell, by: Principal(survey.caller), at: now)))
            }
            endIfDone(call)
        }
        if trouble == nil {
            forgetSighting(of: shellID, at: account.tenant)
            touch(account.tenant)
        }
    }

    // MARK: the end of a survey

    private mutating func endIfDone(_ call: CallID) {
        guard let survey = surveys[call], !survey.isWaiting else { return }
        var report = survey.report
        report.reclaimed.sort { $0.identity.id < $1.identity.id }
        answer(survey, .reclaimed(report))
    }

    /// Time is over: what is known by now has to do.
    mutating func surveyIsDue(_ call: CallID) {
        guard let survey = surveys[call], survey.until <= now else { return }
        if !survey.lists.isEmpty {
            for account in survey.lists.sorted() {
                surveys[call]?.report.troubles.append(.init(account: account, why: "it has not answered in time"))
            }
            surveys[call]?.lists = []
            return goOn(call)
        }
        for id in survey.ending.keys.sorted() {
            if let session = sessions[id] { keep(kept(session), call) }
        }
        for (_, shell) in survey.endingForeign.sorted(by: { $0.key < $1.key }) {
            keep(keptForeign(shell, "the tenant has not answered in time"), call)
        }
        surveys[call]?.ending = [:]
        surveys[call]?.endingForeign = [:]
        endIfDone(call)
    }
}
