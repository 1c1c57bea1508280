public import CLIXML

/// What is to be sent: one message or several, cut into fragments.
///
/// Fragments of one `Outgoing` go in order, each after the one before was taken. Several may go together.
public struct Outgoing: Hashable, Sendable {
    /// The pipeline they are for, nil for the pool.
    public let pipelineID: PSGuid?
    /// The stream they go into.
    public let stream: Stream
    /// The fragments, each within the limit the pool had when it made them.
    public let fragments: [[UInt8]]

    /// The input streams of a shell.
    public enum Stream: Hashable, Sendable {
        /// `stdin`: everything but answers to host calls.
        case input
        /// `pr`: answers to host calls.
        case promptResponse
    }

    /// Several for the same stream of the same pipeline, one after the other; nil for none.
    public static func joined(_ messages: [Outgoing]) -> Outgoing? {
        guard let first = messages.first else { return nil }
        precondition(
            messages.allSatisfy { $0.pipelineID == first.pipelineID && $0.stream == first.stream },
            "different streams have no order")
        return Outgoing(
            pipelineID: first.pipelineID, stream: first.stream, fragments: messages.flatMap(\.fragments))
    }

    /// All fragments in one piece.
    public var bytes: [UInt8] { Array(fragments.joined()) }

    /// The fragments put together to pieces of at most `bytesMax` bytes; a fragment longer than that stays alone.
    public func pieces(bytesMax: Int) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for fragment in fragments {
            if let last = pieces.indices.last, pieces[last].count + fragment.count <= bytesMax {
                pieces[last].append(contentsOf: fragment)
            } else {
                pieces.append(fragment)
            }
        }
        return pieces
    }
}
