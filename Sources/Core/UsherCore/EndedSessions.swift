/// The sessions that ended last, for those who still ask for them by name or repeat the request that made them.
/// Older ones are in the journal only.
struct EndedSessions: Hashable, Sendable {
    /// How many are remembered.
    static let countMax = 512

    private var ring: [EndedSession] = []
    private var oldest = 0

    /// Oldest first.
    var all: [EndedSession] { Array(ring[oldest...] + ring[..<oldest]) }

    mutating func append(_ session: EndedSession) {
        if ring.count < Self.countMax {
            ring.append(session)
        } else {
            ring[oldest] = session
            oldest = (oldest + 1) % Self.countMax
        }
    }

    subscript(id: SessionID) -> EndedSession? { ring.last { $0.identity.id == id } }

    /// The session that this request of this user once got.
    func session(of request: RequestID, owner: UserID) -> EndedSession? {
        ring.last { $0.identity.request == request && $0.identity.owner == owner }
    }
}
