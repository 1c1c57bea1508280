import UsherAPI
public import Varlink

/// One request for a session, which may be made again: the broker knows it by its requestId.
///
/// While it waits in the queue, the daemon may be restarted. Then it connects again and asks with the same requestId
/// and the time that is left; whatever the first call got, the second one is given.
public struct Acquisition: Sendable {
    /// The tenant.
    public let tenant: String
    /// The account to act as; nil leaves the choice to the broker.
    public let admin: String?
    /// What the other holders are shown.
    public let purpose: String?
    /// How long to wait in the queue; nil does not.
    public let patience: Duration?
    /// Whether an idle session of the caller's will do.
    public let reuses: Bool
    /// Whether pipelines are to run in it.
    public let runsPipelines: Bool
    /// What makes a repetition safe.
    public let requestId: String

    /// How long a daemon may be away before we give up: as long as it keeps leases for those who come back.
    public static let comesBackWithin: Duration = .seconds(15)

    /// Where a request stands that waits.
    public struct Place: Hashable, Sendable {
        /// 1 is next.
        public let position: Int64
        /// Who has the seats, as they came.
        public let holders: [JSON]
        /// When a seat frees by a rule, if known.
        public let retryAfterSeconds: Int64?
        /// How much longer the request waits.
        public let remainingSeconds: Int64
    }

    /// What a request is told on its way.
    public enum Progress: Sendable {
        /// It waits.
        case waiting(Place)
        /// It has a seat, and the connection is being built.
        case step(ConnectionStep)
        /// The daemon went away; it is asked again once it is back.
        case daemonAway
    }

    /// A request nobody has made yet.
    public init(
        tenant: String, admin: String?, purpose: String?, patience: Duration?, reuses: Bool = false,
        runsPipelines: Bool = false
    ) {
        self.tenant = tenant
        self.admin = admin
        self.purpose = purpose
        self.patience = patience
        self.reuses = reuses
        self.runsPipelines = runsPipelines
        var random = SystemRandomNumberGenerator()
        requestId = "\(random.next().hexadecimal)\(random.next().hexadecimal)"
    }

    /// Asks and, where there is patience, waits. A readable `wake` ends it with `ClientError.interrupted`.
    public func run(at address: BrokerAddress, wake: Int32, progress: (Progress) -> Void) throws -> LeasedSession {
        guard let patience, patience > .zero else {
            let client = try BrokerClient.connect(to: address, wake: wake)
            return try ask(client, at: address, waiting: nil, wake: wake, progress: progress)
        }
        let end = Deadline.within(patience)
        var client = try BrokerClient.connect(to: address, wake: wake)
        var wasQueued = false
        // Counted from when it last said something: a daemon that dies at each start is not waited for for ever.
        var backBy: Deadline?
        while true {
            do {
                return try ask(client, at: address, waiting: end, wake: wake) {
                    if case .waiting = $0 { wasQueued = true }
                    backBy = nil
                    progress($0)
                }
            } catch {
                guard Self.mayPass(error, wasQueued: wasQueued, at: address), !(backBy?.isOver ?? false) else {
                    throw error
                }
                if backBy == nil { progress(.daemonAway) }
                let until = backBy ?? .within(Self.comesBackWithin)
                backBy = until
                client = try BrokerClient.reconnect(to: address, by: until, wake: wake)
            }
        }
    }

    /// Whether the daemon may only be restarting. One that stops says to those who wait that it is draining; so does
    /// one that an operator told to, and then it is not coming back.
    private static func mayPass(_ error: any Error, wasQueued: Bool, at address: BrokerAddress) -> Bool {
        switch error {
        case let error as ClientError: return error.mayPass
        case let error as ErrorReply where wasQueued && error.known == .draining:
            guard let client = try? BrokerClient.connectAtOnce(to: address),
                let status = try? client.call(Method.getStatus.call(), within: .seconds(1))
            else { return true }
            return status["state"]?.string == "stopping"
        default: return false
        }
    }

    /// The call: for the first time, or again after the daemon was away; then the steps are of no interest.
    public func call(waitSeconds: Int64? = nil, more: Bool = false) -> Call {
        var parameters: JSONObject = ["tenant": .string(tenant)]
        if let admin { parameters["admin"] = .string(admin) }
        if let purpose { parameters["purpose"] = .string(purpose) }
        // The lease hangs on the connection until the id has reached whoever asked.
        parameters["lease"] = "connection"
        if reuses { parameters["reuse"] = true }
        if runsPipelines { parameters["pipelines"] = true }
        parameters["requestId"] = .string(requestId)
        if let waitSeconds, waitSeconds > 0 { parameters["waitSeconds"] = .int(waitSeconds) }
        return Method.acquire.call(parameters, more: more)
    }

    private func ask(
        _ client: BrokerClient, at address: BrokerAddress, waiting end: Deadline?, wake: Int32,
        progress: (Progress) -> Void
    ) throws -> LeasedSession {
        try client.send(call(waitSeconds: end?.remainingSeconds, more: true))
        var silence = Deadline.within(BrokerClient.tenantAnswersWithin)
        while true {
            switch try client.next(by: .within(BrokerClient.answerWithin).orEarlier(silence), wake: wake) {
            case .wake: throw ClientError.interrupted
            case .nothing:
                if silence.isOver { throw client.silent(after: BrokerClient.tenantAnswersWithin) }
                try BrokerClient.requireAnswer(at: address)
            case .taken: continue
            case .reply(let reply):
                silence = .within(BrokerClient.tenantAnswersWithin)
                let facts = try reply.result()
                if reply.continues {
                    if let end, let place = Place(facts, until: end) { progress(.waiting(place)) }
                    if let step = ConnectionStep(facts) { progress(.step(step)) }
                    continue
                }
                guard let session = facts["session"]?.object, let id = session["session"]?.string else {
                    throw client.broken("Acquire was answered without a session.")
                }
                return LeasedSession(
                    id: id, record: session, isReused: facts["reused"]?.bool ?? false, client: client)
            }
        }
    }
}

/// A session and the connection its lease hangs on.
public struct LeasedSession {
    /// Its name.
    public let id: String
    /// Its record as it came.
    public var record: JSONObject
    /// Whether it was there before.
    public let isReused: Bool
    /// The connection. The lease ends with it, unless it is attached to something else first.
    public var client: BrokerClient
}

extension Acquisition.Place {
    init?(_ facts: JSONObject, until end: Deadline) {
        guard let position = facts["position"]?.int else { return nil }
        self.position = position
        holders = facts["holders"]?.array ?? []
        retryAfterSeconds = facts["retryAfterSeconds"]?.int
        remainingSeconds = end.remainingSeconds
    }
}

extension UInt64 {
    /// Sixteen digits.
    fileprivate var hexadecimal: String {
        let digits = String(self, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}
