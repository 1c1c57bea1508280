// `usher hold` while its command runs. Three things happen in any order: the command ends; the broker says that the
// session has; the broker goes away. The loop waits for all of them at once, and for signals that are to be passed on.
//
// The command's end wins: then its status is ours. If the session ends first, the command is asked to stop and after
// ten seconds made to, because from then on the seat is somebody else's. If the broker goes away, the command runs on
// while we try to take the lease up again by the same requestId; the broker keeps it for as long as we try.

import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Looks after a command and the session it runs under.
struct Supervision {
    let acquisition: Acquisition
    let address: BrokerAddress
    let session: String
    let child: ChildProcess
    let signals: SignalPipe
    /// Tells a person what goes on.
    let say: (String) -> Void

    private var link: Link
    private var ending: (cause: CommandError, killAt: Deadline)?

    /// How long the command has between SIGTERM and SIGKILL.
    private static let stopsWithin: Duration = .seconds(10)

    /// What ties us to the broker.
    private enum Link {
        /// Watch streams; the lease hangs on this connection.
        case watching(BrokerClient)
        /// The broker went away. Leaves for `asking` when it is back, for `cut` when it is not in time.
        case away(until: Deadline)
        /// Asked for the session we had. Leaves for `watching`, or for `cut`.
        case asking(BrokerClient, until: Deadline)
        /// Nothing left to hold; the command is being stopped.
        case cut
    }

    init(
        of child: ChildProcess, under lease: LeasedSession, from acquisition: Acquisition, at address: BrokerAddress,
        signals: SignalPipe, say: @escaping (String) -> Void
    ) throws {
        self.acquisition = acquisition
        self.address = address
        self.session = lease.id
        self.child = child
        self.signals = signals
        self.say = say
        link = .watching(lease.client)
        watch(on: lease.client)
    }

    /// Returns the command's exit status once it has ended by itself; throws when the session ended before.
    mutating func run() throws -> Int32 {
        while true {
            for signal in signals.arrived() { passOn(signal) }
            if let status = child.exitStatus() {
                if let ending { throw ending.cause }
                return status
            }
            if let ending, ending.killAt.isOver { child.send(SIGKILL) }
            do throws(ClientError) {
                try step()
            } catch .interrupted {
                continue
            } catch {
                lose(error)
            }
        }
    }

    /// Ctrl-C reaches the command by itself; what was sent to us alone we pass on.
    private func passOn(_ signal: SignalPipe.Arrived) {
        switch signal.number {
        case SIGTERM, SIGHUP: child.send(signal.number)
        case SIGINT, SIGQUIT: if !signal.isFromTerminal { child.send(signal.number) }
        default: break
        }
    }

    /// Waits for one thing to happen, and takes it in.
    private mutating func step() throws(ClientError) {
        switch link {
        case .watching(let client):
            if case .reply(let reply) = try client.next(by: nextDeadline, wake: signals.descriptor) {
                heard(reply, from: client)
            }
        case .away(let until):
            let client = try BrokerClient.reconnect(
                to: address, by: until.orEarlier(nextDeadline), wake: signals.descriptor)
            try client.send(acquisition.call())
            link = .asking(client, until: until)
        case .asking(let client, let until):
            switch try client.next(by: until.orEarlier(nextDeadline), wake: signals.descriptor) {
            case .reply(let reply): heardAgain(reply, from: client, until: until)
            case .nothing where until.isOver: stop(because: .brokerGone(session, nil))
            case .nothing, .wake, .taken: break
            }
        case .cut:
            var waiting = [pollfd(fd: signals.descriptor, events: Int16(POLLIN), revents: 0)]
            _ = poll(&waiting, 1, Int32(min(nextDeadline.remainingSeconds, 60) * 1000 + 1))
        }
    }

    private var nextDeadline: Deadline { ending?.killAt ?? .never }

    /// The broker is gone, or not back yet.
    private mutating func lose(_ error: ClientError) {
        switch link {
        case .watching where error.mayPass:
            say("usherd went away; \(session) is asked for again.")
            link = .away(until: .within(Acquisition.comesBackWithin))
        case .away(let until) where error.mayPass && !until.isOver,
            .asking(_, let until) where error.mayPass && !until.isOver:
            link = .away(until: until)
        case .watching, .away, .asking, .cut:
            stop(because: .brokerGone(session, error))
        }
    }

    private mutating func watch(on client: BrokerClient) {
        do throws(ClientError) {
            try client.send(Method.watch.call(["session": .string(session)], more: true))
            link = .watching(client)
        } catch {
            lose(error)
        }
    }

    /// A reply of Watch: the session as it is now.
    private mutating func heard(_ reply: Reply, from client: BrokerClient) {
        if reply.error != nil { return stop(because: .sessionLost(session, reply)) }
        let record = reply.parameters["session"]?.object ?? [:]
        switch record["state"]?.string {
        case "closed", "unconfirmed": stop(because: .sessionEnded(session, record))
        // The stream ended and the session did not: watch on.
        default: if !reply.continues { watch(on: client) }
        }
    }

    /// The reply to asking again after the broker was away.
    private mutating func heardAgain(_ reply: Reply, from client: BrokerClient, until: Deadline) {
        if let name = reply.error {
            // The old one is still on its way out, or the new one not ready yet.
            switch APIError(qualifiedName: name)?.exitStatus {
            case .tryAgainLater? where !until.isOver, .unavailable? where !until.isOver: link = .away(until: until)
            default: stop(because: .sessionLost(session, reply))
            }
            return
        }
        // Another session is no use: the command knows the first one's name.
        guard reply.parameters["session"]?.object?["session"]?.string == session else {
            return stop(because: .brokerGone(session, nil))
        }
        say("usherd is back; \(session) is ours.")
        watch(on: client)
    }

    private mutating func stop(because cause: CommandError) {
        link = .cut
        guard ending == nil else { return }
        say("\(cause.message) Stopping the command.")
        child.send(SIGTERM)
        // A stopped job would not see it.
        child.send(SIGCONT)
        ending = (cause, .within(Self.stopsWithin))
    }
}
