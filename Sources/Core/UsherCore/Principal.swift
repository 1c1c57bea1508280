/// Who did something to somebody else's session, for the journal.
public struct Principal: Hashable, Sendable {
    public let uid: UserID
    public let user: String

    public init(uid: UserID, user: String) {
        self.uid = uid
        self.user = user
    }

    init(_ caller: Caller) { self.init(uid: caller.uid, user: caller.user) }
}
