/// What people write for others to read: the purpose of a session, the message of a lock.
public enum Remark {
    /// Characters. Long enough for a ticket and a sentence, short enough for a line of a list.
    public static let lengthMax = 200
    /// And bytes: one character may be made of any number of marks.
    public static let bytesMax = 32 * lengthMax

    /// Whether others can be shown this.
    public static func fits(_ text: String) -> Bool { text.utf8.count <= bytesMax && text.count <= lengthMax }
}
