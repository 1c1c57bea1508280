public import UsherCore

/// Contract, section 2, asked after every step: by what the tenant knows, by what the books say, by what is on disk,
/// and by what people were told.
extension World {
    mutating func check() {
        guard faults.isEmpty else { return }
        let books = Books(of: commit.broker, at: clock.now)
        checkSeats(books)
        if hasReadJournal { faults += books.unseated(tenant.counted(at: clock.now, rules)) }
        faults += books.miscounts
        faults += books.beyondTheirRule
        faults += books.lateDeadlines
        faults += books.standing(waiters(), wanted: wanted(books))
        faults += books.heldByNobody(
            connections: holders, consoles: consoles, isThere: connections.contains, isOpen: openConsoles.contains)
        if books.isUpToDate { checkCalls() }
        checkJournal(books)
        if !faults.isEmpty { for fault in faults { history.add(clock.now, fault) } }
    }

    private mutating func checkSeats(_ books: Books) {
        let present = Set(books.sessions.map(\.identity.id))
        let new = present.subtracting(seated)
        faults += books.seatsBeyondLimits(among: new)
        if let first = new.min(), first <= lastSeated { faults.append("\(first) is given out a second time") }
        lastSeated = max(lastSeated, present.max() ?? lastSeated)
        seated = present
    }

    /// Those in line. Everyone in it is somebody who is there and waits.
    private mutating func waiters() -> [Books.Waiter] {
        commit.broker.callsInLine.compactMap { id in
            guard let call = calls[id], let wish = call.request.wish, let tenant = TenantName(wish.tenant),
                let admin = call.admin
            else {
                faults.append("call \(id.rawValue) is in line and nobody waits for it")
                return nil
            }
            // Who did not ask to wait is told nothing: he has seconds to go.
            let lastTold = (wish.wait ?? .zero) > .zero ? call.lastTold ?? .start : clock.now
            return Books.Waiter(
                tenant: tenant, admin: admin, lastTold: lastTold, isHeldBack: commit.broker.isHeldBack(id))
        }
    }

    /// The sessions whose lease may be on its way to the disk.
    private func wanted(_ books: Books) -> Set<SessionID> {
        let callers = calls.values.filter { call in
            switch call.request {
            case .attach: true
            case .acquire(let wish): wish.reuse || wish.request != nil
            default: false
            }
        }
        let uids = Set(callers.map(\.caller.uid))
        return Set(books.sessions.filter { uids.contains($0.identity.owner) }.map(\.identity.id))
    }

    private mutating func checkCalls() {
        for (id, call) in calls {
            guard let deadline = call.deadline, deadline < clock.now else { continue }
            faults.append("call \(id.rawValue) should have been answered \(clock.now - deadline) ago")
        }
    }

    private mutating func checkJournal(_ books: Books) {
        faults += journal.faults
        guard hasReadJournal, commit.isClean, books.status.trouble == nil else { return }
        faults += journal.differences(from: commit.broker.records)
    }
}

extension Rules {
    /// Small limits, so that people meet them, and warm sessions.
    public static var simulated: Rules {
        var rules = Rules.sample
        rules.tenants[0].keepWarm = .minutes(5)
        rules.tenants[0].sessionsPerOrganization = 7
        rules.tenants[1].sessionsPerAdmin = 2
        rules.tenants[1].keepWarm = .minutes(5)
        rules.tenants[1].sessionsPerOrganization = 4
        return rules
    }
}
