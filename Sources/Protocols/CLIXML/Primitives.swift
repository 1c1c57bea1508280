// Primitives (MS-PSRP 2.2.5.1) from the text inside their tag.
//
// A text that does not fit its tag is kept as it is, with the tag: `unknown` is honest, a wrong number is not.

internal import XML

extension PSValue {
    /// The value of a primitive's tag with this text inside.
    init(tag: Tag, text: UnsafeBufferPointer<UInt8>) {
        self =
            Self.primitive(tag, text) ?? .unknown(PSUnknown(tag: tag.name, text: String(decoding: text, as: UTF8.self)))
    }

    private static func primitive(_ tag: Tag, _ text: UnsafeBufferPointer<UInt8>) -> PSValue? {
        switch tag {
        case .S:
            switch Escaping.unescape(text) {
            case .string(let string): return .string(string)
            case .utf16(let units): return .utf16(units)
            }
        case .C: return UInt16(parsing: text).map(PSValue.char)
        case .B: return bool(text)
        case .DT: return .dateTime(PSDateTime(string(text)))
        case .TS: return .duration(PSDuration(string(text)))
        case .By: return UInt8(parsing: text).map(PSValue.byte)
        case .SB: return Int8(parsing: text).map(PSValue.sbyte)
        case .U16: return UInt16(parsing: text).map(PSValue.uint16)
        case .I16: return Int16(parsing: text).map(PSValue.int16)
        case .U32: return UInt32(parsing: text).map(PSValue.uint32)
        case .I32: return Int32(parsing: text).map(PSValue.int32)
        case .U64: return UInt64(parsing: text).map(PSValue.uint64)
        case .I64: return Int64(parsing: text).map(PSValue.int64)
        case .Sg: return floating(text).map(PSValue.single)
        case .Db: return floating(text).map(PSValue.double)
        case .D: return PSDecimal(string(text)).map(PSValue.decimal)
        case .BA: return Base64.decode(text).map(PSValue.bytes)
        case .G: return PSGuid(utf8: text).map(PSValue.guid)
        case .URI: return .uri(string(text))
        case .Nil: return .null
        case .Version: return PSVersion(string(text)).map(PSValue.version)
        case .XD: return .xml(string(text))
        case .SBK: return .scriptBlock(string(text))
        case .SS: return .secureString(PSSecureString(base64: string(text)))
        default: return nil
        }
    }

    private static func string(_ text: UnsafeBufferPointer<UInt8>) -> String {
        Escaping.unescape(text).string
    }

    private static func bool(_ text: UnsafeBufferPointer<UInt8>) -> PSValue? {
        switch String(decoding: text, as: UTF8.self).lowercased() {
        case "true": .bool(true)
        case "false": .bool(false)
        default: nil
        }
    }

    /// Swift would also take hexadecimal numbers and words of its own for infinity.
    private static func floating<Number: BinaryFloatingPoint & LosslessStringConvertible>(
        _ text: UnsafeBufferPointer<UInt8>
    ) -> Number? {
        let string = String(decoding: text, as: UTF8.self)
        switch string {
        case "INF", "Infinity": return .infinity
        case "-INF", "-Infinity": return -.infinity
        case "NaN": return .nan
        default:
            let isNumber = text.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "e"),
                    UInt8(ascii: "E"):
                    true
                default: false
                }
            }
            return isNumber ? Number(string) : nil
        }
    }
}

extension FixedWidthInteger {
    /// Reads decimal digits with an optional sign. Nil when there is anything else, or too much of it.
    init?(parsing text: UnsafeBufferPointer<UInt8>) {
        let isNegative = text.first == UInt8(ascii: "-")
        var index = isNegative || text.first == UInt8(ascii: "+") ? 1 : 0
        guard index < text.count else { return nil }
        var value: Self = 0
        while index < text.count {
            let digit = text[index] &- 0x30
            guard digit < 10 else { return nil }
            let (tenfold, isTooMuch) = value.multipliedReportingOverflow(by: 10)
            let (sum, overflows) =
                isNegative
                ? tenfold.subtractingReportingOverflow(Self(digit)) : tenfold.addingReportingOverflow(Self(digit))
            guard !isTooMuch, !overflows else { return nil }
            value = sum
            index += 1
        }
        self = value
    }
}
