/// Puts fragments together to messages.
///
/// Fragments of several messages may come in turns; those of one message come in order, without a gap. What is in the
/// making is bounded, so a server cannot begin messages for ever.
public struct Reassembly: Sendable {
    /// What is let through.
    public let limits: PSRPLimits

    private var open: [UInt64: OpenMessage] = [:]
    private var openBytes = 0

    private struct OpenMessage {
        var nextFragmentID: UInt64
        var bytes: [UInt8]
    }

    /// Nothing in the making.
    public init(limits: PSRPLimits) {
        self.limits = limits
    }

    /// The messages that have begun and not ended.
    public var openMessages: Int { open.count }

    /// Takes the next fragment; returns the message that it makes whole.
    public mutating func add(_ fragment: Fragment) throws(ProtocolViolation) -> ArraySlice<UInt8>? {
        if fragment.isStart {
            guard open[fragment.objectID] == nil else { throw .startedTwice(objectID: fragment.objectID) }
            guard fragment.fragmentID == 0 else {
                throw .fragmentOutOfOrder(objectID: fragment.objectID, expected: 0, received: fragment.fragmentID)
            }
            try check(total: fragment.blob.count, more: fragment.blob.count)
            // Most messages are one fragment; these are not copied.
            if fragment.isEnd { return fragment.blob }
            guard open.count < limits.openMessagesMax else { throw .tooManyOpenMessages(limit: limits.openMessagesMax) }
            open[fragment.objectID] = OpenMessage(nextFragmentID: 1, bytes: Array(fragment.blob))
            openBytes += fragment.blob.count
            return nil
        }
        // Taken out while it grows, so that its bytes have one owner and are not copied with each fragment.
        guard var message = open.removeValue(forKey: fragment.objectID) else {
            throw .fragmentWithoutStart(objectID: fragment.objectID)
        }
        guard fragment.fragmentID == message.nextFragmentID else {
            throw .fragmentOutOfOrder(
                objectID: fragment.objectID, expected: message.nextFragmentID, received: fragment.fragmentID)
        }
        try check(total: message.bytes.count + fragment.blob.count, more: fragment.blob.count)
        message.bytes.append(contentsOf: fragment.blob)
        if fragment.isEnd {
            openBytes -= message.bytes.count - fragment.blob.count
            return message.bytes[...]
        }
        message.nextFragmentID += 1
        openBytes += fragment.blob.count
        open[fragment.objectID] = message
        return nil
    }

    private func check(total: Int, more: Int) throws(ProtocolViolation) {
        guard total <= limits.messageBytesMax else { throw .messageTooLong(limit: limits.messageBytesMax) }
        guard openBytes + more <= limits.openBytesMax else { throw .tooManyOpenBytes(limit: limits.openBytesMax) }
    }
}
