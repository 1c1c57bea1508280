// START HERE: the tenant that the lab plays, as one value. Questions come in, answers go out; time is passed in.
//
// A question is a request of WS-Management by somebody who has proved who they are. It is answered at once, or later, when
// output or a time or room comes; a client that leaves while it waits takes nothing with it, for output leaves a queue only
// with an answer. What the tenant never does is help a client: a shell counts from the moment it is made until it is
// deleted or its idle clock ran out, whether or not anybody knows of it.
//
//     Create ──quota──► fault | hangs (dropped, or built late) | a shell whose pool breaks | a shell
//     shell  ──Delete──► gone: its waiting Receives end with 995
//            ──idle too long──► gone: they end with 2150858843
//
// The idle clock: every operation of a shell sets it back but a Receive for the pool, which clients repeat for ever, and
// one for a command that has ended; while a pipeline works it stands.

internal import CLIXML
internal import WSMan

/// A tenant: its quotas, shells, and what hangs.
struct LabTenant {
    var limits: LabLimits
    var world: LabWorld
    var shells: [GUID: Shell] = [:]
    var tally = Tally()
    var chance: Chance
    /// Receives that wait, in the order they came.
    private(set) var receives: [WaitingReceive] = []
    /// Creates that hang.
    var hanging: [HangingCreate] = []

    /// A number of the edge's for one request.
    typealias RequestID = Int

    /// An answer to a request.
    struct Reply {
        let request: RequestID
        let answer: ServerAnswer
    }

    /// A Receive with nothing to bring yet.
    struct WaitingReceive {
        let request: RequestID
        let shell: GUID
        let command: GUID?
        let deadline: Duration
        let envelopeBytesMax: Int
    }

    /// A Create that found no room.
    struct HangingCreate {
        let request: RequestID
        let user: String
        let resourceURI: String
        let wish: ShellWish
        let isLate: Bool
        /// Nobody waits for the answer any more.
        var isLeft = false
    }

    static let hangingMax = 1000
    static let shellsMax = 10_000

    init(limits: LabLimits, directory: Directory, startOfClock: Int64, seed: UInt64) {
        self.limits = limits
        world = LabWorld(directory: directory, startOfClock: startOfClock)
        chance = Chance(seed: seed)
    }

    /// A request by `user`. What it brings about, for this request and for others.
    mutating func ask(_ id: RequestID, user: String, _ request: ServerRequest, at now: Duration) -> [Reply] {
        world.now = now
        world.user = user
        tally.add(operation: request.operation.name)
        if case .receive(_, let command) = request.operation {
            tally.add(operation: command == nil ? "PoolReceive" : "CommandReceive")
        }
        var replies: [Reply] = []
        func reply(_ answer: ServerAnswer) { replies.append(Reply(request: id, answer: answer)) }
        do throws(ServerFault) {
            switch request.operation {
            case .create(let wish):
                var wish = wish
                wish.clientID = request.sessionID
                if let answer = try create(id, user, request.resourceURI, wish, at: now) { reply(answer) }
            case .command(let shell, let command, let arguments):
                reply(try begin(command, arguments, in: shell, user, at: now))
            case .send(let shell, let command, let bytes): reply(try send(bytes, to: command, in: shell, user, at: now))
            case .receive(let shell, let command):
                try receive(id, request, command, in: shell, user, at: now)
            case .signal(let shell, let command, let code):
                replies = try signal(code, command, in: shell, user, at: now)
                reply(.signalled)
            case .delete(let shell):
                _ = try own(shell, user)
                replies = end(shell, with: .aborted)
                tally.deletes += 1
                reply(.deleted)
            case .disconnect(let shell, let idleTimeOut, let bufferMode):
                replies = try disconnect(shell, user, idleTimeOut, bufferMode, at: now)
                reply(.disconnected)
            case .reconnect(let shell):
                try reconnect(shell, user, as: request.sessionID, at: now)
                reply(.reconnected)
            case .connect(let shell, let content):
                reply(.connected(try connect(shell, user, content, as: request.sessionID, at: now)))
            case .connectCommand(let shell, let command):
                guard try own(shell, user).server.pipelines[command] != nil else { throw .commandGone }
                reply(.connected(nil))
            case .get(let shell):
                try use(shell, user, at: now)
                reply(.shell(try own(shell, user).view(at: now, limits)))
            case .enumerateShells: reply(.shells(views(of: user, at: now)))
            case .enumerateCommands(let shell): reply(.commands(commands(of: try own(shell, user))))
            case .identify: reply(.identity)
            case .notSupported: throw .actionNotSupported(request.action)
            }
        } catch {
            reply(.fault(error))
        }
        return counted(replies + timePassed(at: now))
    }

    /// The client of a request has gone.
    mutating func clientLeft(_ id: RequestID) {
        receives.removeAll { $0.request == id }
        if let place = hanging.firstIndex(where: { $0.request == id }) {
            if hanging[place].isLate { hanging[place].isLeft = true } else { hanging.remove(at: place) }
        }
    }

    /// Lets pipelines go on, ends what is idle too long, answers what waited.
    mutating func timePassed(at now: Duration) -> [Reply] {
        world.now = now
        var replies: [Reply] = []
        for id in Array(shells.keys) {
            guard var shell = shells.removeValue(forKey: id) else { continue }
            if let wake = shell.server.wake(now: now), wake <= now {
                world.user = shell.owner
                shell.server.advance(&world)
                // The idle clock of a shell that worked starts when it stops.
                shell.lastActivity = now
            }
            shells[id] = shell
            if let end = shell.end(limits), end <= now {
                tally.reaped += 1
                replies += self.end(id, with: .shellGone(id.description))
            }
        }
        replies += buildLate(at: now)
        replies += answerReceives(at: now)
        return counted(replies)
    }

    /// When something is due again. Nil when only a request can change anything.
    func nextWake(now: Duration) -> Duration? {
        var times = receives.map(\.deadline)
        for shell in shells.values {
            if let wake = shell.server.wake(now: now) { times.append(wake) }
            if let end = shell.end(limits) { times.append(end) }
        }
        return times.min()
    }

    private mutating func counted(_ replies: [Reply]) -> [Reply] {
        for reply in replies { tally.add(reply.answer) }
        return replies
    }
}

// Operations on a shell.
extension LabTenant {
    /// The shell, if it is the caller's. To others it is not there.
    func own(_ id: GUID, _ user: String) throws(ServerFault) -> Shell {
        guard let shell = shells[id], shell.owner == user else { throw .shellGone(id.description) }
        return shell
    }

    /// An operation that sets the idle clock back.
    private mutating func use(_ id: GUID, _ user: String, at now: Duration) throws(ServerFault) {
        _ = try own(id, user)
        shells[id]?.lastActivity = now
    }

    /// The shell stays with what runs in it; whoever waits for its output is told.
    private mutating func disconnect(
        _ id: GUID, _ user: String, _ idleTimeOut: Duration?, _ bufferMode: String?, at now: Duration
    ) throws(ServerFault) -> [Reply] {
        try use(id, user, at: now)
        shells[id]?.isDisconnected = true
        if let idleTimeOut { shells[id]?.idleTimeOutWish = idleTimeOut }
        if let bufferMode { shells[id]?.bufferMode = bufferMode }
        return endReceives(with: .disconnected) { $0.shell == id }
    }

    /// MS-WSMV 3.1.4.16: for the client that had it. One that is connected stays so.
    private mutating func reconnect(
        _ id: GUID, _ user: String, as client: String?, at now: Duration
    ) throws(ServerFault) {
        guard try own(id, user).clientID?.lowercased() == client?.lowercased() else { throw .notToBeConnected }
        try use(id, user, at: now)
        shells[id]?.isDisconnected = false
    }

    /// MS-WSMV 3.1.4.17: for another client.
    private mutating func connect(
        _ id: GUID, _ user: String, _ content: [UInt8], as client: String?, at now: Duration
    ) throws(ServerFault) -> [UInt8] {
        guard try own(id, user).isDisconnected else { throw .notToBeConnected }
        try use(id, user, at: now)
        guard var shell = shells.removeValue(forKey: id) else { throw .shellGone(id.description) }
        defer { shells[id] = shell }
        shell.isDisconnected = false
        shell.clientID = client
        return shell.server.connect(content, &world)
    }

    /// An operation that only somebody does who is connected.
    private func checkConnected(_ id: GUID, _ user: String) throws(ServerFault) {
        if try own(id, user).isDisconnected { throw .disconnected }
    }

    private mutating func begin(
        _ command: GUID?, _ arguments: [UInt8], in id: GUID, _ user: String, at now: Duration
    ) throws(ServerFault) -> ServerAnswer {
        try checkConnected(id, user)
        try use(id, user, at: now)
        guard var shell = shells[id] else { throw .shellGone(id.description) }
        let command = limits.hasOwnIDs ? chance.guid() : command ?? chance.guid()
        guard shell.server.pipelines[command] == nil else { throw .identifierInUse }
        guard shell.server.pipelines.count < limits.commandsPerShell else {
            throw .commandsQuota(limit: limits.commandsPerShell)
        }
        shells[id] = nil
        shell.server.begin(command, arguments, &world)
        shells[id] = shell
        return .command(command)
    }

    private mutating func send(
        _ bytes: [UInt8], to command: GUID?, in id: GUID, _ user: String, at now: Duration
    ) throws(ServerFault) -> ServerAnswer {
        try checkConnected(id, user)
        try use(id, user, at: now)
        guard var shell = shells.removeValue(forKey: id) else { throw .shellGone(id.description) }
        defer { shells[id] = shell }
        if let command {
            guard shell.server.pipelines[command] != nil else { throw .commandGone }
            shell.server.receive(bytes, command: command, &world)
        } else {
            shell.server.receive(bytes, &world)
            shell.server.advance(&world)
        }
        return .sent
    }

    private mutating func receive(
        _ id: RequestID, _ request: ServerRequest, _ command: GUID?, in shellID: GUID, _ user: String, at now: Duration
    ) throws(ServerFault) {
        try checkConnected(shellID, user)
        let shell = try own(shellID, user)
        if let command {
            guard let run = shell.server.pipelines[command] else { throw .commandGone }
            if !run.isDone { shells[shellID]?.lastActivity = now }
        }
        receives.append(
            WaitingReceive(
                request: id, shell: shellID, command: command,
                deadline: now + min(request.operationTimeout, LabLimits.receiveTimeoutMax),
                envelopeBytesMax: request.envelopeBytesMax))
    }

    private mutating func signal(
        _ code: String, _ command: GUID?, in id: GUID, _ user: String, at now: Duration
    ) throws(ServerFault) -> [Reply] {
        try use(id, user, at: now)
        guard let command, var shell = shells.removeValue(forKey: id) else { throw .commandGone }
        defer { shells[id] = shell }
        // Spelled as Windows wants it, and as some clients have it who would have their command closed there.
        let isStop = ["crtl_c", "ctrl_c", "ctrl_break"].contains { code.hasSuffix("/" + $0) }
        guard isStop || code.hasSuffix("Terminate") || code.hasSuffix("terminate") else {
            throw .schema("\(code) is no signal.")
        }
        guard isStop ? shell.server.stop(command, &world) : shell.server.terminate(command, &world) else {
            throw .commandGone
        }
        return isStop ? [] : endReceives(with: .aborted) { $0.shell == id && $0.command == command }
    }

    private func commands(of shell: Shell) -> [CommandView] {
        shell.server.pipelines.values.map {
            CommandView(commandID: $0.commandID, line: $0.line, isDone: $0.hasEnded)
        }.sorted { $0.commandID.description < $1.commandID.description }
    }
}

// Receives.
extension LabTenant {
    private mutating func answerReceives(at now: Duration) -> [Reply] {
        guard !receives.isEmpty else { return [] }
        var replies: [Reply] = []
        let waiting = receives
        receives = []
        for receive in waiting {
            guard var shell = shells.removeValue(forKey: receive.shell) else {
                replies.append(Reply(request: receive.request, answer: .fault(.shellGone(receive.shell.description))))
                continue
            }
            let body = shell.server.take(receive.command, envelopeBytesMax: receive.envelopeBytesMax, &world)
            shells[receive.shell] = shell
            if let body {
                replies.append(Reply(request: receive.request, answer: .received(body)))
            } else if receive.deadline <= now {
                replies.append(Reply(request: receive.request, answer: .fault(.timedOut)))
            } else {
                receives.append(receive)
            }
        }
        return replies
    }

    mutating func endReceives(with fault: ServerFault, where isMeant: (WaitingReceive) -> Bool) -> [Reply] {
        let ended = receives.filter(isMeant)
        receives.removeAll(where: isMeant)
        return ended.map { Reply(request: $0.request, answer: .fault(fault)) }
    }
}
