/// A body as gzip has it (RFC 1952), in blocks that are stored as they are: what matters is that a client has to undo it.
enum GZip {
    static func stored(_ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 0xFF]
        var start = 0
        repeat {
            let end = min(start + 65535, body.count)
            let count = UInt16(end - start)
            bytes.append(end == body.count ? 1 : 0)
            for number in [count, ~count] {
                bytes.append(UInt8(truncatingIfNeeded: number))
                bytes.append(UInt8(truncatingIfNeeded: number >> 8))
            }
            bytes += body[start..<end]
            start = end
        } while start < body.count
        for number in [checksum(body), UInt32(truncatingIfNeeded: body.count)] {
            for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: number >> UInt32(shift))) }
        }
        return bytes
    }

    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
    }

    private static func checksum(_ body: [UInt8]) -> UInt32 {
        ~body.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
}
