internal import LocalSocket
internal import NIOCore
internal import UsherAPI
internal import UsherCore
internal import Varlink

/// Tells followers what the journal has written, each what he may see. Only for use on the event loop.
final class EventFeed {
    private let scribe: Scribe
    private var followers: [ConnectionID: Follower] = [:]

    private final class Follower {
        let connection: Connection
        let caller: Caller
        let tenant: TenantName?
        var missed = 0

        init(_ connection: Connection, _ caller: Caller, _ tenant: TenantName?) {
            self.connection = connection
            self.caller = caller
            self.tenant = tenant
        }
    }

    init(scribe: Scribe) { self.scribe = scribe }

    func follow(_ connection: Connection, _ caller: Caller, _ tenant: TenantName?) {
        followers[caller.connection] = Follower(connection, caller, tenant)
    }

    func leave(_ connection: ConnectionID) { followers[connection] = nil }

    /// Records that are durable now, and the broker that knows of whom they speak and who may see that.
    func written(_ records: [Record], _ broker: Broker) {
        guard !followers.isEmpty else { return }
        for record in records { tell(record, broker) }
    }

    private func tell(_ record: Record, _ broker: Broker) {
        func tell(
            _ event: String, _ id: SessionID, at moment: Moment?, lease: LeaseRecord? = nil, reason: EndReason? = nil,
            by actor: Principal? = nil
        ) {
            guard let identity = broker.identity(of: id) else { return }
            let json = scribe.event(event, of: identity, at: moment, lease: lease, reason: reason, by: actor)
            send(json, of: identity.tenant) {
                broker.rules.maySeeSession(of: identity.owner, at: identity.tenant, $0)
            }
        }
        func tell(_ event: String, _ tenant: TenantName, at moment: Moment, by actor: Principal?, note: String? = nil) {
            let json = scribe.event(event, at: tenant, moment, by: actor, note: note)
            send(json, of: tenant) { caller in broker.rules[tenant].map { broker.rules.maySee($0, caller) } == true }
        }
        switch record {
        case .taken(let session): tell("began", session.identity.id, at: session.identity.since)
        case .leaseChanged(let id, let lease, let at): tell("lease", id, at: at, lease: lease)
        case .opened(let id, _): tell("opened", id, at: nil)
        case .closing(let id, let reason, let at): tell("closing", id, at: at, reason: reason)
        case .unconfirmed(let id, let reason, _, let at): tell("unconfirmed", id, at: at, reason: reason)
        case .ordered(let id, let reason, let actor, let at): tell("ordered", id, at: at, reason: reason, by: actor)
        case .ended(let id, let reason, let at): tell("ended", id, at: at, reason: reason)
        case .locked(let tenant, let lock): tell("locked", tenant, at: lock.since, by: lock.by, note: lock.message)
        case .unlocked(let tenant, let actor, let at): tell("unlocked", tenant, at: at, by: actor)
        case .foreignEnded(let foreign, let actor, let at):
            tell("foreign ended", foreign.tenant, at: at, by: actor, note: foreign.shell.shellID)
        case .invoking, .used, .held, .pruned: break
        }
    }

    private func send(_ event: JSON, of tenant: TenantName, to isMeant: (Caller) -> Bool) {
        for follower in followers.values where follower.tenant == nil || follower.tenant == tenant {
            if isMeant(follower.caller) { send(event, to: follower) }
        }
    }

    /// What a client does not read is counted instead of kept.
    private func send(_ event: JSON, to follower: Follower) {
        guard follower.connection.isReadingReplies else { return follower.missed += 1 }
        var parameters: JSONObject = ["event": event]
        if follower.missed > 0 { parameters["missed"] = .int(Int64(follower.missed)) }
        follower.missed = 0
        follower.connection.reply(Reply(parameters: parameters, continues: true))
    }
}
