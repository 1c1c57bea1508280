/// What people write for others to read: the purpose of a session, the message of a lock.
public enum Remark {
    /// Characters. Long enough for a ticket and a sentence, short enough for a line of a list.
    public static let lengthMax = 200
}
