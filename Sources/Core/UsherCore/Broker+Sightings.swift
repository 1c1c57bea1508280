// What the tenant itself says it has. Its word is asked before each Create, where it gives it, so that shells opened by
// others are a refusal with names at once and not a connection that hangs. Between two words nothing is believed for
// long: whoever closes a session somewhere else tells nobody.

extension Broker {
    /// For how long a list counts against new sessions.
    static let sightingKept = Duration.seconds(5)
    /// For how long a limit is honoured that a tenant was seen to enforce below ours.
    static let learnedKept = Duration.minutes(2)

    /// The way to the tenant is found, and what it has there is known as far as it says. Only now is a shell asked for.
    mutating func entranceFound(_ id: SessionID, _ list: ShellList?) {
        guard let session = sessions[id] else { return }
        let account = Account(session.identity.tenant, session.identity.admin)
        if let list { see(list, by: account) }
        guard case .opening(var opening) = session.state, opening.stage == .approaching else { return }
        if let tenant = rules[account.tenant], let shortage = foreignShortage(of: session, by: tenant) {
            return turnAway(session, opening, shortage, tenant)
        }
        opening.stage = .creating
        sessions[id]?.state = .opening(opening)
        effects.append(.createShell(session.identity))
    }

    /// What leaves no room at the tenant for a session that has a seat with us. Nil unless it is other people's doing.
    private func foreignShortage(of session: Session, by tenant: TenantRules) -> QuotaLedger.Shortage? {
        let admin = session.identity.admin
        let shortage = QuotaLedger.shortage(
            for: admin, by: tenant, ledger.seats(at: tenant.name).filter { $0.session != session.id },
            besides: outside(admin, tenant, learned: false))
        return shortage.flatMap { $0.foreign > 0 ? $0 : nil }
    }

    private mutating func turnAway(
        _ session: Session, _ opening: Session.Opening, _ shortage: QuotaLedger.Shortage, _ tenant: TenantRules
    ) {
        if let asker = opening.asker, let wish = opening.wish, !putBack(wish, asker, of: session, at: tenant) {
            let facts = shortfall(shortage, session.identity.admin, tenant, wish.caller, besides: session.id)
            refuse(asker, .quotaExceeded(facts))
        }
        sessions[session.id]?.state = .opening(Session.Opening(asker: nil, until: opening.until))
        startClosing(session.id, .openFailed, nil)
    }

    /// Has somebody who asked to wait wait on, at the place where he was. False for one who did not, or has waited enough.
    mutating func putBack(_ wish: Wish, _ asker: Asker, of session: Session, at tenant: TenantRules) -> Bool {
        guard let patience = wish.acquisition.patience, wish.since + patience > now, drain == nil, stopping == nil,
            locks[tenant.name] == nil
        else {
            return false
        }
        join(tenant.name, session.identity.admin, wish.acquisition, asker, wish.caller, turnedAway: wish.since)
        return true
    }

    // MARK: what was seen

    /// Believes a list, and has the tenant asked for each of ours that is not in it: some have lists that are never complete.
    mutating func see(_ list: ShellList, by account: Account) {
        sightings[account.tenant, default: [:]][account.admin] = list
        touch(account.tenant)
        // While a shell of the account is being made, what is not in the list proves nothing.
        let isCreating = sessions(at: account.tenant).contains { session in
            guard session.identity.admin == account.admin, case .opening(let opening) = session.state else {
                return false
            }
            return opening.stage == .creating
        }
        guard list.isComplete, !isCreating else { return }
        let listed = Set(list.shells.map { $0.shellID.lowercased() })
        for session in sessions(at: account.tenant) where session.identity.admin == account.admin {
            guard case .ready(let since) = session.state, since < list.askedAt, session.lastUsed < list.askedAt,
                let shell = session.shell, !listed.contains(shell.shellID.lowercased())
            else { continue }
            effects.append(.probeSession(session.identity))
        }
    }

    /// A shell that has ended is in no list any more, whatever an older one says.
    mutating func forgetSighting(of shellID: String, at tenant: TenantName) {
        guard let lists = sightings[tenant] else { return }
        let id = shellID.lowercased()
        sightings[tenant] = lists.mapValues { list in
            ShellList(
                askedAt: list.askedAt, shells: list.shells.filter { $0.shellID.lowercased() != id },
                isComplete: list.isComplete)
        }
    }

    /// The shells at a tenant that are not on our books, those first that were seen by the account first in name.
    public func foreignShells(at tenant: TenantName, seenWithin span: Duration? = nil) -> [ForeignShell] {
        guard let lists = sightings[tenant] else { return [] }
        var known: Set<String> = []
        for session in sessions(at: tenant) {
            for id in [session.identity.shell?.description, session.shell?.shellID] {
                if let id { known.insert(id.lowercased()) }
            }
        }
        var found: [ForeignShell] = []
        for (admin, list) in lists.sorted(by: { $0.key < $1.key }) {
            if let span, list.askedAt + span <= now { continue }
            for shell in list.shells where known.insert(shell.shellID.lowercased()).inserted {
                let origin = origin(of: shell)
                // One of ours that is on the books under another id, as old servers give them.
                if case .lost(let id) = origin, sessions[id] != nil { continue }
                found.append(
                    ForeignShell(
                        tenant: tenant, seenBy: admin, admin: account(of: shell, seenBy: admin, at: tenant),
                        seenAt: list.askedAt, shell: shell, origin: origin))
            }
        }
        return found
    }

    private func origin(of shell: SeenShell) -> ForeignShell.Origin {
        guard let name = shell.name.flatMap(ShellName.init) else { return .outside }
        return name.host == rules.host ? .lost(name.session) : .otherHost(name.host)
    }

    /// Whose it is. Windows writes DOMAIN\name for name@domain; who does not say whose it is lists only one's own.
    private func account(of shell: SeenShell, seenBy admin: AdminName, at tenant: TenantName) -> AdminName? {
        guard let owner = shell.owner?.lowercased(), !owner.isEmpty else { return admin }
        let local = owner.split(separator: "\\").last.map(String.init) ?? owner
        return rules[tenant]?.admins.first { account in
            let upn = (account.upn ?? account.name.description).lowercased()
            return upn == owner || upn.split(separator: "@").first.map(String.init) == local
        }?.name
    }

    // MARK: limits

    /// The limit that leaves no room for one more session of an account: ours, by our books and by what others were
    /// just now seen to hold there, or what the tenant has lately shown to be its own.
    func shortage(for admin: AdminName, by tenant: TenantRules) -> QuotaLedger.Shortage? {
        shortage(for: admin, by: tenant, ledger.seats(at: tenant.name))
    }

    /// The same for who asks about many accounts: the tenant's taken seats are looked up once.
    func shortage(
        for admin: AdminName, by tenant: TenantRules, _ taken: [QuotaLedger.Seat]
    ) -> QuotaLedger.Shortage? {
        // A grant at a tenant without shells asks nothing further: that is most of them.
        let isAllKnown = sightings.isEmpty && learned.isEmpty
        let outside = isAllKnown ? QuotaLedger.Outside() : outside(admin, tenant, learned: true)
        return QuotaLedger.shortage(for: admin, by: tenant, taken, besides: outside)
    }

    private func outside(_ admin: AdminName, _ tenant: TenantRules, learned withLearned: Bool) -> QuotaLedger.Outside {
        let isFresh = sightings[tenant.name]?.values.contains { $0.askedAt + Self.sightingKept > now } == true
        let foreign = isFresh ? foreignShells(at: tenant.name, seenWithin: Self.sightingKept) : []
        let limit = learned[Account(tenant.name, admin)].flatMap { $0.until > now ? $0.limit : nil }
        return QuotaLedger.Outside(
            ofAdmin: foreign.count { $0.admin == admin }, all: foreign.count, limitPerAdmin: withLearned ? limit : nil)
    }

    /// Whether somebody in line is kept from a seat by what others hold at the tenant, or by its own word.
    public func isHeldBack(_ call: CallID) -> Bool {
        for (name, line) in lines {
            guard let waiter = line.waiters.first(where: { $0.asker.call == call }), let tenant = rules[name] else {
                continue
            }
            if let notBefore = waiter.notBefore, notBefore > now { return true }
            let shortage = shortage(for: waiter.admin, by: tenant)
            return shortage != nil && ledger.shortage(for: waiter.admin, by: tenant) == nil
        }
        return false
    }

    /// When what was seen or learned stops standing in somebody's way, and he is to be tried again.
    func outsideEnds(for admin: AdminName, at tenant: TenantName) -> Moment? {
        let seen = (sightings[tenant] ?? [:]).values.map { $0.askedAt + Self.sightingKept }
        let learned = [learned[Account(tenant, admin)]?.until].compactMap { $0 }
        return (seen + learned).filter { $0 > now }.min()
    }

    /// The tenant refused a session that by our books it has room for. If even what others hold does not explain that, its
    /// limit is lower than ours.
    mutating func learn(from session: Session, limit said: Int?) {
        let identity = session.identity
        guard let tenant = rules[identity.tenant] else { return }
        let held = ledger.inUse(by: identity.admin, at: tenant.name) - 1
        let isSeen = sightings[tenant.name]?[identity.admin].map { $0.askedAt + Self.sightingKept > now } == true
        // Where the tenant does not say what others hold there, it may be they.
        guard said != nil || isSeen else { return }
        let foreign = foreignShells(at: tenant.name, seenWithin: Self.sightingKept).count { $0.admin == identity.admin }
        let limit = said ?? held + foreign
        guard limit < tenant.limitPerAdmin else { return }
        learned[Account(tenant.name, identity.admin)] = LearnedLimit(limit: limit, until: now + Self.learnedKept)
    }
}
