// One pipeline at a time: sent once, its output received only as fast as it is taken, terminated when it is over.

internal import CLIXML
internal import PSRP
internal import UsherCore
internal import WSMan

extension RemoteSession {
    /// A pipeline under way.
    struct Running {
        let invocation: InvocationID
        let work: Work
        let output: any PipelineOutput
        var pipelineID: PSGuid
        var errors = 0
        var isStopping = false
        /// Said instead of how the pipeline ended.
        var verdict: InvocationEnd?
        /// Receives that broke before the first byte of their answer, one after another.
        var breaks = 0
        /// Receives that the tenant would not answer now, one after another.
        var delays = 0
        var stopAlarm: Lane.Alarm?
        /// Whether it was told to stop by the second word for that.
        var isStopSpelled = false
        /// Whether the commands are being asked for in the second way.
        var usesGetCommand = false
        /// Calls of the host that somebody is being asked about, by their ids.
        var questions: [Int64: HostCall] = [:]
        /// Who waits for the tenant to have what was sent into it.
        var deliveries: [(Delivery) -> Void] = []
        var isInputOver = false

        /// How it ended where the tenant has closed it because it was to be stopped.
        var whenStopped: InvocationEnd? {
            isStopping ? .done(InvocationReport(.stopped, errors: errors)) : nil
        }
    }

    /// How long the tenant may take to stop a pipeline before its session is given up: some cmdlets cannot be stopped.
    private static let stopDeadline = Duration.seconds(30)
    /// How often a Receive is asked again whose connection broke before it was answered.
    private static let breaksMax = 5
    /// How often a Receive is asked again that the tenant put off: some minutes.
    private static let delaysMax = 20

    func start(_ invocation: InvocationID, _ work: Work, _ output: any PipelineOutput) {
        guard phase == .open else {
            output.finish()
            return report(
                .invocationEnded(identity.id, invocation, .notRun(.open, "the session is being ended")))
        }
        if shell == nil || !hasGoodProof {
            connect(.reach(.run(invocation, work, output)))
        } else {
            run(invocation, work, output)
        }
    }

    /// The entrance is there, or fresh again.
    func go(_ errand: Errand) {
        switch errand {
        case .run(let invocation, _, let output) where stopWanted == invocation:
            stopWanted = nil
            output.finish()
            report(.invocationEnded(identity.id, invocation, .done(InvocationReport(.stopped))))
        case .run(let invocation, let work, let output): run(invocation, work, output)
        case .delete: verb { $0.delete() }
        case .probe: verb { $0.probe() }
        case .poll: pollAgain()
        case .renewal: break
        }
    }

    /// Asks the tenant whether it has the shell.
    func probe() {
        guard phase == .open, approach == nil else { return }
        if shell == nil || !hasGoodProof {
            connect(.reach(.probe))
        } else {
            go(.probe)
        }
    }

    private func run(_ invocation: InvocationID, _ work: Work, _ output: any PipelineOutput) {
        guard phase == .open else { return }
        // The pool's messages, the key for secrets and that it was closed, come only to those who ask.
        if shell?.isReceiving(from: .pool) != true { verb { $0.receive(from: .pool) } }
        running = Running(invocation: invocation, work: work, output: output, pipelineID: .zero)
        begin()
    }

    private func begin() {
        guard let running else { return }
        withKey(for: running.work.secrets) { [self] seal in
            // It may have been begun by somebody else meanwhile: it is sent once.
            guard self.running?.invocation == running.invocation,
                self.running?.pipelineID == .zero
            else { return }
            guard let seal else {
                self.running?.verdict = .notRun(.open, "the tenant gave no key for the secrets in it")
                return endInvocation(nil)
            }
            begin(running, seal)
        }
    }

    private func begin(_ running: Running, _ seal: (PSValue) -> PSValue) {
        let id = GUID.random()
        let pipelineID = PSGuid(id)
        self.running?.pipelineID = pipelineID
        let outgoing: Outgoing
        do {
            switch running.work.content {
            case .commands(let commands):
                outgoing = try pool.start(running.work.pipeline(commands, seal), id: pipelineID)
            case .script(let text):
                outgoing = try pool.start(running.work.pipeline([Command(script: text)], seal), id: pipelineID)
            case .listing where running.usesGetCommand:
                outgoing = try pool.start(CreatePipeline([Command("Get-Command")]), id: pipelineID)
            case .listing: outgoing = try pool.start(GetCommandMetadata(), id: pipelineID)
            }
        } catch {
            self.running?.verdict = .notRun(.open, "\(error)")
            return endInvocation(nil)
        }
        verb { machine in
            machine.run(id, payloads: outgoing.pieces(bytesMax: machine.payloadBytesMax))
        }
    }

    func stop(_ invocation: InvocationID) {
        if running == nil, approach != nil { stopWanted = invocation }
        guard let running, running.invocation == invocation, !running.isStopping else { return }
        if running.pipelineID == .zero {
            // The tenant has not heard of it yet.
            self.running?.verdict = .done(InvocationReport(.stopped))
            return endInvocation(nil)
        }
        stopPipeline()
    }

    func stopPipeline() {
        guard let running else { return }
        self.running?.isStopping = true
        try? pool.stop(running.pipelineID)
        self.running?.stopAlarm = account.lane.after(Self.stopDeadline) { [self] in
            guard let stopping = self.running, stopping.invocation == running.invocation else { return }
            let verdict = InvocationEnd.uncertain(
                "it did not stop within \(Self.stopDeadline.spelledOut), and may still run")
            self.running?.verdict = stopping.verdict ?? verdict
            endInvocation(nil)
        }
        verb { $0.stop(GUID(running.pipelineID)) }
        receiveMore()
    }

    // MARK: output

    /// Asks for more output if there is somebody to take it. One that is being stopped is read to its end regardless.
    func receiveMore() {
        guard let running, running.isStopping || running.output.hasRoom else { return }
        verb { machine in
            machine.isRunning(GUID(running.pipelineID)) ? machine.receive(from: .command(GUID(running.pipelineID))) : []
        }
    }

    /// Whether what is told of a command concerns what runs now. Of the one before it something may still be under way.
    func isRunning(_ id: GUID) -> Bool { running.map { GUID($0.pipelineID) == id } == true }

    func receivedFromPipeline(_ id: GUID, _ payloads: [[UInt8]]) {
        guard let running, isRunning(id) else { return }
        reconnections = 0
        for payload in payloads { pool.receive(payload, from: running.pipelineID) }
        if handlePoolEvents() { receiveMore() }
    }

    /// Hands on what a pipeline wrote, and sees to its end.
    func deliver(_ events: [PipelineEvent]) {
        guard let running, !events.isEmpty else { return }
        var written: [PipelineEvent] = []
        var outcome: PipelineOutcome?
        for event in events {
            switch event {
            case .ended(let end):
                outcome = end
                if case .failed(let error?) = end { written.append(.record(.error(error))) }
            case .hostCall(let call): if called(call, of: running.pipelineID) { written.append(event) }
            case .progressed: break
            case .output(let value):
                // Errors may have been merged into the output.
                let isError = ErrorRecord(value).wasMerged
                written.append(isError ? .record(.error(ErrorRecord(value))) : event)
            case .record, .undecodable: written.append(event)
            }
        }
        // An error that cannot be read is one all the same.
        self.running?.errors += written.count { event in
            switch event {
            case .record(.error), .undecodable(.errorRecord, _): true
            default: false
            }
        }
        if case .failed = outcome, case .listing = running.work.content, !running.usesGetCommand { return listAgain() }
        // One that is being stopped is read to its end; what its client has no room for is nobody's any more.
        if running.isStopping, !running.output.hasRoom { written = [] }
        if running.verdict == nil, !written.isEmpty,
            case .tooLarge(let limit, let property) = running.output.take(written)
        {
            self.running?.verdict = .outputTooLarge(limitBytes: limit, property: property)
            if outcome == nil { return stopPipeline() }
        }
        guard let outcome else { return }
        // Said also where it completed: whoever counts its objects would count too few.
        if pool.hasLost, running.verdict == nil, self.running?.verdict == nil {
            self.running?.verdict = .uncertain("a part of its output was lost when a connection broke")
        }
        endInvocation(outcome)
    }

    /// Many endpoints do not know the message that asks for commands, and have the command that lists them.
    private func listAgain() {
        guard let running else { return }
        let id = GUID(running.pipelineID)
        self.running?.usesGetCommand = true
        self.running?.pipelineID = .zero
        self.running?.errors = 0
        verb { $0.terminate(id) }
        begin()
    }

    func commandFinished(_ id: GUID) {
        guard let running, isRunning(id) else { return }
        // Without its last message nobody can say how it ended, but for one that was to be stopped: that it has.
        self.running?.verdict =
            running.verdict ?? running.whenStopped
            ?? .uncertain("the tenant ended the pipeline and did not say how")
        endInvocation(nil)
    }

    /// The pipeline is over: tells how, and frees it at the tenant.
    func endInvocation(_ outcome: PipelineOutcome?) {
        guard let running else { return }
        leaveRunning()
        let report = InvocationReport(outcome.map(\.reported) ?? .failed, errors: running.errors)
        self.report(.invocationEnded(identity.id, running.invocation, running.verdict ?? .done(report)))
        // A command that is not terminated counts against the shell for ever.
        if phase == .open, running.pipelineID != .zero { verb { $0.terminateIfHeld(GUID(running.pipelineID)) } }
    }

    /// Nobody hears of what runs any more, and nobody waits for it.
    func leaveRunning() {
        guard let running else { return }
        self.running = nil
        if let alarm = running.stopAlarm { account.lane.cancel(alarm) }
        running.output.finish()
        for done in running.deliveries { done(.nobodyWaits) }
        forgetKeyWaiters()
    }

    // MARK: trouble

    func pipelineFailed(_ purpose: WSMan.Purpose, _ failure: Failure, _ mayHaveHappened: Bool) {
        guard let running else { return }
        if case .receive = purpose, let pause = pause(running, after: failure) {
            account.lane.after(pause) { [self] in receiveMore() }
            return
        }
        if case .command = purpose, case .fault(.streamDisconnected, _) = failure, phase == .open {
            // It is sent again when the session is connected; nothing of it has run.
            pool.forget(running.pipelineID)
            self.running?.pipelineID = .zero
            return
        }
        switch purpose {
        case .command where !mayHaveHappened && (failure.isUnauthorized || failure.isForbidden || failure.isBusy):
            let failure = OpenFailure(failure, stage: .authenticate, at: lastStage, leftNothing: true)
            self.running?.verdict = .notReached(whyRefused ?? account.judged(failure, proof))
        case .command where !mayHaveHappened:
            self.running?.verdict = .notRun(lastStage, failure.text)
        case .receive where failure.isEndOfCommand && running.isStopping:
            self.running?.verdict = running.verdict ?? running.whenStopped
        case .receive:
            self.running?.verdict = .uncertain("its output was lost: \(whyRefused?.summary ?? failure.text)")
        default: self.running?.verdict = .uncertain(failure.text)
        }
        endInvocation(nil)
        if case .fault(.commandsQuota, _) = failure { broke(failure.text) }
    }

    /// After which pause output is asked for again; nil where that would not help.
    ///
    /// What was refused is still there. What broke before its answer began may be there or not, as the server saw it: the
    /// ids of what comes next tell.
    private func pause(_ running: Running, after failure: Failure) -> Duration? {
        if failure.isBusy || whyRefused?.isTemporary == true {
            guard running.delays < Self.delaysMax else { return nil }
            self.running?.delays += 1
            if failure.mayHaveHappened { pool.watchForLoss() }
            return failure.retryAfter ?? min(.seconds(30), .milliseconds(500 << Int64(min(6, running.delays))))
        }
        guard failure.answerNeverBegan || failure.isOfGateway, running.breaks < Self.breaksMax else { return nil }
        self.running?.breaks += 1
        if failure.mayHaveHappened { pool.watchForLoss() }
        return .milliseconds(200 << Int64(running.breaks))
    }

    /// A command that is not freed counts against the shell, so the tenant is asked for that until it does it.
    func terminateFailed(_ id: GUID, _ failure: Failure) {
        guard failure.mayPass || whyRefused?.isTemporary == true else { return }
        account.lane.after(failure.retryAfter ?? .seconds(5)) { [self] in
            if phase == .open { verb { $0.terminate(id) } }
        }
    }

    /// Whoever had it stopped waits for that. A service that does not know the word is told the other one.
    func stopFailed(_ id: GUID, _ failure: Failure) {
        guard failure.mayPass || whyRefused?.isTemporary == true else {
            if case .fault = failure, isRunning(id), running?.isStopSpelled == false {
                running?.isStopSpelled = true
                verb { $0.stop(id, by: .stopAsSpelled) }
            }
            return
        }
        account.lane.after(failure.retryAfter ?? .seconds(1)) { [self] in
            guard let running, running.isStopping, GUID(running.pipelineID) == id else { return }
            verb { $0.stop(id, by: running.isStopSpelled ? .stopAsSpelled : .stop) }
        }
    }

    /// The session is connected again.
    func resume() {
        guard let running else { return }
        if running.pipelineID == .zero { begin() } else { receiveMore() }
    }

    /// The way to the shell could not be found again.
    func didNotReach(_ errand: Errand, _ failure: OpenFailure) {
        if case .run(_, _, let output) = errand { output.finish() }
        // Whatever it was for, what is wanted by now is the end.
        switch isCloseWanted ? .delete : errand {
        case .run(let invocation, _, _): report(.invocationEnded(identity.id, invocation, .notReached(failure)))
        case .delete:
            phase = .lost
            report(.closeFailed(identity.id, failure.closeObstacle))
        case .poll where phase == .opening:
            openFailed(OpenFailure(failure.cause, message: failure.message, leftNothing: false))
        case .poll:
            pollFailures += 1
            account.lane.after(.seconds(30)) { [self] in pollAgain() }
        case .probe, .renewal: break
        }
    }
}

extension PipelineOutcome {
    fileprivate var reported: InvocationReport.Outcome {
        switch self {
        case .completed: .completed
        case .stopped: .stopped
        case .failed: .failed
        }
    }
}

extension Entrance {
    /// Whether the proof is still good.
    func isFresh(at now: Moment) -> Bool { freshUntil.map { $0 > now } ?? true }
}
