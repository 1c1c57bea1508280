internal import CLIXML
internal import PSRP

/// Fragments that wait for a Receive. They leave only with an answer, so that a Receive whose client has gone loses none.
struct OutputQueue {
    private var fragments: [[UInt8]] = []
    private var first = 0
    /// All that waits.
    private(set) var bytes = 0

    var isEmpty: Bool { first == fragments.count }

    mutating func append(_ more: [[UInt8]]) {
        for fragment in more { bytes += fragment.count }
        fragments.append(contentsOf: more)
    }

    /// The largest fragment that an answer of so many bytes has room for; never so small that little else goes out.
    static func fragmentBytesMax(in envelopeBytes: Int) -> Int {
        max(512, (envelopeBytes - ReceivedBody.skeletonBytes - ReceivedBody.streamOverheadBytes) / 4 * 3)
    }

    /// The fragments that go into an answer of so many bytes; one at least, because a client that has no room for one
    /// would never get any.
    mutating func take(envelopeBytesMax: Int) -> [[UInt8]] {
        var room = envelopeBytesMax - ReceivedBody.skeletonBytes
        var taken: [[UInt8]] = []
        while first < fragments.count {
            let fragment = fragments[first]
            let cost = (fragment.count + 2) / 3 * 4 + ReceivedBody.streamOverheadBytes
            guard cost <= room || taken.isEmpty else { break }
            room -= cost
            bytes -= fragment.count
            taken.append(fragment)
            fragments[first] = []
            first += 1
        }
        if first == fragments.count {
            fragments.removeAll(keepingCapacity: true)
            first = 0
        } else if first > 1024 {
            fragments.removeSubrange(..<first)
            first = 0
        }
        return taken
    }
}

/// Makes messages of the server into fragments. Object ids count over the pool and all its pipelines.
struct ServerMessages {
    /// The size of a fragment, its header counted.
    var fragmentBytes = 32768
    /// Windows puts a byte order mark before every text.
    var hasByteOrderMark = true

    private var nextObjectID: UInt64 = 1
    private var callCount: Int64 = 0

    /// The id of a call of a host that is to be answered.
    mutating func nextCallID() -> Int64 {
        callCount += 1
        return callCount
    }

    mutating func cut(
        _ type: MessageType, pool: PSGuid, pipeline: PSGuid = .zero, value: PSValue?
    ) -> [[UInt8]] {
        var text: [UInt8] = []
        if let value {
            text = hasByteOrderMark ? [0xEF, 0xBB, 0xBF] : []
            text.append(contentsOf: CLIXMLEncoder.encode(value))
        }
        let message = Message(to: .client, type: type, poolID: pool, pipelineID: pipeline, text: text[...])
        defer { nextObjectID += 1 }
        return Fragment.cut(message.encoded(), objectID: nextObjectID, bytesMax: fragmentBytes)
    }
}
