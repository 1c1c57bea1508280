import HTTP
import Testing

@testable import WSMan

@Suite struct ShellMachineTableTests {
    typealias State = ShellMachine.State
    typealias Verb = ShellHarness.Verb

    static let states: [State] = [
        .new, .creating(isUnwanted: false), .open, .disconnecting, .disconnected, .reconnecting, .broken, .deleting,
        .gone,
    ]

    /// What verbs do where they do something. Everywhere else they tell that they did not.
    static let moves: [(State, Verb, [String], State)] = [
        (.new, .create, ["post create"], .creating(isUnwanted: false)),
        (.new, .delete, ["notCreated wrongState"], .gone),
        (.creating(isUnwanted: false), .delete, [], .creating(isUnwanted: true)),
        (.open, .receivePool, ["post receive pool"], .open),
        (.open, .run, ["post command"], .open),
        (.open, .send, ["post send pool"], .open),
        (.open, .probe, ["post get"], .open),
        (.open, .disconnect, ["post disconnect"], .disconnecting),
        (.open, .connectCommand, ["post connectCommand"], .open),
        (.open, .delete, ["post delete"], .deleting),
        (.disconnecting, .delete, ["post delete"], .deleting),
        (.disconnected, .probe, ["post get"], .disconnected),
        (.disconnected, .reconnect, ["post reconnect"], .reconnecting),
        (.disconnected, .connect, ["post connect"], .reconnecting),
        (.disconnected, .delete, ["post delete"], .deleting),
        (.reconnecting, .delete, ["post delete"], .deleting),
        (.broken, .probe, ["post get"], .broken),
        (.broken, .delete, ["post delete"], .deleting),
        (.deleting, .delete, [], .deleting),
        (.gone, .delete, [], .gone),
    ]

    @Test(arguments: states, Verb.allCases) func `every verb in every state`(state: State, verb: Verb) {
        var shell = ShellHarness(in: state)
        #expect(shell.machine.state == state)
        let effects = shell.perform(verb)
        if let move = Self.moves.first(where: { $0.0 == state && $0.1 == verb }) {
            #expect(effects == move.2)
            #expect(shell.machine.state == move.3)
        } else {
            #expect(effects.count == 1 && effects[0].hasSuffix("wrongState"), "\(effects)")
            #expect(shell.machine.state == state)
        }
    }

    enum What: Sendable, CustomStringConvertible {
        case success(String)
        case fault(UInt32, String = "x")
        case status(Int)
        case cut(TransportFailure.RequestLeft)
        case answerToAnother

        var description: String { "\(self)".prefix(40).description }
    }

    static let notFound: What = .fault(2_150_858_843, FaultClassTests.shellNotFound)
    static let commandNotFound: What = .fault(2_150_858_843, FaultClassTests.commandNotFound)
    static let quota: What = .fault(2_150_859_173)
    static let timedOut: What = .fault(2_150_858_793)
    static let done = Samples.received([[1, 2]], command: Samples.commandID, state: "Done")

    /// Verbs to begin with, the purpose whose order is answered, how, what comes of it, and the state after.
    static let outcomes: [(State, [Verb], Purpose, What, [String], State)] = [
        // Create: a refusal ends it, doubt does not.
        (.creating(isUnwanted: false), [], .create, .success(Samples.created()), ["created"], .open),
        (.creating(isUnwanted: false), [], .create, quota, ["notCreated quotaUser"], .gone),
        (.creating(isUnwanted: false), [], .create, .status(401), ["notCreated unauthorized"], .gone),
        (.creating(isUnwanted: false), [], .create, .status(302), ["notCreated redirect"], .gone),
        (.creating(isUnwanted: false), [], .create, .status(413), ["notCreated contentTooLarge"], .gone),
        (.creating(isUnwanted: false), [], .create, .cut(.no), ["notCreated cut:no"], .gone),
        (.creating(isUnwanted: false), [], .create, .cut(.maybe), ["uncertain create cut:maybe"], .broken),
        (.creating(isUnwanted: false), [], .create, .cut(.yes), ["uncertain create cut:yes"], .broken),
        (.creating(isUnwanted: false), [], .create, .status(503), ["uncertain create unavailable"], .broken),
        (.creating(isUnwanted: false), [], .create, .status(500), ["uncertain create serverError"], .broken),
        (.creating(isUnwanted: false), [], .create, .status(200), ["uncertain create unreadable"], .broken),
        (.creating(isUnwanted: false), [], .create, timedOut, ["uncertain create pollTimedOut"], .broken),
        (
            .creating(isUnwanted: false), [], .create, .fault(2_150_858_798), ["uncertain create identifierInUse"],
            .broken
        ),
        (.creating(isUnwanted: false), [], .create, .answerToAnother, ["uncertain create unreadable"], .broken),
        (
            .creating(isUnwanted: false), [.delete], .create, .success(Samples.created()), ["created", "post delete"],
            .deleting
        ),
        (
            .creating(isUnwanted: false), [.delete], .create, .cut(.yes), ["uncertain create cut:yes", "post delete"],
            .deleting
        ),
        (.creating(isUnwanted: false), [.delete], .create, quota, ["notCreated quotaUser"], .gone),
        // Delete: only a confirmation, or a server that does not know the shell, frees anything.
        (.deleting, [], .delete, .success(""), ["deleted"], .gone),
        (.deleting, [], .delete, notFound, ["gone shellGone"], .gone),
        (
            .deleting, [], .delete, .fault(2_150_858_843, FaultClassTests.selectors), ["failed delete badSelectors"],
            .broken
        ),
        (.deleting, [], .delete, timedOut, ["uncertain delete pollTimedOut"], .broken),
        (.deleting, [], .delete, .fault(5), ["failed delete accessDenied"], .broken),
        (.deleting, [], .delete, .status(401), ["failed delete unauthorized"], .broken),
        (.deleting, [], .delete, .cut(.no), ["failed delete cut:no"], .broken),
        (.deleting, [], .delete, .cut(.yes), ["uncertain delete cut:yes"], .broken),
        (.deleting, [], .delete, .status(200), ["uncertain delete unreadable"], .broken),
        // Get.
        (.open, [.probe], .get, .success(Samples.shell()), ["described"], .open),
        (.open, [.probe], .get, notFound, ["gone shellGone"], .gone),
        (.open, [.probe], .get, .status(401), ["failed get unauthorized"], .open),
        (.broken, [.probe], .get, .success(Samples.shell()), ["described"], .broken),
        (.disconnected, [.probe], .get, .cut(.yes), ["failed get cut:yes"], .disconnected),
        // Receive from the pool.
        (
            .open, [.receivePool], .receive(.pool), .success(Samples.received([[1], [2, 3]])), ["received pool [1, 2]"],
            .open
        ),
        (.open, [.receivePool], .receive(.pool), .success(Samples.received([])), ["received pool []"], .open),
        (.open, [.receivePool], .receive(.pool), timedOut, ["post receive pool"], .open),
        (.open, [.receivePool], .receive(.pool), notFound, ["gone shellGone"], .gone),
        (.open, [.receivePool], .receive(.pool), .fault(995), ["broken aborted"], .broken),
        (.open, [.receivePool], .receive(.pool), .fault(2_150_858_755), ["broken pluginFailure"], .broken),
        (
            .open, [.receivePool], .receive(.pool), .fault(1, FaultClassTests.exchange), ["broken quotaExchange"],
            .broken
        ),
        (.open, [.receivePool], .receive(.pool), .fault(2_150_859_230), ["disconnected"], .disconnected),
        (.open, [.receivePool], .receive(.pool), .fault(2_150_859_174), ["failed receive pool operationsQuota"], .open),
        (.open, [.receivePool], .receive(.pool), .fault(5), ["failed receive pool accessDenied"], .open),
        (.open, [.receivePool], .receive(.pool), .status(401), ["failed receive pool unauthorized"], .open),
        (.open, [.receivePool], .receive(.pool), .cut(.no), ["failed receive pool cut:no"], .open),
        (.open, [.receivePool], .receive(.pool), .cut(.yes), ["uncertain receive pool cut:yes"], .open),
        // Command.
        (.open, [.run], .command(Samples.commandID), .cut(.no), ["failed command cut:no"], .open),
        (.open, [.run], .command(Samples.commandID), .cut(.maybe), ["uncertain command cut:maybe"], .open),
        (.open, [.run], .command(Samples.commandID), timedOut, ["uncertain command pollTimedOut"], .open),
        (.open, [.run], .command(Samples.commandID), .fault(2_150_859_241), ["failed command commandsQuota"], .open),
        (.open, [.run], .command(Samples.commandID), .status(401), ["failed command unauthorized"], .open),
        (.open, [.run], .command(Samples.commandID), notFound, ["gone shellGone"], .gone),
        (.open, [.run], .command(Samples.commandID), .fault(995), ["broken aborted"], .broken),
        (
            .open, [.run, .stop], .command(Samples.commandID), .cut(.yes), ["uncertain command cut:yes", "post stop"],
            .open
        ),
        // Send.
        (.open, [.send], .send(.pool), .success("<rsp:SendResponse/>"), ["sent pool"], .open),
        (.open, [.send], .send(.pool), .cut(.no), ["failed send pool cut:no"], .open),
        (.open, [.send], .send(.pool), .cut(.yes), ["uncertain send pool cut:yes"], .open),
        (.open, [.send], .send(.pool), .fault(5), ["failed send pool accessDenied"], .open),
        (.open, [.send], .send(.pool), notFound, ["gone shellGone"], .gone),
        (.open, [.send], .send(.pool), .fault(995), ["broken aborted"], .broken),
        // Leaving and coming back.
        (.disconnecting, [], .disconnect, .success("<rsp:DisconnectResponse/>"), ["disconnected"], .disconnected),
        (.disconnecting, [], .disconnect, .fault(2_150_858_817), ["failed disconnect malformedRequest"], .open),
        (.disconnecting, [], .disconnect, .cut(.yes), ["uncertain disconnect cut:yes"], .disconnected),
        (.disconnecting, [], .disconnect, notFound, ["gone shellGone"], .gone),
        (.reconnecting, [], .reconnect, .success("<rsp:ReconnectResponse/>"), ["reconnected"], .open),
        (.reconnecting, [], .reconnect, .fault(2_150_858_755), ["uncertain reconnect pluginFailure"], .disconnected),
        (.reconnecting, [], .reconnect, .cut(.no), ["failed reconnect cut:no"], .disconnected),
        (.reconnecting, [], .reconnect, notFound, ["gone shellGone"], .gone),
        (.disconnected, [.connect], .connect, .success(connected), ["connected"], .open),
        (.disconnected, [.connect], .connect, .fault(5), ["failed connect accessDenied"], .disconnected),
    ]

    static let connected = """
        <rsp:ConnectResponse><connectResponseXml xmlns="http://schemas.microsoft.com/powershell">AQID</connectResponseXml>\
        </rsp:ConnectResponse>
        """

    static func finish(_ shell: inout ShellHarness, _ purpose: Purpose, _ what: What) -> [String] {
        switch what {
        case .success(let body): shell.answer(body, of: purpose)
        case .fault(let code, let text): shell.fault(code, text, of: purpose)
        case .status(let status): shell.status(status, of: purpose)
        case .cut(let left): shell.fail(left, of: purpose)
        case .answerToAnother:
            shell.finish(purpose) { _ in .answered(Samples.answer(Samples.created(), to: Samples.otherCommandID)) }
        }
    }

    @Test(arguments: outcomes.indices) func `every outcome of every request`(index: Int) {
        let (state, verbs, purpose, what, effects, after) = Self.outcomes[index]
        var shell = ShellHarness(in: state)
        for verb in verbs { shell.perform(verb) }
        #expect(Self.finish(&shell, purpose, what) == effects)
        #expect(shell.machine.state == after)
    }

    /// The same for a command that runs.
    static let ofCommands: [([Verb], Purpose, What, [String], Int)] = [
        (
            [.receiveCommand], .receive(queue), .success(done),
            ["received command [2]", "finished 0", "post terminate"], 1
        ),
        ([.receiveCommand], .receive(queue), .success(Samples.received([[1]])), ["received command [1]"], 1),
        // Another one's end, in the same answer.
        (
            [.receiveCommand], .receive(queue),
            .success(Samples.received([[1]], command: GUID(high: 1, low: 2), state: "Done")), ["received command [1]"],
            1
        ),
        (
            [.receiveCommand], .receive(queue), .success(Samples.received([], state: "Pending")),
            ["received command [] pending"], 1
        ),
        ([.receiveCommand], .receive(queue), timedOut, ["post receive command"], 1),
        ([.receiveCommand], .receive(queue), commandNotFound, ["failed receive command commandGone"], 0),
        ([.receiveCommand], .receive(queue), .fault(995), ["uncertain receive command aborted", "post terminate"], 1),
        (
            [.receiveCommand], .receive(queue), .fault(2_150_858_755),
            ["uncertain receive command pluginFailure", "post terminate"], 1
        ),
        ([.receiveCommand], .receive(queue), .fault(5), ["failed receive command accessDenied"], 1),
        ([.receiveCommand], .receive(queue), .cut(.yes), ["uncertain receive command cut:yes"], 1),
        ([.receiveCommand], .receive(queue), .cut(.no), ["failed receive command cut:no"], 1),
        ([.receiveCommand, .terminate], .receive(queue), .fault(995), [], 1),
        ([.receiveCommand, .terminate], .receive(queue), .success(done), [], 1),
        ([.stop], .stop(id), .success("<rsp:SignalResponse/>"), ["stopSignalled"], 1),
        ([.stop], .stop(id), commandNotFound, ["stopSignalled"], 1),
        ([.stop], .stop(id), .cut(.yes), ["uncertain stop cut:yes"], 1),
        ([.stop], .stop(id), .status(401), ["failed stop unauthorized"], 1),
        ([.terminate], .terminate(id), .success("<rsp:SignalResponse/>"), ["terminated"], 0),
        ([.terminate], .terminate(id), commandNotFound, ["terminated"], 0),
        ([.terminate], .terminate(id), .cut(.no), ["post terminate"], 1),
        ([.terminate], .terminate(id), .cut(.yes), ["post terminate"], 1),
        ([.terminate], .terminate(id), timedOut, ["post terminate"], 1),
        ([.terminate], .terminate(id), .status(401), ["failed terminate unauthorized"], 1),
        ([.terminate], .terminate(id), .fault(5), ["failed terminate accessDenied"], 1),
    ]
    static let id = Samples.commandID
    static let queue = Queue.command(Samples.commandID)

    @Test(arguments: ofCommands.indices) func `every outcome of every request about a command`(index: Int) {
        let (verbs, purpose, what, effects, held) = Self.ofCommands[index]
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        #expect(shell.answer(commandResponse(Samples.commandID)) == ["started"])
        for verb in verbs { shell.perform(verb) }
        #expect(Self.finish(&shell, purpose, what) == effects)
        #expect(shell.machine.commandsHeld == held)
    }
}

func commandResponse(_ id: GUID) -> String {
    "<rsp:CommandResponse><rsp:CommandId>\(id)</rsp:CommandId></rsp:CommandResponse>"
}
