import Varlink

/// A reply that carries records and nothing else, looked at as the bytes it came in.
///
/// Objects that a pipeline wrote can be handed on from here without being decoded. Whatever is not plainly such a reply
/// is left to the decoder.
public enum RecordFrame {
    /// Where a record lies.
    public enum Place: Hashable, Sendable {
        /// The object of an output record: its `data`.
        case object(Range<Int>)
        /// A record of any other kind, whole.
        case record(Range<Int>)
    }

    /// The records of `frame` in order, or nil when it has to be decoded.
    public static func records(in frame: UnsafeBufferPointer<UInt8>) -> [Place]? {
        do throws(JSONError) {
            return try places(in: frame)
        } catch {
            return nil
        }
    }

    private static func places(in frame: UnsafeBufferPointer<UInt8>) throws(JSONError) -> [Place]? {
        var places: [Place] = []
        var seen = (continues: 0, parameters: 0, records: 0, others: 0)
        var scanner = JSONScanner(frame)
        try scanner.members { key, scanner throws(JSONError) in
            if key.holds("continues") {
                let value = try scanner.skip()
                if UnsafeBufferPointer(rebasing: frame[value]).holds("true") { seen.continues += 1 }
            } else if key.holds("parameters"), scanner.peek() == UInt8(ascii: "{") {
                seen.parameters += 1
                try scanner.members { key, scanner throws(JSONError) in
                    guard key.holds("records"), scanner.peek() == UInt8(ascii: "[") else {
                        seen.others += 1
                        try scanner.skip()
                        return
                    }
                    seen.records += 1
                    try scanner.elements { scanner throws(JSONError) in places.append(try place(frame, &scanner)) }
                }
            } else {
                seen.others += 1
                try scanner.skip()
            }
        }
        try scanner.end()
        return seen == (1, 1, 1, 0) ? places : nil
    }

    private static func place(
        _ frame: UnsafeBufferPointer<UInt8>, _ scanner: inout JSONScanner
    ) throws(JSONError) -> Place {
        var object: Range<Int>?
        var isOutput = false
        _ = scanner.peek()
        let start = scanner.position
        try scanner.members { key, scanner throws(JSONError) in
            if key.holds("data"), scanner.peek() == UInt8(ascii: "{") {
                object = try scanner.skip()
            } else if key.holds("stream") {
                let value = try scanner.skip()
                isOutput = UnsafeBufferPointer(rebasing: frame[value]).holds("\"output\"")
            } else {
                try scanner.skip()
            }
        }
        if isOutput, let object { return .object(object) }
        return .record(start..<scanner.position)
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether these are the bytes of `text`.
    fileprivate func holds(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for index in 0..<count where self[index] != text.utf8Start[index] { return false }
        return true
    }
}
