// The outcomes of what an open shell is there for: commands, input, output.

extension ShellMachine {
    mutating func finishWork(_ order: Order, _ result: Result<Response, Failure>) -> [ShellEffect] {
        switch result {
        case .success(let response):
            switch (order.purpose, response) {
            case (.command(let id), .command(let assigned)): return started(id, as: assigned)
            case (.connectCommand(let id), _): return [.tell(.commandConnected(id))] + continued(id)
            case (.send(let queue), _): return taken(queue)
            case (.receive(let queue), .received(let output)): return received(output, from: queue)
            case (.stop(let id), _): return [.tell(.stopSignalled(id))]
            case (.terminate(let id), _): return terminated(id)
            default: return []
            }
        case .failure(let failure): return failed(order, failure)
        }
    }

    private mutating func started(_ id: GUID, as assigned: GUID) -> [ShellEffect] {
        commands[id]?.assigned = assigned
        return [.tell(.commandStarted(id, assigned: assigned))] + continued(id)
    }

    /// A command runs: what was asked for meanwhile.
    private mutating func continued(_ id: GUID) -> [ShellEffect] {
        guard case .starting(let isStopWanted, let isUnwanted)? = commands[id]?.phase else { return [] }
        commands[id]?.phase = .running
        outboxes[.command(id)]?.isBusy = false
        if isUnwanted { return terminate(id) }
        return (isStopWanted ? stop(id) : []) + sendNext(.command(id))
    }

    private mutating func taken(_ queue: Queue) -> [ShellEffect] {
        outboxes[queue]?.isBusy = false
        let next = sendNext(queue)
        return next.isEmpty ? [.tell(.sent(queue))] : next
    }

    private mutating func received(_ output: ReceivedOutput, from queue: Queue) -> [ShellEffect] {
        // All of PSRP comes on stdout. What else a service may have to say is not for us to put together.
        let streams = output.streams.filter { $0.name.isEmpty || $0.name.lowercased() == "stdout" }
        let payloads = streams.map(\.bytes).filter { !$0.isEmpty }
        let isPending = output.state?.phase == .pending
        guard let id = queue.command else { return [.tell(.received(queue, payloads, isPending: isPending))] }
        // Whoever terminated it does not wait for its output any more.
        guard commands[id]?.phase == .running else { return [] }
        var effects: [ShellEffect] = [.tell(.received(queue, payloads, isPending: isPending))]
        // The same answer may speak of another command, as some servers do when two end together.
        if let state = output.state, state.phase == .done, isAbout(state.command, id) {
            effects.append(.tell(.commandFinished(id, exitCode: state.exitCode)))
            effects += terminate(id)
        }
        return effects
    }

    private func isAbout(_ told: GUID?, _ id: GUID) -> Bool {
        told == nil || told == id || told == commands[id]?.assigned
    }

    private mutating func terminated(_ id: GUID) -> [ShellEffect] {
        commands[id] = nil
        outboxes[.command(id)] = nil
        return [.tell(.terminated(id))]
    }

    // MARK: - Failures

    private mutating func failed(_ order: Order, _ failure: Failure) -> [ShellEffect] {
        switch order.purpose {
        case .receive(let queue):
            // A shell that is left ends its Receives, and so does a command that is terminated.
            guard state == .open else { return [] }
            if let id = queue.command, commands[id]?.phase != .running { return [] }
            if case .fault(.pollTimedOut, _) = failure {
                let again = Operation.receive(command: queue.command.flatMap { commands[$0]?.assigned })
                return [self.order(again, for: order.purpose, repetition: order.repetition + 1)]
            }
        case .stop(let id):
            // It was finished before it could be stopped.
            if case .fault(.commandGone, _) = failure { return [.tell(.stopSignalled(id))] }
        case .terminate(let id):
            if case .fault(.commandGone, _) = failure { return terminated(id) }
            if let again = terminateAgain(id, after: failure) { return [again] }
        default: break
        }
        if let end = shellEnd(order.purpose, failure) { return end }
        return drop(order.purpose, failure)
    }

    /// Whether a failure of that request is the end of the shell; MS-PSRP 3.1.5.3.13: one on the pool's streams is, one
    /// that is addressed to a command is only the command's.
    private mutating func shellEnd(_ purpose: Purpose, _ failure: Failure) -> [ShellEffect]? {
        guard case .fault(let meaning, _) = failure else { return nil }
        switch meaning {
        case .shellGone:
            let event = lost(failure)
            return [.tell(event)]
        case .badSelectors, .shuttingDown, .quotaExchange: break
        case .streamDisconnected:
            // Another client took it, or the service did it for want of Receives. It can be reconnected.
            state = .disconnected
            switch purpose {
            // Refused, so it was not carried out; whoever wanted it may want it again.
            case .command, .send: return [.tell(.disconnected)] + drop(purpose, failure)
            default: return [.tell(.disconnected)]
            }
        // To be asked again later; the shell has nothing to do with it.
        case .throttled, .operationsQuota, .accessDenied, .pollTimedOut: return nil
        case .aborted:
            switch purpose {
            case .receive(.pool), .send(.pool), .command: break
            default: return nil
            }
        default: guard purpose == .receive(.pool) else { return nil }
        }
        state = .broken
        return [.tell(.broken(failure))]
    }

    /// What a failed request leaves behind, and what is told of it.
    private mutating func drop(_ purpose: Purpose, _ failure: Failure) -> [ShellEffect] {
        let isInDoubt = failure.mayHaveHappened
        let told = ShellEffect.tell(isInDoubt ? .uncertain(purpose, failure) : .failed(purpose, failure))
        switch purpose {
        case .command(let id), .connectCommand(let id):
            outboxes[.command(id)] = nil
            guard isInDoubt else {
                commands[id] = nil
                return [told]
            }
            // It may run under the id we proposed: kept, so that it can be stopped and freed.
            return [told] + continued(id)
        case .send(let queue):
            // The fragments behind one that is missing are of no use to anybody.
            outboxes[queue] = nil
            return [told]
        case .receive(.command(let id)):
            guard case .fault(let meaning, _) = failure, meaning != .throttled(delay: nil), !meaning.isTemporary else {
                return [told]
            }
            if meaning == .commandGone {
                commands[id] = nil
                outboxes[.command(id)] = nil
                return [told]
            }
            return [told] + terminate(id)
        default: return [told]
        }
    }

    private mutating func terminateAgain(_ id: GUID, after failure: Failure) -> ShellEffect? {
        guard case .terminating(let tries)? = commands[id]?.phase, let command = commands[id], tries < terminateTriesMax
        else { return nil }
        // Only where the road may have been bad. A refusal would be the same again, and so would one for want of a token.
        guard failure.mayHaveHappened || failure.isTransport else { return nil }
        commands[id]?.phase = .terminating(tries: tries + 1)
        return order(.signal(.terminate, command: command.assigned), for: .terminate(id))
    }
}

extension Failure {
    fileprivate var isTransport: Bool { if case .transport = self { true } else { false } }
}

extension FaultClass {
    /// Whether the same request may do better later.
    fileprivate var isTemporary: Bool {
        switch self {
        case .throttled, .operationsQuota, .accessDenied: true
        default: false
        }
    }
}
