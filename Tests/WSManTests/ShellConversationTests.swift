import HTTP
import Testing

@testable import WSMan

/// Conversations of more than one request, and rules that a table of single steps does not show.
@Suite struct ShellConversationTests {
    func wire(_ order: Order?) throws -> CanonicalElement {
        try CanonicalElement(document: #require(order).request.bytes)
    }

    @Test func `after Create the server's id is used, and every message has an id of its own`() throws {
        var shell = ShellHarness(in: .new)
        shell.perform(.create)
        shell.answer(Samples.created(Samples.otherShellID))
        shell.perform(.receivePool)
        shell.perform(.probe)
        shell.perform(.delete)
        for order in shell.orders {
            #expect(try wire(order)["Header", "SelectorSet", "Selector"]?.text == Samples.otherShellID.description)
        }
        #expect(Set(shell.orders.map(\.request.messageID)).count == 3)
        // MS-WSMV 3.1.4.2: Get is asked of shells in general.
        #expect(try wire(shell.orders[1])["Header", "ResourceURI"]?.text == ResourceURI.shells)
    }

    @Test func `a command goes by the id that the server gave it`() throws {
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        #expect(shell.answer(commandResponse(Samples.otherCommandID)) == ["started elsewhere"])
        for verb in [ShellHarness.Verb.receiveCommand, .stop, .terminate] { shell.perform(verb) }
        let theirs = Samples.otherCommandID.description
        #expect(try wire(shell.orders[0])["Body", "Receive", "DesiredStream"]?.attributes["CommandId"] == theirs)
        #expect(try wire(shell.orders[1])["Body", "Signal"]?.attributes["CommandId"] == theirs)
        #expect(try wire(shell.orders[2])["Body", "Signal"]?.attributes["CommandId"] == theirs)
    }

    @Test func `the payloads of a large message follow one another, each when the one before was taken`() {
        var shell = ShellHarness(in: .open)
        let id = Samples.commandID
        #expect(shell.take(shell.machine.run(id, payloads: [[1], [2], [3]])) == ["post command"])
        #expect(shell.take(shell.machine.send([[4]], to: .pr, of: .command(id))) == [])
        #expect(shell.answer(commandResponse(id)) == ["started", "post send command"])
        #expect(shell.orders.last?.request.operation == .send([2], to: .stdin, command: id))
        #expect(shell.answer("<rsp:SendResponse/>") == ["post send command"])
        #expect(shell.answer("<rsp:SendResponse/>") == ["post send command"])
        #expect(shell.orders.last?.request.operation == .send([4], to: .pr, command: id))
        #expect(shell.answer("<rsp:SendResponse/>") == ["sent command"])
    }

    @Test func `what follows a payload that was lost is not sent`() {
        var shell = ShellHarness(in: .open)
        _ = shell.take(shell.machine.send([[1], [2]], to: .stdin, of: .pool))
        #expect(shell.fail(.maybe) == ["uncertain send pool cut:maybe"])
        #expect(shell.orders.isEmpty)
        #expect(shell.take(shell.machine.send([[3]], to: .stdin, of: .pool)) == ["post send pool"])
        #expect(shell.orders.last?.request.operation == .send([3], to: .stdin, command: nil))
    }

    @Test func `one queue does not wait for another`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.send)
        #expect(shell.perform(.run) == ["post command"])
        #expect(shell.answer(commandResponse(Samples.commandID), of: .command(Samples.commandID)) == ["started"])
        #expect(shell.perform(.receivePool) == ["post receive pool"])
        #expect(shell.perform(.receiveCommand) == ["post receive command"])
        #expect(shell.perform(.receivePool) == [])
    }

    @Test func `a poll is repeated as often as it times out, and says how often`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.receivePool)
        for repetition in 0..<5 {
            #expect(shell.orders.last?.repetition == repetition)
            #expect(shell.fault(2_150_858_793) == ["post receive pool"])
        }
        shell.answer(Samples.received([[1]]))
        shell.perform(.receivePool)
        #expect(shell.orders.last?.repetition == 0)
    }

    @Test func `to stop a command that has not started waits for its start`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        #expect(shell.perform(.stop) == [])
        #expect(shell.answer(commandResponse(Samples.commandID)) == ["started", "post stop"])
        #expect(shell.perform(.stop) == [])
    }

    @Test func `to terminate a command that has not started waits for its start`() {
        var shell = ShellHarness(in: .open)
        _ = shell.take(shell.machine.run(Samples.commandID, payloads: [[1], [2]]))
        #expect(shell.perform(.terminate) == [])
        #expect(shell.answer(commandResponse(Samples.commandID)) == ["started", "post terminate"])
        #expect(shell.answer("<rsp:SignalResponse/>") == ["terminated"])
        #expect(shell.machine.commandsHeld == 0)
    }

    @Test func `a command in doubt is kept, so that it can be freed`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        #expect(shell.fail(.yes) == ["uncertain command cut:yes"])
        #expect(shell.machine.commandsHeld == 1)
        #expect(shell.perform(.run) == ["failed command wrongState"])
        #expect(shell.perform(.terminate) == ["post terminate"])
        #expect(shell.fault(2_150_858_843, FaultClassTests.commandNotFound) == ["terminated"])
    }

    @Test func `Terminate is tried a few times and then told`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        shell.answer(commandResponse(Samples.commandID))
        shell.perform(.terminate)
        #expect(shell.fail(.yes) == ["post terminate"])
        #expect(shell.fail(.yes) == ["post terminate"])
        #expect(shell.fail(.yes) == ["uncertain terminate cut:yes"])
        #expect(shell.machine.commandsHeld == 1)
        #expect(shell.perform(.terminate) == ["post terminate"])
    }

    @Test func `two thousand commands leave nothing behind`() {
        var shell = ShellHarness(in: .open)
        for number in 0..<2000 as Range<UInt64> {
            let id = GUID(high: 7, low: number)
            _ = shell.take(shell.machine.run(id, payloads: [[1]]))
            shell.answer(commandResponse(id))
            _ = shell.take(shell.machine.receive(from: .command(id)))
            shell.answer(Samples.received([[1]], command: id, state: "Done"))
            #expect(shell.answer("<rsp:SignalResponse/>") == ["terminated"])
        }
        #expect(shell.machine.commandsHeld == 0)
        #expect(shell.machine.outboxes.isEmpty)
    }

    // MARK: - Whether it is gone

    @Test func `behind a load balancer a shell that is not found may be elsewhere`() {
        for state in [ShellMachine.State.open, .disconnected, .broken] {
            var shell = ShellHarness(in: state, affinity: true)
            shell.perform(.probe)
            #expect(shell.fault(2_150_858_843, FaultClassTests.shellNotFound) == ["notFound shellGone"])
            #expect(shell.machine.state == .broken)
        }
        var shell = ShellHarness(in: .deleting, affinity: true)
        #expect(shell.fault(2_150_858_843) == ["notFound shellGone"])
        #expect(shell.perform(.delete) == ["post delete"])
        #expect(shell.answer("") == ["deleted"])
    }

    @Test func `a shell whose Create was not answered may still come to be`() {
        var shell = ShellHarness(in: .creating(isUnwanted: false))
        shell.fail(.yes)
        #expect(shell.perform(.delete) == ["post delete"])
        #expect(shell.fault(2_150_858_843) == ["notFound shellGone"])
        #expect(shell.machine.state == .broken)
        #expect(shell.perform(.probe) == ["post get"])
        #expect(shell.answer(Samples.shell()) == ["described"])
        // Now it is known that Create is over: what is not found from here on is gone.
        shell.perform(.delete)
        #expect(shell.fault(2_150_858_843) == ["gone shellGone"])
    }

    @Test func `a Create that was answered by a failure is over, and what is not found then is gone`() {
        var shell = ShellHarness(in: .creating(isUnwanted: false))
        #expect(shell.fault(2_150_858_755) == ["uncertain create pluginFailure"])
        shell.perform(.delete)
        #expect(shell.fault(2_150_858_843) == ["gone shellGone"])
    }

    @Test func `a shell from an earlier life is taken up where it was`() throws {
        var machine = ShellMachine(
            at: Samples.endpoint, address: Samples.address, state: .open, isCreateAnswered: true, hasAffinity: false,
            messageIDs: MessageIDs(from: Samples.messageID), limits: Samples.limits)
        #expect(machine.receive(from: .pool).count == 1)
        var doubtful = ShellMachine(
            at: Samples.endpoint, address: Samples.address, state: .broken, isCreateAnswered: false, hasAffinity: false,
            messageIDs: MessageIDs(from: Samples.messageID), limits: Samples.limits)
        guard case .post(let order)? = doubtful.delete().first else {
            Issue.record("no Delete")
            return
        }
        #expect(try wire(order)["Header", "SelectorSet", "Selector"]?.text == Samples.shellID.description)
        let gone = Samples.fault(code: 2_150_858_843, to: order.request.messageID)
        guard case .tell(.notFound)? = doubtful.finish(order.number, .answered(gone)).first else {
            Issue.record("believed")
            return
        }
    }

    @Test func `outcomes that come late, twice, or for nothing are dropped`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.receivePool)
        shell.perform(.send)
        let orders = shell.orders
        shell.perform(.delete)
        #expect(shell.fault(995, of: .receive(.pool)) == [])
        #expect(shell.fail(.yes, of: .send(.pool)) == [])
        #expect(shell.answer("", of: .delete) == ["deleted"])
        for order in orders {
            let failure = Outcome.failed(TransportFailure(requestLeft: .yes, text: ""))
            #expect(shell.machine.finish(order.number, failure).isEmpty)
        }
        #expect(shell.machine.finish(-1, .answered(HTTPAnswer(status: 200))).isEmpty)
    }

    // MARK: - Leaving and coming back

    @Test func `a shell is left without the Receives that end by it, and taken up again`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        shell.answer(commandResponse(Samples.commandID))
        shell.perform(.receivePool)
        shell.perform(.receiveCommand)
        #expect(shell.perform(.disconnect) == ["post disconnect"])
        #expect(shell.fault(2_150_859_230, of: .receive(.pool)) == [])
        #expect(shell.answer("<rsp:DisconnectResponse/>", of: .disconnect) == ["disconnected"])
        #expect(shell.fault(2_150_859_230, of: .receive(.command(Samples.commandID))) == [])
        shell.perform(.reconnect)
        #expect(shell.answer("<rsp:ReconnectResponse/>") == ["reconnected"])
        #expect(shell.perform(.receiveCommand) == ["post receive command"])
    }

    @Test func `a shell is not left while it is unknown what came first`() {
        var shell = ShellHarness(in: .open)
        shell.perform(.run)
        #expect(shell.perform(.disconnect) == ["failed disconnect wrongState"])
    }

    @Test func `another client's shell is connected to, and its command too`() {
        let address = Samples.address
        var shell = ShellHarness()
        shell.machine = ShellMachine(
            at: Samples.endpoint, address: address, state: .disconnected, isCreateAnswered: true, hasAffinity: false,
            messageIDs: MessageIDs(from: Samples.messageID), limits: Samples.limits)
        shell.perform(.connect)
        #expect(shell.answer(ShellMachineTableTests.connected) == ["connected"])
        #expect(shell.perform(.connectCommand) == ["post connectCommand"])
        #expect(shell.answer("<rsp:ConnectResponse/>") == ["commandConnected"])
        #expect(shell.perform(.receiveCommand) == ["post receive command"])
    }

    @Test func `larger envelopes hold larger payloads`() {
        var shell = ShellHarness(in: .open)
        let before = shell.machine.payloadBytesMax
        shell.machine.allowEnvelopes(ofBytes: 512_000)
        #expect(before < 115_200 && before > 112_000)
        #expect(shell.machine.payloadBytesMax > 3 * before)
        shell.perform(.receivePool)
        #expect(shell.orders.last?.request.endpoint.envelopeBytesMax == 512_000)
    }
}
