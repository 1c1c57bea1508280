import HTTP
import XML

@testable import WSMan

/// A shell machine and what it has out. Effects are told in words, so that a table of them fits a line each.
struct ShellHarness {
    var machine: ShellMachine
    var orders: [Order] = []

    init(affinity: Bool = false) {
        machine = ShellMachine(
            at: Samples.endpoint, shellID: Samples.shellID, hasAffinity: affinity,
            messageIDs: MessageIDs(from: Samples.messageID), limits: Samples.limits)
    }

    /// A machine in a state, reached as a life reaches it.
    init(in state: ShellMachine.State, affinity: Bool = false) {
        self.init(affinity: affinity)
        if state == .new { return }
        perform(.create)
        switch state {
        case .new, .creating: break
        case .open: answer(Samples.created())
        case .disconnecting, .disconnected, .reconnecting:
            answer(Samples.created())
            perform(.disconnect)
            if state == .disconnecting { return }
            answer("<rsp:DisconnectResponse/>")
            if state == .reconnecting { perform(.reconnect) }
        case .broken:
            answer(Samples.created())
            perform(.receivePool)
            fault(2_150_858_755)
        case .deleting:
            answer(Samples.created())
            perform(.delete)
        case .gone:
            answer(Samples.created())
            perform(.delete)
            answer("")
        }
    }

    enum Verb: String, CaseIterable {
        case create, receivePool, receiveCommand, run, send, stop, terminate, probe, disconnect, reconnect, connect
        case connectCommand, delete
    }

    @discardableResult mutating func perform(_ verb: Verb) -> [String] {
        let id = Samples.commandID
        let effects =
            switch verb {
            case .create: machine.create(Samples.creation)
            case .receivePool: machine.receive(from: .pool)
            case .receiveCommand: machine.receive(from: .command(id))
            case .run: machine.run(id, payloads: [[1]])
            case .send: machine.send([[1]], to: .stdin, of: .pool)
            case .stop: machine.stop(id)
            case .terminate: machine.terminate(id)
            case .probe: machine.probe()
            case .disconnect: machine.disconnect()
            case .reconnect: machine.reconnect()
            case .connect: machine.connect(content: [1])
            case .connectCommand: machine.connectCommand(id)
            case .delete: machine.delete()
            }
        return take(effects)
    }

    /// Keeps the orders among the effects, and tells all of them.
    mutating func take(_ effects: [ShellEffect]) -> [String] {
        effects.map { effect in
            switch effect {
            case .post(let order):
                orders.append(order)
                return "post \(Self.words(order.purpose))"
            case .tell(let event): return Self.words(event)
            }
        }
    }

    // MARK: - Outcomes of the oldest order, or of the one for a purpose

    @discardableResult mutating func answer(_ body: String, of purpose: Purpose? = nil) -> [String] {
        finish(purpose) { .answered(Samples.answer(body, to: $0.request.messageID)) }
    }

    @discardableResult mutating func fault(
        _ code: UInt32, _ message: String = "x", of purpose: Purpose? = nil
    ) -> [String] {
        finish(purpose) { .answered(Samples.fault(code: code, message: message, to: $0.request.messageID)) }
    }

    @discardableResult mutating func fail(
        _ left: TransportFailure.RequestLeft, of purpose: Purpose? = nil
    ) -> [String] {
        finish(purpose) { _ in .failed(TransportFailure(requestLeft: left, text: "cut")) }
    }

    @discardableResult mutating func status(_ status: Int, of purpose: Purpose? = nil) -> [String] {
        finish(purpose) { _ in .answered(HTTPAnswer(status: status)) }
    }

    @discardableResult mutating func finish(_ purpose: Purpose? = nil, _ outcome: (Order) -> Outcome) -> [String] {
        guard let index = orders.firstIndex(where: { purpose == nil || $0.purpose == purpose }) else {
            return ["no order"]
        }
        let order = orders.remove(at: index)
        return take(machine.finish(order.number, outcome(order)))
    }

    // MARK: - Words

    static func words(_ event: ShellEvent) -> String {
        switch event {
        case .created: "created"
        case .notCreated(let failure): "notCreated \(words(failure))"
        case .commandStarted(_, let assigned): assigned == Samples.commandID ? "started" : "started elsewhere"
        case .received(let queue, let payloads, let isPending):
            "received \(words(queue)) \(payloads.map(\.count))\(isPending ? " pending" : "")"
        case .commandFinished(_, let code): "finished \(code.map { "\($0)" } ?? "-")"
        case .sent(let queue): "sent \(words(queue))"
        case .stopSignalled: "stopSignalled"
        case .terminated: "terminated"
        case .described: "described"
        case .disconnected: "disconnected"
        case .reconnected: "reconnected"
        case .connected: "connected"
        case .commandConnected: "commandConnected"
        case .failed(let purpose, let failure): "failed \(words(purpose)) \(words(failure))"
        case .uncertain(let purpose, let failure): "uncertain \(words(purpose)) \(words(failure))"
        case .broken(let failure): "broken \(words(failure))"
        case .deleted: "deleted"
        case .gone(let failure): "gone \(words(failure))"
        case .notFound(let failure): "notFound \(words(failure))"
        }
    }

    static func words(_ purpose: Purpose) -> String {
        switch purpose {
        case .create: "create"
        case .command: "command"
        case .send(let queue): "send \(words(queue))"
        case .receive(let queue): "receive \(words(queue))"
        case .stop: "stop"
        case .terminate: "terminate"
        case .get: "get"
        case .disconnect: "disconnect"
        case .reconnect: "reconnect"
        case .connect: "connect"
        case .connectCommand: "connectCommand"
        case .delete: "delete"
        }
    }

    static func words(_ queue: Queue) -> String { queue == .pool ? "pool" : "command" }

    static func words(_ failure: Failure) -> String {
        switch failure {
        case .fault(let meaning, _): "\(meaning)".split(separator: "(").first.map(String.init) ?? ""
        case .http(let verdict): "\(verdict)".split(separator: "(").first.map(String.init) ?? ""
        case .unreadable: "unreadable"
        case .transport(let failure): "cut:\(failure.requestLeft)"
        case .wrongState: "wrongState"
        }
    }
}
