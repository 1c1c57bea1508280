// Names are parsed once, at the edge, and trusted from then on. They end up in files, log fields and on
// terminals, so nothing but plain ASCII gets in.

/// A configured tenant, by its short name.
public struct TenantName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless `text` is 1 to 63 of a-z, 0-9, `-`, `_` and `.`, begins with a letter or digit, and cannot be
    /// taken for a session id.
    public init?(_ text: String) {
        guard isPlainName(text), SessionID(text) == nil else { return nil }
        description = text
    }

    public static func < (left: TenantName, right: TenantName) -> Bool { left.description < right.description }
}

/// An account at a tenant, by its short name. Quotas are charged to it.
public struct AdminName: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless `text` is 1 to 63 of a-z, 0-9, `-`, `_` and `.` and begins with a letter or digit.
    public init?(_ text: String) {
        guard isPlainName(text) else { return nil }
        description = text
    }

    public static func < (left: AdminName, right: AdminName) -> Bool { left.description < right.description }
}

private func isPlainName(_ text: String) -> Bool {
    let bytes = text.utf8
    guard (1...63).contains(bytes.count), let first = bytes.first else { return false }
    func isAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    return isAlphanumeric(first)
        && bytes.allSatisfy {
            isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
        }
}

/// A Unix user, as the kernel names it.
public struct UserID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    public var description: String { "\(rawValue)" }

    public static let root = UserID(0)
    /// The overflow uid: what the kernel reports for users it cannot map. It is never anybody.
    public static let nobody = UserID(65534)
}

/// A Unix group, as the kernel names it.
public struct GroupID: Hashable, Sendable, CustomStringConvertible {
    public let rawValue: UInt32
    public init(_ rawValue: UInt32) { self.rawValue = rawValue }
    public var description: String { "\(rawValue)" }
}

/// A session, by the name people type: `s7k2`.
///
/// The number behind it counts up for the life of the state database and is never used twice. It is written as `s`,
/// the number's higher part in decimal, and its lower ten bits as two digits of base 32, so that ids stay short,
/// differ from their neighbours in the last place, and hold no character that is taken for another.
public struct SessionID: Hashable, Comparable, Sendable, CustomStringConvertible {
    public let number: UInt64

    /// The first number given out, so that every id has the same shape.
    public static let first = SessionID(number: 1024)

    private static let digits = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    public init(number: UInt64) { self.number = number }

    /// Nil unless `text` is exactly how an id is written.
    public init?(_ text: String) {
        var text = text
        // As plain bytes: a slice of a string is retained with each step, and every request names an id.
        guard let number = text.withUTF8({ Self.number(writtenAs: $0[...]) }) else { return nil }
        self.number = number
    }

    private static func number(writtenAs text: Slice<UnsafeBufferPointer<UInt8>>) -> UInt64? {
        var rest = text
        guard (4...20).contains(rest.count), rest.popFirst() == UInt8(ascii: "s"), rest.first != UInt8(ascii: "0"),
            let lower = rest.popLast().flatMap({ digits.firstIndex(of: $0) }),
            let upper = rest.popLast().flatMap({ digits.firstIndex(of: $0) })
        else { return nil }
        var high: UInt64 = 0
        for byte in rest {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            high = high * 10 + UInt64(byte - UInt8(ascii: "0"))
        }
        guard high < UInt64(1) << 53 else { return nil }
        return high << 10 | UInt64(upper) << 5 | UInt64(lower)
    }

    public var description: String {
        // Backwards into its own storage: it is in every reply.
        String(unsafeUninitializedCapacity: 20) { bytes in
            var start = 17
            (bytes[18], bytes[19]) = (Self.digits[Int(number >> 5 & 31)], Self.digits[Int(number & 31)])
            var high = number >> 10
            repeat {
                bytes[start] = UInt8(ascii: "0") + UInt8(high % 10)
                high /= 10
                start -= 1
            } while high > 0
            bytes[start] = UInt8(ascii: "s")
            for index in start..<20 { bytes[index - start] = bytes[index] }
            return 20 - start
        }
    }

    /// The id given out after this one.
    public var next: SessionID { SessionID(number: number + 1) }

    public static func < (left: SessionID, right: SessionID) -> Bool { left.number < right.number }
}

/// A remote shell, by the id that we propose for it when we ask for it to be made. Durable before that, so that whatever
/// becomes of the answer we know what to have deleted.
///
/// Sixteen bytes that mean nothing here. They come from the edge, because there is no chance in the core.
public struct ShellID: Hashable, Sendable, CustomStringConvertible {
    public let bytes: SIMD16<UInt8>

    public init(_ bytes: SIMD16<UInt8>) { self.bytes = bytes }

    /// Nil unless `text` is a GUID with its dashes.
    public init?(_ text: String) {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }
        guard text.utf8.count == 36, digits.count == 32 else { return nil }
        var bytes = SIMD16<UInt8>()
        for index in 0..<16 {
            let pair = String(decoding: digits[(2 * index)..<(2 * index + 2)], as: UTF8.self)
            guard let byte = UInt8(pair, radix: 16) else { return nil }
            bytes[index] = byte
        }
        self.bytes = bytes
        guard description.utf8.elementsEqual(text.uppercased().utf8) else { return nil }
    }

    /// As it stands on the wire: in upper case, without braces.
    public var description: String {
        var text = ""
        text.reserveCapacity(36)
        for index in 0..<16 {
            if [4, 6, 8, 10].contains(index) { text += "-" }
            let byte = String(bytes[index], radix: 16, uppercase: true)
            text += byte.utf8.count == 1 ? "0" + byte : byte
        }
        return text
    }
}

/// One request on the socket that awaits its answer. Given by the edge, never used twice in one life.
public struct CallID: Hashable, Sendable {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// One client connection. Given by the edge, never used twice in one life.
public struct ConnectionID: Hashable, Sendable {
    public let rawValue: UInt64
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
}

/// One pipeline on a session. Counts up within the session.
public struct InvocationID: Hashable, Sendable {
    public let rawValue: Int
    public init(_ rawValue: Int) { self.rawValue = rawValue }
}

/// What a client calls its request, so that asking again after a lost answer finds what the first one got.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
    public let description: String

    /// Nil unless `text` is 1 to 64 printable ASCII characters.
    public init?(_ text: String) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy({ (0x21...0x7e).contains($0) }) else { return nil }
        description = text
    }
}
