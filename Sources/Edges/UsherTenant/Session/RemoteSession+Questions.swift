// What a pipeline asks of its host, and what is sent into it: answers and objects.
//
// Every pipeline has a host that shows texts and is asked, also where nobody will answer: so the person at the other end at
// least hears what was asked. Then the tenant is told at once that nobody is there, and the command that asked fails.

internal import CLIXML
internal import PSRP
internal import UsherCore
internal import WSMan

extension RemoteSession {
    /// Questions of one pipeline that may be open at once, and deliveries under way. Real ones ask one after the other.
    private static let openMax = 16

    /// Handles a call of the host. True where its caller is to hear of it.
    func called(_ call: HostCall, of pipelineID: PSGuid?) -> Bool {
        let window = running?.work.window ?? HostDefaults(size: Size(width: 80, height: 25))
        switch call.request(for: window) {
        case .show: return pipelineID != nil
        case .know(let fact): reply(to: call, of: pipelineID, .result(fact))
        case .ignore: if call.wantsAnswer { reply(to: call, of: pipelineID, .result(.null)) }
        case .refuse: refuse(call, of: pipelineID)
        case .ask:
            guard let running, pipelineID == running.pipelineID else {
                refuse(call, of: pipelineID)
                return false
            }
            guard running.work.takesQuestions, running.questions.count < Self.openMax, call.wantsAnswer else {
                refuse(call, of: pipelineID)
                return true
            }
            self.running?.questions[call.callID] = call
            return true
        }
        return false
    }

    /// Sends something to what runs. `done` is called once: when the tenant has input, and when an answer is on its way.
    func send(_ sending: Sending, to invocation: InvocationID, _ done: @escaping (Delivery) -> Void) {
        switch sending {
        case .answer(let question, let reply): answer(invocation, question, reply, done)
        case .input(let input): feed(invocation, input, done)
        }
    }

    private func answer(
        _ invocation: InvocationID, _ question: Int64, _ answer: HostReply, _ done: @escaping (Delivery) -> Void
    ) {
        guard let running, running.invocation == invocation,
            let call = running.questions[question],
            case .ask(let asked) = call.request(for: running.work.window)
        else { return done(.nobodyWaits) }
        guard let value = answer.value else {
            self.running?.questions[question] = nil
            refuse(call, of: running.pipelineID)
            return done(.done)
        }
        guard let result = asked.result(for: value) else { return done(.unfit) }
        withKey(for: answer.secrets) { [self] seal in
            // Meanwhile somebody else may have answered, or the pipeline have ended.
            guard self.running?.pipelineID == running.pipelineID, self.running?.questions[question] != nil else {
                return done(.nobodyWaits)
            }
            self.running?.questions[question] = nil
            if let seal {
                reply(to: call, of: running.pipelineID, .result(seal(result)))
            } else {
                reply(to: call, of: running.pipelineID, .error(Self.noKey))
            }
            done(.done)
        }
    }

    private func feed(_ invocation: InvocationID, _ input: PipelineInput, _ done: @escaping (Delivery) -> Void) {
        guard let running, running.invocation == invocation, running.work.takesInput,
            !running.isInputOver, running.deliveries.count < Self.openMax
        else { return done(.nobodyWaits) }
        if input.isLast { self.running?.isInputOver = true }
        withKey(for: input.secrets) { [self] seal in
            guard let running = self.running, running.invocation == invocation else {
                return done(.nobodyWaits)
            }
            guard let seal else {
                self.running?.verdict = .notRun(.open, "the tenant gave no key for the secrets in its input")
                done(.nobodyWaits)
                return stopPipeline()
            }
            do {
                var messages: [Outgoing] = []
                for value in input.values { messages.append(try pool.input(seal(value), to: running.pipelineID)) }
                if input.isLast { messages.append(try pool.endInput(of: running.pipelineID)) }
                guard let outgoing = Outgoing.joined(messages) else { return done(.done) }
                self.running?.deliveries.append(done)
                send(outgoing, to: .command(GUID(running.pipelineID)))
            } catch {
                done(.nobodyWaits)
            }
        }
    }

    /// What was sent into the pipeline has arrived.
    func wasFed(_ id: GUID) {
        guard isRunning(id) else { return }
        let deliveries = running?.deliveries ?? []
        running?.deliveries = []
        for done in deliveries { done(.done) }
    }

    private func reply(to call: HostCall, of pipelineID: PSGuid?, _ outcome: HostResponse.Outcome) {
        guard let outgoing = try? pool.answer(call, of: pipelineID, outcome) else { return }
        send(outgoing, to: pipelineID.map { .command(GUID($0)) } ?? .pool)
    }

    /// There is nobody to answer, or nothing that could be done.
    private func refuse(_ call: HostCall, of pipelineID: PSGuid?) {
        let error = ErrorRecord(
            message: "The host has nobody who could answer (\(call.method)).",
            fullyQualifiedErrorID: "HostFunctionNotImplemented", category: .invalidOperation)
        reply(to: call, of: pipelineID, .error(error))
    }

    private static let noKey = ErrorRecord(
        message: "There is no key for a secret answer.", fullyQualifiedErrorID: "SessionKeyMissing",
        category: .invalidOperation)
}
