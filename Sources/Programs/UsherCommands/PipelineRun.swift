import Glibc
import UsherAPI
import UsherClient
import Varlink

/// One pipeline from the call to its end, on the screen of whoever asked for it.
///
/// Ctrl-C asks the broker to stop it and goes on showing what still comes; a second one, or five seconds, closes the
/// connection, which stops it in any case.
struct PipelineRun {
    private let invocation: Invocation
    let address: BrokerAddress
    let shared: SharedOptions
    let console: Console
    let signals: SignalPipe
    let isVerbose: Bool
    /// What to type instead of script text.
    let scriptHint: String
    /// Whether it goes only to a broker that may be told a secret.
    private let hasSecrets: Bool
    private let questions: Questions
    private let feeder: InputFeeder?

    /// `input` is how objects lie on standard input, nil where it is not for the pipeline.
    init(
        invocation: Invocation, address: BrokerAddress, shared: SharedOptions, console: Console, signals: SignalPipe,
        isVerbose: Bool, scriptHint: String, input: InputFormat? = nil, hasSecrets: Bool = false
    ) {
        self.hasSecrets = hasSecrets
        self.address = address
        self.shared = shared
        self.console = console
        self.signals = signals
        self.isVerbose = isVerbose
        self.scriptHint = scriptHint
        questions = Questions(at: address, isInputTaken: input != nil, console: console)
        // `wake` writes to a descriptor that stays the same, and does nothing else.
        nonisolated(unsafe) let pipe = signals
        feeder = input.map { InputFeeder($0, to: address, wake: { pipe.wake() }) }
        var invocation = invocation
        invocation.answersPrompts = questions.canAsk
        invocation.hasInput = input != nil
        invocation.columns = console.output.terminalWidth
        self.invocation = invocation
    }

    private static let drainsWithin: Duration = .seconds(5)

    /// How it ended for us.
    enum End {
        /// By itself.
        case outcome(InvocationStream.Outcome)
        /// Because of this signal.
        case signal(Int32)
    }

    /// Runs it. Throws what the broker answered instead, or why it could not be asked.
    func run() throws -> End {
        let screen = InvocationScreen(shared: shared, console: console, scriptHint: scriptHint)
        defer { questions.drop() }
        do {
            let end = try follow(screen)
            try screen.finish()
            return end
        } catch {
            // What was begun is ended properly, so that what reads it can read it.
            try? screen.finish()
            throw error
        }
    }

    private func follow(_ screen: InvocationScreen) throws -> End {
        let waiting = WaitingScreen(for: tenant, verbose: isVerbose, shared: shared, console: console)
        defer { waiting.clear() }
        let client = try BrokerClient.connect(to: address, wake: signals.descriptor)
        if hasSecrets { try client.requireTrust() }
        let stream = try InvocationStream(invocation, on: client)
        var running: PipelineReference?
        /// Until something is heard of it, somebody has to be there at least.
        var silence: Deadline? = .within(BrokerClient.answerWithin)
        var stopping: (signal: Int32, until: Deadline)?
        while true {
            if let running, stopping == nil,
                let answer = questions.goOn(orUntilReadable: [stream.descriptor, signals.descriptor])
            {
                try questions.send(answer.value, to: answer.id, of: running)
                continue
            }
            let arrival = try next(from: stream, on: screen, until: stopping?.until ?? silence)
            switch arrival {
            case .nothing, .wake: break
            default: silence = nil
            }
            switch arrival {
            case .waiting(let place): waiting.show(place)
            case .step(let step): waiting.show(.step(step))
            case .begun(let pipeline, let record, let isReused):
                running = pipeline
                waiting.clear()
                waiting.succeed()
                if isVerbose { tell(record, isReused: isReused) }
                feeder?.start(pipeline)
            case .records(let records): try screen.show(records)
            case .taken: break
            case .ended(let outcome):
                if let failure = feeder?.failure { throw failure }
                return stopping.map { .signal($0.signal) } ?? .outcome(outcome)
            case .nothing:
                if let stopping, stopping.until.isOver { return .signal(stopping.signal) }
                if silence?.isOver == true {
                    try BrokerClient.requireAnswer(at: address)
                    silence = .within(BrokerClient.answerWithin)
                }
            case .wake:
                guard let signal = signals.arrived().map(\.number).first(where: { $0 != 0 }) else {
                    // What cannot be sent on leaves the pipeline without an end of its input.
                    if feeder?.failure != nil, let running { stop(running) }
                    continue
                }
                // Where nothing runs yet there is nothing to wait for.
                guard stopping == nil, let running else { return .signal(signal) }
                screen.clear()
                questions.drop()
                stopping = (signal, .within(Self.drainsWithin))
                stop(running)
            }
        }
    }

    /// The next arrival. What was written is handed over as soon as nothing more is there to be written.
    private func next(
        from stream: InvocationStream, on screen: InvocationScreen, until bound: Deadline?
    ) throws -> InvocationStream.Arrival {
        var failure: (any Error)?
        func take(_ frame: UnsafeBufferPointer<UInt8>) -> Bool {
            do {
                return try screen.take(frame)
            } catch {
                failure = error
                return true
            }
        }
        var arrival = try stream.next(by: .within(.zero), wake: signals.descriptor, take: take)
        for prompt in screen.takePrompts() { questions.add(prompt) }
        if case .nothing = arrival, !questions.areOpen {
            try screen.pause()
            let deadline = (screen.deadline ?? .never).orEarlier(bound ?? .never)
            arrival = try stream.next(by: deadline, wake: signals.descriptor, take: take)
            if case .nothing = arrival { try screen.pause() }
            for prompt in screen.takePrompts() { questions.add(prompt) }
        }
        if let failure { throw failure }
        return arrival
    }

    /// Our connection is busy streaming, so another one carries it. Where it fails, closing ours does it.
    private func stop(_ pipeline: PipelineReference) {
        guard let client = try? BrokerClient.connectAtOnce(to: address) else { return }
        _ = try? client.call(Method.stop.call(pipeline.parameters), within: .seconds(2))
    }

    private var tenant: String {
        if case .tenant(let tenant, _, _, _, _) = invocation.place { tenant } else { "" }
    }

    private func tell(_ session: JSONObject, isReused: Bool) {
        let how: String
        if case .session = invocation.place { how = "Using" } else { how = isReused ? "Using the idle" : "Opened" }
        shared.say(
            "\(how) \(session.name("session")) on \(session.name("tenant")) as \(session.name("admin")).", on: console)
    }
}
