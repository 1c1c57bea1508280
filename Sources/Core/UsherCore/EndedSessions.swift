/// The sessions that ended last, for those who still ask for them by name or repeat the request that made them.
/// Older ones are in the journal only.
///
/// Kept in blocks, because the broker is copied with each batch: an end then copies one block, not all of them.
struct EndedSessions: Hashable, Sendable {
    /// How many are remembered at least; the oldest go a block at a time.
    static let countMax = 512
    private static let blockSize = 32

    /// Oldest first. All but the last are full.
    private var blocks: [[EndedSession]] = []

    /// Oldest first.
    var all: [EndedSession] { blocks.flatMap { $0 } }

    mutating func append(_ session: EndedSession) {
        if let last = blocks.indices.last, blocks[last].count < Self.blockSize {
            blocks[last].append(session)
            return
        }
        blocks.append([session])
        if blocks.count > Self.countMax / Self.blockSize + 1 { blocks.removeFirst() }
    }

    subscript(id: SessionID) -> EndedSession? { last { $0.identity.id == id } }

    /// The session that this request of this user once got.
    func session(of request: RequestID, owner: UserID) -> EndedSession? {
        last { $0.identity.request == request && $0.identity.owner == owner }
    }

    private func last(where matches: (EndedSession) -> Bool) -> EndedSession? {
        for block in blocks.reversed() {
            if let found = block.last(where: matches) { return found }
        }
        return nil
    }
}
