// Those who wait: how they join, in which order they are served, what they are told.

extension Broker {
    func lineIsFull(_ tenant: TenantName, _ caller: Caller) -> Refusal? {
        let here = lines[tenant]?.waiters.count ?? 0
        if here >= rules.waitingMax { return .tooManyRequests(setting: "waiting_max", limit: rules.waitingMax) }
        let own = lines.values.reduce(0) { $0 + $1.waiters.count { $0.caller.uid == caller.uid } }
        if own >= rules.waitingMaxPerUser {
            return .tooManyRequests(setting: "waiting_max_per_user", limit: rules.waitingMaxPerUser)
        }
        return nil
    }

    mutating func join(
        _ tenant: TenantName, _ admin: AdminName, _ acquisition: Acquisition, _ asker: Asker, _ caller: Caller,
        inPlaceOf first: Waiter? = nil, turnedAway since: Moment? = nil
    ) {
        nextArrival += 1
        let waiter = Waiter(
            asker: asker, caller: caller, admin: admin, acquisition: acquisition,
            arrival: first?.arrival ?? nextArrival, since: since ?? now,
            until: (since ?? now) + (acquisition.patience ?? rules.openDeadline), asked: acquisition.patience != nil,
            notBefore: since == nil ? nil : now + Self.sightingKept)
        if let first { _ = takeOut(of: tenant) { $0.asker == first.asker } }
        lines[tenant, default: WaitingLine()].join(waiter)
        look(at: waiter.deadline)
        touch(tenant)
    }

    /// Takes those out of a line who match, and returns them in the order in which they came.
    mutating func takeOut(of tenant: TenantName, _ matches: (Waiter) -> Bool) -> [Waiter] {
        guard lines[tenant]?.waiters.contains(where: matches) == true else { return [] }
        touch(tenant)
        return lines[tenant]?.leave(matches) ?? []
    }

    /// For what holds up everyone, or no longer does.
    mutating func touchLines() { for tenant in lines.keys { touch(tenant) } }

    /// Who is in any line.
    public var callsInLine: [CallID] { lines.values.flatMap { $0.waiters.map(\.asker.call) } }

    /// Gives out what became free, then tells those in line their places. Runs after every event.
    mutating func settle() {
        defer { touched.removeAll(keepingCapacity: true) }
        if lines.isEmpty { return }
        for tenant in touched.sorted() where lines[tenant] != nil {
            serve(tenant)
            tellPlaces(tenant)
        }
    }

    private mutating func serve(_ name: TenantName) {
        guard let tenant = rules[name] else {
            // The tenant was taken out of the configuration: nobody will ever be served here.
            for waiter in lines.removeValue(forKey: name)?.waiters ?? [] {
                refuse(waiter.asker, .tenantUnknown(name.description, suggestion: nil))
            }
            return
        }
        defer { if lines[name]?.isEmpty == true { lines[name] = nil } }
        // An account may be taken from somebody while he waits.
        let rules = rules
        let unmapped = takeOut(of: name) { waiter in
            tenant.admin(waiter.admin).map { rules.mayUse($0, waiter.caller) } != true
        }
        for waiter in unmapped {
            let reason = "this account is no longer mapped to you"
            refuse(waiter.asker, .notAuthorized(action: "act as \(waiter.admin) on \(name)", reason: reason))
        }
        // A reload may have left the tenant without anything to run in.
        if tenant.kind == .seats {
            for waiter in takeOut(of: name, { $0.acquisition.pipeline != nil || $0.acquisition.runsPipelines }) {
                refuse(waiter.asker, Self.noPipelines(at: name))
            }
        }
        guard grantTrouble == nil, drain == nil, stopping == nil else { return }
        repeat {
            while let next = nextInLine(tenant) {
                _ = takeOut(of: name) { $0.asker == next.asker }
                takeSeat(for: next.acquisition, by: next.admin, at: tenant, next.asker, next.caller, since: next.since)
            }
        } while makeRoom(tenant)
    }

    /// The first in order for whom there is room. An admin who has none holds up nobody behind him.
    private mutating func nextInLine(_ tenant: TenantRules) -> Waiter? {
        for waiter in line(at: tenant.name) {
            if let notBefore = waiter.notBefore, notBefore > now {
                look(at: notBefore)
                continue
            }
            switch admission(of: waiter.admin, at: tenant) {
            case .room: return waiter
            case .throttled(let until): look(at: until)
            case .full, .evict: look(at: outsideEnds(for: waiter.admin, at: tenant.name))
            }
        }
        return nil
    }

    /// Closes warm sessions for those in line, one for each at most: what was evicted already and not yet confirmed
    /// is for the first whom it helps. Returns whether there is room now already, because nobody had to be asked.
    private mutating func makeRoom(_ tenant: TenantRules) -> Bool {
        var coming = sessions(at: tenant.name).filter {
            if case .closing(let closing) = $0.state { closing.reason == .evicted } else { false }
        }
        for waiter in line(at: tenant.name) {
            guard let shortage = shortage(for: waiter.admin, by: tenant) else { continue }
            let helps = coming.firstIndex { shortage.scope == .organization || $0.identity.admin == waiter.admin }
            if let helps {
                coming.remove(at: helps)
            } else if case .evict(let session) = admission(of: waiter.admin, at: tenant) {
                end(session, .evicted)
                if sessions[session] == nil { return true }
            }
        }
        return false
    }

    /// Those in line, the next one to be served leading.
    func line(at tenant: TenantName) -> [Waiter] {
        lines[tenant]?.inOrder { ledger.inUse(by: $0, at: tenant) } ?? []
    }

    private mutating func tellPlaces(_ tenant: TenantName) {
        for (index, waiter) in line(at: tenant).enumerated() where waiter.asked {
            let isDue = waiter.told.map { $0.at + Waiter.heartbeat <= now || $0.position != index + 1 } ?? true
            guard isDue, let rules = rules[tenant] else { continue }
            let told = Waiter.Told(position: index + 1, at: now)
            lines[tenant]?.tell(waiter.asker.call, told)
            look(at: now + Waiter.heartbeat)
            let scope = shortage(for: waiter.admin, by: rules)?.scope ?? .organization
            let holders = holderViews(scope: scope, of: waiter.admin, at: tenant, for: waiter.caller)
            let news = News.waiting(
                position: index + 1, holders: holders, retryAfter: holders.compactMap(\.freesIn).min())
            effects.append(.tell(waiter.asker.call, news))
        }
    }
}
