// Who may have a shell, and what becomes of those who may not. The tenant checks its quotas before it looks at anything else
// of a Create (MS-WSMV 3.1.4.5), so a refused one costs it nothing.

internal import CLIXML
internal import WSMan

extension LabTenant {
    /// The shells that count, of one administrator or of all.
    func places(of user: String? = nil) -> Int {
        shells.values.count { $0.takesPlace && (user == nil || $0.owner == user) }
    }

    /// Whose quota is full: `user` or `tenant`. Nil when there is room.
    private func fullQuota(for user: String) -> String? {
        if places(of: user) >= limits.sessionsPerAdmin { return "user" }
        return places() >= limits.sessionsPerOrganization ? "tenant" : nil
    }

    /// Nil when the Create is not answered now.
    mutating func create(
        _ id: RequestID, _ user: String, _ resourceURI: String, _ wish: ShellWish, at now: Duration
    ) throws(ServerFault) -> ServerAnswer? {
        tally.createsReceived += 1
        guard let full = fullQuota(for: user) else {
            return try build(user, resourceURI, wish, isLeaked: false, refusal: nil, at: now)
        }
        switch limits.overLimit {
        case .hang where hanging.count < Self.hangingMax:
            hanging.append(
                HangingCreate(
                    request: id, user: user, resourceURI: resourceURI, wish: wish, isLate: limits.hang == .late))
            return nil
        case .afterCreate:
            tally.createsRefused += 1
            let refusal = ErrorRecord.tooManyConnections(
                user: user, limit: limits.sessionsPerAdmin, requestID: chance.guid().description.lowercased())
            return try build(user, resourceURI, wish, isLeaked: false, refusal: refusal, at: now)
        case .hang, .fault:
            tally.createsRefused += 1
            throw .quota(of: full)
        }
    }

    private mutating func build(
        _ user: String, _ resourceURI: String, _ wish: ShellWish, isLeaked: Bool, refusal: ErrorRecord?,
        at now: Duration
    ) throws(ServerFault) -> ServerAnswer {
        let known = ["Microsoft.PowerShell", "Microsoft.Exchange"].map { ResourceURI.powershell(configuration: $0) }
        guard known.contains(where: { $0.lowercased() == resourceURI.lowercased() }) else {
            throw .resourceUnknown(resourceURI)
        }
        let id = limits.hasOwnIDs ? chance.guid() : wish.shellID ?? chance.guid()
        guard shells[id] == nil, shells.count < Self.shellsMax else { throw .identifierInUse }
        var shell = Shell(
            id: id, owner: user, name: wish.name, resourceURI: resourceURI, idleTimeOutWish: wish.idleTimeOut,
            clientID: wish.clientID, created: now, lastActivity: now,
            server: RunspaceServer(limits: limits, answerBytesMax: wish.envelopeBytesMax, refusal: refusal),
            isLeaked: isLeaked,
            takesPlace: refusal == nil)
        shell.server.receive(wish.content, &world)
        shells[id] = shell
        if refusal == nil { tally.createsAnswered += 1 }
        noteThePeak(of: user)
        return .created(shell.view(at: now, limits), address: "", isTerse: limits.hasOwnIDs)
    }

    private mutating func noteThePeak(of user: String) {
        tally.peak = max(tally.peak, places())
        tally.peaks[user] = max(tally.peaks[user] ?? 0, places(of: user))
    }

    /// Carries out Creates that hang, the oldest first, as far as there is room.
    mutating func buildLate(at now: Duration) -> [Reply] {
        var replies: [Reply] = []
        var place = 0
        while place < hanging.count {
            let create = hanging[place]
            guard create.isLate, fullQuota(for: create.user) == nil else {
                place += 1
                continue
            }
            hanging.remove(at: place)
            tally.createsLate += 1
            do throws(ServerFault) {
                let answer = try build(
                    create.user, create.resourceURI, create.wish, isLeaked: create.isLeft, refusal: nil, at: now)
                if !create.isLeft { replies.append(Reply(request: create.request, answer: answer)) }
            } catch {
                if !create.isLeft { replies.append(Reply(request: create.request, answer: .fault(error))) }
            }
        }
        return replies
    }

    /// Takes a shell away, whatever runs in it.
    mutating func end(_ id: GUID, with fault: ServerFault) -> [Reply] {
        shells[id] = nil
        return endReceives(with: fault) { $0.shell == id }
    }

    /// The shells of somebody, as they are listed for them.
    func views(of user: String, at now: Duration) -> [ShellView] {
        shells.values.filter { $0.owner == user }.sorted {
            ($0.created, $0.id.description) < ($1.created, $1.id.description)
        }
        .map { $0.view(at: now, limits) }
    }
}

// What only the control port can do.
extension LabTenant {
    /// Shells that somebody else opened, so that there is less room.
    mutating func openForeign(_ count: Int, for user: String, at now: Duration) {
        for number in 0..<min(count, 1000) where shells.count < Self.shellsMax {
            let id = chance.guid()
            shells[id] = Shell(
                id: id, owner: user, name: "WinRM\(number + 1)",
                resourceURI: ResourceURI.powershell(configuration: "Microsoft.PowerShell"), idleTimeOutWish: nil,
                created: now, lastActivity: now, server: RunspaceServer(limits: limits), isForeign: true)
        }
        noteThePeak(of: user)
    }

    /// Ends as many foreign shells; of everybody when `user` is nil. What hung may then be answered.
    mutating func closeForeign(_ count: Int, of user: String?, at now: Duration) -> [Reply] {
        let foreign = shells.values.filter { $0.isForeign && (user == nil || $0.owner == user) }
        var replies: [Reply] = []
        for shell in foreign.prefix(count) { replies += end(shell.id, with: .aborted) }
        return replies + timePassed(at: now)
    }

    /// Ends a shell as the tenant itself does: it is simply gone.
    mutating func reap(_ id: GUID, at now: Duration) -> [Reply] {
        guard shells[id] != nil else { return [] }
        tally.reaped += 1
        return end(id, with: .shellGone(id.description)) + timePassed(at: now)
    }

    /// Disconnects a shell as the tenant itself does when nobody asks it for anything.
    mutating func disconnect(_ id: GUID, at now: Duration) -> [Reply] {
        guard shells[id] != nil else { return [] }
        shells[id]?.isDisconnected = true
        return endReceives(with: .disconnected) { $0.shell == id } + timePassed(at: now)
    }

    /// Counts afresh, from what is there now.
    mutating func resetTally() {
        tally = Tally()
        world.executions = ExecutionLog()
        tally.peak = places()
        for owner in Set(shells.values.map(\.owner)) { tally.peaks[owner] = places(of: owner) }
    }
}
