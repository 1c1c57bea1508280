/// Which of the server's messages have come, by the ids of their objects, which grow by one with each message over the pool
/// and all its pipelines (MS-PSRP 2.2.4).
///
/// Some servers count several pools together, so a gap says nothing as long as no answer can have been lost: it is looked
/// for only from when a connection broke.
struct ObjectSequence: Sendable {
    private var last: UInt64?
    /// Ids that were passed over since a connection broke; nil while none has.
    private var missing: Set<UInt64>?
    /// Whether there is no telling: nothing had come before, or too much was passed over.
    private var isBlind = false

    /// What is passed over and still kept in mind.
    private static let missingMax = 4096

    /// Whether something that was sent has not come.
    var hasGap: Bool { isBlind || missing?.isEmpty == false }

    /// From here on gaps count.
    mutating func watch() {
        guard missing == nil else { return }
        missing = []
        isBlind = last == nil
    }

    /// Gaps do not count any more.
    mutating func unwatch() { (missing, isBlind) = (nil, false) }

    /// A message has begun to come.
    mutating func note(_ id: UInt64) {
        guard let last, id > last else {
            missing?.remove(id)
            if last == nil { last = id }
            return
        }
        self.last = id
        guard missing != nil, id - last > 1 else { return }
        if id - last > UInt64(Self.missingMax) {
            isBlind = true
        } else {
            missing?.formUnion(last + 1..<id)
        }
    }
}
