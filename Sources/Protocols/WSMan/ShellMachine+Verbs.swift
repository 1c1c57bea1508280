// What may be asked of a shell, in the order a life uses it.

extension ShellMachine {
    /// Makes the shell.
    public mutating func create(_ creation: ShellCreation) -> [ShellEffect] {
        guard state == .new else { return refuse(.create) }
        state = .creating(isUnwanted: false)
        address = ShellAddress(resourceURI: endpoint.resourceURI, shellID: creation.shellID)
        return [order(.create(creation), for: .create)]
    }

    /// Asks for the next output of a queue: one answer's worth, unless that is being asked for already.
    ///
    /// To ask again only when there is room for more is how a slow reader slows a fast server.
    public mutating func receive(from queue: Queue) -> [ShellEffect] {
        guard state == .open else { return refuse(.receive(queue)) }
        guard !isUnderWay(.receive(queue)) else { return [] }
        guard let id = queue.command else { return [order(.receive(command: nil), for: .receive(queue))] }
        guard let command = commands[id], command.phase == .running else { return refuse(.receive(queue)) }
        return [order(.receive(command: command.assigned), for: .receive(queue))]
    }

    /// Begins a command with the first payload of its message, and sends it the others, each when the one before was
    /// taken.
    public mutating func run(_ id: GUID, payloads: [[UInt8]]) -> [ShellEffect] {
        guard state == .open, commands[id] == nil, let first = payloads.first else { return refuse(.command(id)) }
        commands[id] = Command(assigned: id, phase: .starting(isStopWanted: false, isUnwanted: false))
        outboxes[.command(id)] = Outbox(
            waiting: payloads.dropFirst().map { .init(payload: $0, stream: .stdin) }, isBusy: true)
        return [order(.command(id, arguments: first), for: .command(id))]
    }

    /// Sends input, behind what already waits for that queue.
    public mutating func send(
        _ payloads: [[UInt8]], to stream: Operation.InputStream, of queue: Queue
    ) -> [ShellEffect] {
        guard state == .open else { return refuse(.send(queue)) }
        if let id = queue.command, commands[id] == nil { return refuse(.send(queue)) }
        outboxes[queue, default: Outbox()].waiting += payloads.map { Outbox.Parcel(payload: $0, stream: stream) }
        return sendNext(queue)
    }

    /// Tells the service to stop a command. Its end comes as output, so receiving has to go on.
    public mutating func stop(_ id: GUID, by signal: Operation.Signal = .stop) -> [ShellEffect] {
        guard state == .open, let command = commands[id] else { return refuse(.stop(id)) }
        switch command.phase {
        case .starting(_, let isUnwanted):
            // It has no id that is sure yet; a signal that overtakes its Command would find nothing to stop.
            commands[id]?.phase = .starting(isStopWanted: true, isUnwanted: isUnwanted)
            return []
        case .running:
            guard !isUnderWay(.stop(id)) else { return [] }
            return [order(.signal(signal, command: command.assigned), for: .stop(id))]
        case .terminating: return []
        }
    }

    /// Frees a command, finished or not. Done by itself when CommandState says Done; a second time does no harm.
    public mutating func terminate(_ id: GUID) -> [ShellEffect] {
        guard state == .open, let command = commands[id] else { return refuse(.terminate(id)) }
        outboxes[.command(id)] = nil
        switch command.phase {
        case .starting(let isStopWanted, _):
            commands[id]?.phase = .starting(isStopWanted: isStopWanted, isUnwanted: true)
            return []
        case .running:
            commands[id]?.phase = .terminating(tries: 1)
        case .terminating:
            guard !isUnderWay(.terminate(id)) else { return [] }
        }
        return [order(.signal(.terminate, command: command.assigned), for: .terminate(id))]
    }

    /// Asks whether the shell is still there, without touching its streams.
    public mutating func probe() -> [ShellEffect] {
        guard [.open, .disconnected, .broken].contains(state) else { return refuse(.get) }
        guard !isUnderWay(.get) else { return [] }
        return [order(.get, for: .get)]
    }

    /// Leaves the shell running without us. Not while a Command or Send is out: whether it came first would not be known.
    public mutating func disconnect(
        idleTimeOut: Duration? = nil, bufferMode: Operation.BufferMode? = nil
    ) -> [ShellEffect] {
        guard state == .open, !outboxes.values.contains(where: \.isBusy) else { return refuse(.disconnect) }
        state = .disconnecting
        return [order(.disconnect(idleTimeOut: idleTimeOut, bufferMode: bufferMode), for: .disconnect)]
    }

    /// Takes up again what this client, by its `clientID`, disconnected.
    public mutating func reconnect() -> [ShellEffect] {
        guard state == .disconnected else { return refuse(.reconnect) }
        state = .reconnecting
        return [order(.reconnect, for: .reconnect)]
    }

    /// Takes over what another client disconnected. `content` is connectXml.
    public mutating func connect(content: [UInt8], protocolVersion: String = "2.3") -> [ShellEffect] {
        guard state == .disconnected else { return refuse(.connect) }
        state = .reconnecting
        return [order(.connect(content: content, protocolVersion: protocolVersion), for: .connect)]
    }

    /// Takes over a command of a shell that was connected to. Its output then comes by `receive`.
    public mutating func connectCommand(_ id: GUID) -> [ShellEffect] {
        guard state == .open, commands[id] == nil else { return refuse(.connectCommand(id)) }
        commands[id] = Command(assigned: id, phase: .starting(isStopWanted: false, isUnwanted: false))
        return [order(.connectCommand(id), for: .connectCommand(id))]
    }

    /// Ends the shell. While Create is out, as soon as that is answered.
    ///
    /// Deleting is tried in whatever state the shell is: one we forget still counts at the tenant until it runs out of
    /// patience, and that is somebody else's seat.
    public mutating func delete() -> [ShellEffect] {
        switch state {
        case .new:
            state = .gone
            return [.tell(.notCreated(.wrongState))]
        case .creating:
            state = .creating(isUnwanted: true)
            return []
        case .open, .disconnecting, .disconnected, .reconnecting, .broken:
            state = .deleting
            return [order(.delete, for: .delete)]
        case .deleting, .gone: return []
        }
    }

    private func refuse(_ purpose: Purpose) -> [ShellEffect] { [.tell(.failed(purpose, .wrongState))] }

    /// The next payload of a queue, if none is under way there.
    mutating func sendNext(_ queue: Queue) -> [ShellEffect] {
        guard state == .open, var outbox = outboxes[queue], !outbox.isBusy, !outbox.waiting.isEmpty else { return [] }
        let parcel = outbox.waiting.removeFirst()
        outbox.isBusy = true
        outboxes[queue] = outbox
        let command = queue.command.flatMap { commands[$0]?.assigned }
        return [order(.send(parcel.payload, to: parcel.stream, command: command), for: .send(queue))]
    }
}
