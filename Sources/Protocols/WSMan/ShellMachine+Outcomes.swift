// What outcomes mean. First whether they still matter, then what is said, and what that leaves of the shell.

extension ShellMachine {
    /// Takes the outcome of an order. Outcomes come in any order, each once.
    public mutating func finish(_ number: Int, _ outcome: Outcome) -> [ShellEffect] {
        guard let order = close(number) else { return [] }
        let result = order.request.result(of: outcome, limits: limits)
        switch order.purpose {
        case .create: return finishCreate(result)
        case .delete: return finishDelete(result)
        case .get: return finishGet(result)
        case .disconnect, .reconnect, .connect: return finishConnection(order.purpose, result)
        case .command, .connectCommand, .send, .receive, .stop, .terminate:
            // Of a shell that is being deleted, or lost, nothing but that matters any more.
            guard [.open, .disconnecting, .disconnected, .reconnecting].contains(state) else { return [] }
            return finishWork(order, result)
        }
    }

    private mutating func finishCreate(_ result: Result<Response, Failure>) -> [ShellEffect] {
        guard case .creating(let isUnwanted) = state else { return [] }
        var effects: [ShellEffect]
        switch result {
        case .success(.created(let created)):
            isCreateAnswered = true
            address = created.address
            state = .open
            effects = [.tell(.created(created))]
        case .success:
            state = .broken
            effects = [.tell(.uncertain(.create, .unreadable(.missing(element: "ResourceCreated"))))]
        // Nobody knows what a fault of a code that nobody knows leaves behind, and a Delete too many does no harm.
        case .failure(let failure) where !failure.mayHaveHappened && !failure.isUnknownFault:
            state = .gone
            return [.tell(.notCreated(failure))]
        case .failure(let failure):
            isCreateAnswered = !failure.mayStillHappen
            state = .broken
            effects = [.tell(.uncertain(.create, failure))]
        }
        if isUnwanted { effects += delete() }
        return effects
    }

    private mutating func finishDelete(_ result: Result<Response, Failure>) -> [ShellEffect] {
        guard state == .deleting else { return [] }
        state = .broken
        switch result {
        case .success:
            end()
            return [.tell(.deleted)]
        case .failure(let failure):
            if case .fault(.shellGone, _) = failure { return [.tell(lost(failure))] }
            return [.tell(failure.mayHaveHappened ? .uncertain(.delete, failure) : .failed(.delete, failure))]
        }
    }

    private mutating func finishGet(_ result: Result<Response, Failure>) -> [ShellEffect] {
        guard [.open, .disconnected, .broken].contains(state) else { return [] }
        switch result {
        case .success(.shell(let shell)):
            // Somebody's Create was answered if there is what it made.
            isCreateAnswered = true
            return [.tell(.described(shell))]
        case .success: return []
        case .failure(let failure):
            if case .fault(.shellGone, _) = failure { return [.tell(lost(failure))] }
            return [.tell(.failed(.get, failure))]
        }
    }

    private mutating func finishConnection(
        _ purpose: Purpose, _ result: Result<Response, Failure>
    ) -> [ShellEffect] {
        guard state == .disconnecting || state == .reconnecting else { return [] }
        switch result {
        case .success(.connected(let content)):
            state = .open
            return [.tell(.connected(content))]
        case .success:
            state = purpose == .disconnect ? .disconnected : .open
            return [.tell(purpose == .disconnect ? .disconnected : .reconnected)]
        case .failure(let failure):
            if case .fault(.shellGone, _) = failure { return [.tell(lost(failure))] }
            // MS-WSMV 3.1.4.16: Reconnect of a connected shell by its own client does nothing, so in doubt it counts as
            // disconnected.
            let stays = purpose == .disconnect && !failure.mayHaveHappened
            state = stays ? .open : .disconnected
            return [.tell(failure.mayHaveHappened ? .uncertain(purpose, failure) : .failed(purpose, failure))]
        }
    }

    /// The server does not know the shell. Whether that can be believed decides where it leads.
    mutating func lost(_ failure: Failure) -> ShellEvent {
        guard !hasAffinity, isCreateAnswered else {
            state = .broken
            return .notFound(failure)
        }
        end()
        return .gone(failure)
    }

    private mutating func end() {
        state = .gone
        commands = [:]
        outboxes = [:]
    }
}
