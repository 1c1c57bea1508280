public import Varlink

/// A pipeline that runs, for what is sent into it: never the next one of its session.
public struct PipelineReference: Sendable {
    fileprivate let session: JSON
    fileprivate let invocation: JSON?

    /// The parameters of a call that name it.
    public var parameters: JSONObject {
        var parameters: JSONObject = ["session": session]
        parameters["invocation"] = invocation
        return parameters
    }
}

/// A pipeline that runs, and the connection on which what it writes arrives. Closing the connection stops it.
public final class InvocationStream {
    private let client: BrokerClient
    private let end: Deadline?
    /// One reply may tell several things; they are handed out one by one.
    private var told: [Arrival] = []

    /// What came.
    public enum Arrival: Sendable {
        /// It waits for a seat.
        case waiting(Acquisition.Place)
        /// A connection is being built.
        case step(ConnectionStep)
        /// It began, on this session.
        case begun(PipelineReference, session: JSONObject, isReused: Bool)
        /// Records, as the interface has them.
        case records([JSON])
        /// Records that were taken as they came.
        case taken
        /// It is over.
        case ended(Outcome)
        /// The deadline passed.
        case nothing
        /// The wake descriptor is readable.
        case wake
    }

    /// How a pipeline ended.
    public struct Outcome: Hashable, Sendable {
        /// `completed`, `failed` or `stopped`.
        public let name: String
        /// How many error records it wrote.
        public let errors: Int64
        /// How long it took at the tenant.
        public let durationMilliseconds: Int64?
        /// Everything the last reply told.
        public let facts: JSONObject
    }

    /// Sends the call.
    public init(_ invocation: Invocation, on client: BrokerClient) throws(ClientError) {
        self.client = client
        if case .tenant(_, _, _, let patience?, _) = invocation.place { end = .within(patience) } else { end = nil }
        try client.send(invocation.call())
    }

    /// The connection, for whoever waits for other things as well; only `next` reads from it.
    public var descriptor: Int32 { client.descriptor }

    /// What comes next. `take` may take a reply as it came, as `RecordFrame` finds records in it.
    public func next(
        by deadline: Deadline, wake: Int32 = -1, take: (UnsafeBufferPointer<UInt8>) -> Bool = { _ in false }
    ) throws -> Arrival {
        while told.isEmpty {
            switch try client.next(by: deadline, wake: wake, take: take) {
            case .nothing: return .nothing
            case .wake: return .wake
            case .taken: return .taken
            case .reply(let reply): try hear(reply)
            }
        }
        return told.removeFirst()
    }

    private func hear(_ reply: Reply) throws {
        let facts = try reply.result()
        if let place = Acquisition.Place(facts, until: end ?? .within(.zero)) { told.append(.waiting(place)) }
        if let step = ConnectionStep(facts) { told.append(.step(step)) }
        if let session = facts["session"]?.object {
            let pipeline = PipelineReference(session: session["session"] ?? .null, invocation: facts["invocation"])
            told.append(.begun(pipeline, session: session, isReused: facts["reused"]?.bool ?? false))
        }
        if let records = facts["records"]?.array, !records.isEmpty { told.append(.records(records)) }
        guard !reply.continues else { return }
        guard let outcome = facts["outcome"]?.string else {
            throw client.broken("Invoke ended without an outcome.")
        }
        told.append(
            .ended(
                Outcome(
                    name: outcome, errors: facts["errors"]?.int ?? 0,
                    durationMilliseconds: facts["durationMilliseconds"]?.int, facts: facts)))
    }
}
