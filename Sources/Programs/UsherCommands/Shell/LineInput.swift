import Glibc

/// Lines from standard input where nobody edits them.
struct LineInput {
    private var pending: [UInt8] = []
    private var isOver = false

    /// A line beyond this is no line.
    private static let lineBytesMax = 1 << 20

    /// What there is.
    enum Arrival: Hashable {
        case line(String)
        case end
        case tooLong
        /// Nothing whole yet: wait until standard input is readable, then `read`.
        case nothing
    }

    /// The next line of what was read.
    mutating func next() -> Arrival {
        if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
            defer { pending.removeSubrange(...end) }
            return .line(String(decoding: pending[..<end], as: UTF8.self))
        }
        guard pending.count <= Self.lineBytesMax else { return .tooLong }
        guard isOver else { return .nothing }
        guard !pending.isEmpty else { return .end }
        defer { pending = [] }
        return .line(String(decoding: pending, as: UTF8.self))
    }

    mutating func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
        if count > 0 { pending += buffer[..<count] } else if count == 0 || errno != EINTR { isOver = true }
    }
}
