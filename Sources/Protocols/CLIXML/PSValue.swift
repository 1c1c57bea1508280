// A value of PowerShell as it crosses the wire (MS-PSRP 2.2.5).
//
// Everything a peer can send has a place here. A tag that nobody knows, and a text that does not fit its tag, is kept as
// `unknown`: a strange property must not cost the row it stands in. Types that Swift has no match for (decimals, times
// with seven digits, versions) keep their text and are taken apart on demand.

/// A value of PowerShell.
public enum PSValue: Hashable, Sendable {
    /// `$null`.
    case null
    /// A string.
    case string(String)
    /// A string with half a surrogate pair in it, which no Swift string can hold, as UTF-16. Never one that could be a
    /// `string`.
    case utf16([UInt16])
    /// A UTF-16 code unit.
    case char(UInt16)
    case bool(Bool)
    case byte(UInt8)
    case sbyte(Int8)
    case uint16(UInt16)
    case int16(Int16)
    case uint32(UInt32)
    case int32(Int32)
    case uint64(UInt64)
    case int64(Int64)
    case single(Float)
    case double(Double)
    case decimal(PSDecimal)
    case dateTime(PSDateTime)
    case duration(PSDuration)
    case bytes([UInt8])
    case guid(PSGuid)
    case uri(String)
    case version(PSVersion)
    /// The text of an XML document.
    case xml(String)
    /// The text of a script block.
    case scriptBlock(String)
    case secureString(PSSecureString)
    /// A progress record in its primitive form (2.2.5.1.25), rare on the wire; see also `ProgressRecord.init(_:)`.
    case progress(ProgressRecord)
    /// An object with type names, properties, or values in it.
    case object(PSObject)
    /// A reference that was not followed: to an object this value is inside of, or to none. The number is that of
    /// `PSObject.refID` in the same message.
    case reference(Int)
    /// An element that is kept because it is not known.
    case unknown(PSUnknown)
}

/// An element nobody knows, or one whose text is not what its tag promises.
public struct PSUnknown: Hashable, Sendable {
    /// The tag.
    public let tag: String
    /// The attribute N of an element inside another unknown one; that of the outermost is the name of the property.
    public let name: String?
    /// The text directly inside, with the escapes it came with.
    public let text: String
    /// The elements inside.
    public let children: [PSUnknown]

    /// An element to be kept.
    public init(tag: String, name: String? = nil, text: String = "", children: [PSUnknown] = []) {
        self.tag = tag
        self.name = name
        self.text = text
        self.children = children
    }
}

/// A string encrypted with the session key (MS-PSRP 2.2.5.1.24), still encrypted.
///
/// It does not print: equal texts give equal ciphertexts, so even these do not belong into a log.
public struct PSSecureString: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible {
    /// The ciphertext in base64, as it crosses the wire.
    public let base64: String

    /// A ciphertext in base64.
    public init(base64: String) {
        self.base64 = base64
    }

    /// Never the content.
    public var description: String { "<secure string>" }
    /// Never the content.
    public var debugDescription: String { description }
}

/// A decimal number of up to 29 digits, as text.
public struct PSDecimal: Hashable, Sendable, CustomStringConvertible {
    /// The number as .NET writes it.
    public let description: String

    /// Nil unless the text is digits with an optional sign and point.
    public init?(_ text: String) {
        var digits = text.utf8[...]
        if digits.first == UInt8(ascii: "-") || digits.first == UInt8(ascii: "+") { digits = digits.dropFirst() }
        let points = digits.count { $0 == UInt8(ascii: ".") }
        guard points <= 1, digits.count > points, digits.count <= 64,
            digits.allSatisfy({ $0 == UInt8(ascii: ".") || ($0 >= 0x30 && $0 <= 0x39) })
        else { return nil }
        description = text
    }
}

/// A version of two to four numbers.
public struct PSVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The numbers.
    public let parts: [UInt32]

    /// A version of these numbers.
    public init(_ major: UInt32, _ minor: UInt32) {
        parts = [major, minor]
    }

    /// Nil unless the text is one to four numbers with points between. One alone breaks .NET's rules and is let in.
    public init?(_ text: String) {
        let numbers = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let parts = numbers.compactMap { UInt32(Substring($0)) }
        guard parts.count == numbers.count, (1...4).contains(parts.count) else { return nil }
        self.parts = parts
    }

    /// The first number.
    public var major: UInt32 { parts[0] }

    /// The numbers with points between.
    public var description: String { parts.map(String.init).joined(separator: ".") }

    /// Compares number by number; a version that goes on is the later one.
    public static func < (left: PSVersion, right: PSVersion) -> Bool {
        left.parts.lexicographicallyPrecedes(right.parts)
    }
}
