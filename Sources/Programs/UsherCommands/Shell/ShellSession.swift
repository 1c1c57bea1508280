// The session of a shell. The broker tells of its end at any moment, on a connection that streams nothing else; for a
// session acquired for the shell the lease hangs on that connection, too.
//
// If the broker goes away, the lease is taken up again by the same requestId within the time in which the broker keeps
// it. A session that somebody else keeps is only watched again.

import Glibc
import UsherAPI
import UsherClient
import Varlink

/// A session that a shell works on, and how it is.
final class ShellSession {
    let id: String
    private(set) var record: JSONObject = [:]
    private let address: BrokerAddress
    /// Nil for a session that was there before and is kept by something else.
    private let acquisition: Acquisition?
    private let say: (String) -> Void
    private var client: BrokerClient

    /// One that was acquired for this shell.
    init(
        _ lease: LeasedSession, from acquisition: Acquisition, at address: BrokerAddress,
        say: @escaping (String) -> Void
    ) throws {
        id = lease.id
        client = lease.client
        self.acquisition = acquisition
        self.address = address
        self.say = say
        try watch()
    }

    /// One that is there.
    init(_ id: String, at address: BrokerAddress, say: @escaping (String) -> Void) throws {
        self.id = id
        client = try BrokerClient.connect(to: address)
        acquisition = nil
        self.address = address
        self.say = say
        try watch()
    }

    /// Whether it was acquired for this shell and ends with it.
    var isOurs: Bool { acquisition != nil }

    /// The prompt: where one is, and on what.
    var prompt: String { "\(record.name("tenant")) \(id.madeVisible)> " }

    /// Becomes readable when there may be news; then `check` is to be called.
    var descriptor: Int32 { client.descriptor }

    /// Takes in what the broker has told. Throws once the session has ended, for good. A readable `wake` ends an attempt
    /// to take it up again.
    func check(wake: Int32) throws {
        do {
            while case .reply(let reply) = try client.next(by: .within(.zero)) { try hear(reply) }
        } catch let error as ClientError where error.mayPass {
            try takeUpAgain(after: error, wake: wake)
        }
    }

    private func watch() throws {
        try client.send(Method.watch.call(["session": .string(id)], more: true))
        guard case .reply(let reply) = try client.next(by: .within(BrokerClient.answerWithin)) else {
            throw client.silent(after: BrokerClient.answerWithin)
        }
        try hear(reply)
    }

    private func hear(_ reply: Reply) throws {
        if let error = reply.error { throw ErrorReply(name: error, facts: reply.parameters) }
        record = reply.parameters["session"]?.object ?? record
        switch record["state"]?.string {
        case "closed", "unconfirmed": throw CommandError.sessionEnded(id, record)
        // The stream ended and the session did not: watch on.
        default: if !reply.continues { try watch() }
        }
    }

    private func takeUpAgain(after loss: ClientError, wake: Int32) throws {
        say("usherd went away; \(id.madeVisible) is asked for again.")
        let until = Deadline.within(Acquisition.comesBackWithin)
        while true {
            do {
                client = try BrokerClient.reconnect(to: address, by: until, wake: wake)
                try acquireAgain(by: until, wake: wake)
                try watch()
                return say("usherd is back; \(id.madeVisible) is ours.")
            } catch let error as ClientError where error.mayPass && !until.isOver {
                continue
            } catch let error as ErrorReply where error.mayPass && !until.isOver {
                continue
            } catch let error as ClientError where error.mayPass {
                throw CommandError.brokerGone(id, loss)
            }
        }
    }

    private func acquireAgain(by until: Deadline, wake: Int32) throws {
        guard let acquisition else { return }
        try client.send(acquisition.call())
        switch try client.next(by: until, wake: wake) {
        case .wake: throw ClientError.interrupted
        case .nothing, .taken: throw CommandError.brokerGone(id, nil)
        case .reply(let reply):
            if let error = reply.error { throw ErrorReply(name: error, facts: reply.parameters) }
            guard reply.parameters["session"]?.object?["session"]?.string == id else {
                throw CommandError.brokerGone(id, nil)
            }
        }
    }
}

extension ErrorReply {
    /// The old broker is still on its way out, or the new one not ready yet.
    fileprivate var mayPass: Bool {
        known?.exitStatus == .tryAgainLater || known?.exitStatus == .unavailable
    }
}
