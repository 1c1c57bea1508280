/// What a server may make us hold.
public struct PSRPLimits: Hashable, Sendable {
    /// The longest slice in one fragment. Windows sends 32,747 bytes; an envelope of 500 KiB holds ten times that.
    public var blobBytesMax: Int
    /// The longest message, its header counted.
    public var messageBytesMax: Int
    /// Messages that have begun and not ended. Servers are not known to send more than one at a time in each queue.
    public var openMessagesMax: Int
    /// The bytes of all of these.
    public var openBytesMax: Int
    /// XML elements inside each other in a message.
    public var depthMax: Int
    /// Values in a message, counting again what is referred to again.
    public var valuesMax: Int

    /// Limits; those that are left out suit a client of a server of Windows.
    public init(
        blobBytesMax: Int = 1 << 20, messageBytesMax: Int, openMessagesMax: Int = 64, openBytesMax: Int? = nil,
        depthMax: Int = 256, valuesMax: Int = 2_000_000
    ) {
        self.blobBytesMax = blobBytesMax
        self.messageBytesMax = messageBytesMax
        self.openMessagesMax = openMessagesMax
        self.openBytesMax = openBytesMax ?? messageBytesMax * 2
        self.depthMax = depthMax
        self.valuesMax = valuesMax
    }
}
