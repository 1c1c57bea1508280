// Encoding CLIXML (MS-PSRP 2.2.5): a value in, a text out, in the order Windows writes: type names, ToString, what the
// object holds, adapted properties, added ones.
//
// Numbers of objects and of type names are given out as things first appear, each from 0. The same object met again is
// written as a reference, so a text that was decoded comes out with the references it had, and never larger than that.

internal import XML

/// Encodes values, each as a text of its own.
public struct CLIXMLEncoder {
    private var bytes: [UInt8] = []
    private var typeNumbers: [[String]: Int] = [:]
    private var objectNumbers: [ObjectIdentifier: Int] = [:]
    /// The objects that are being written, the innermost last: a reference to one of them goes by its old number.
    private var open: [(refID: Int?, number: Int)] = []
    private var objectCount = 0

    private init() {}

    /// The CLIXML of a value, without a wrapper.
    public static func encode(_ value: PSValue) -> [UInt8] {
        var encoder = CLIXMLEncoder()
        encoder.write(value, name: nil)
        return encoder.bytes
    }

    private mutating func write(_ value: PSValue, name: String?) {
        switch value {
        case .null: empty(.Nil, name)
        case .string(let text): escaped(.S, name, text)
        case .utf16(let units):
            element(.S, name) { Escaping.escape(utf16: units, into: &$0) }
        case .char(let unit): plain(.C, name, unit.description)
        case .bool(let value): plain(.B, name, value ? "true" : "false")
        case .byte(let value): plain(.By, name, value.description)
        case .sbyte(let value): plain(.SB, name, value.description)
        case .uint16(let value): plain(.U16, name, value.description)
        case .int16(let value): plain(.I16, name, value.description)
        case .uint32(let value): plain(.U32, name, value.description)
        case .int32(let value): plain(.I32, name, value.description)
        case .uint64(let value): plain(.U64, name, value.description)
        case .int64(let value): plain(.I64, name, value.description)
        case .single(let value): plain(.Sg, name, value.dotNetText(infinity: "INF"))
        case .double(let value): plain(.Db, name, value.dotNetText(infinity: "INF"))
        case .decimal(let value): plain(.D, name, value.description)
        case .dateTime(let value): escaped(.DT, name, value.description)
        case .duration(let value): escaped(.TS, name, value.description)
        case .bytes(let value): element(.BA, name) { Base64.encode(value, into: &$0) }
        case .guid(let value): plain(.G, name, value.description)
        case .uri(let text): escaped(.URI, name, text)
        case .version(let value): plain(.Version, name, value.description)
        case .xml(let text): escaped(.XD, name, text)
        case .scriptBlock(let text): escaped(.SBK, name, text)
        case .secureString(let value): escaped(.SS, name, value.base64)
        case .progress(let record): write(record, name: name)
        case .object(let object): write(object, name: name)
        case .reference(let refID): reference(to: open.last { $0.refID == refID }?.number, name: name)
        case .unknown(let element): write(element, name: name)
        }
    }

    private mutating func write(_ object: PSObject, name: String?) {
        if let number = objectNumbers[ObjectIdentifier(object)] { return reference(to: number, name: name) }
        let number = objectCount
        objectCount += 1
        open.append((object.refID, number))
        start(.Obj, name, refID: number)
        write(typeNames: object.typeNames)
        if let toString = object.toString { escaped(.ToString, nil, toString) }
        write(object.content)
        write(object.adapted, as: .Props)
        write(object.extended, as: .MS)
        end(.Obj)
        open.removeLast()
        objectNumbers[ObjectIdentifier(object)] = number
    }

    private mutating func write(typeNames: [String]) {
        guard !typeNames.isEmpty else { return }
        if let number = typeNumbers[typeNames] {
            tag(.TNRef, nil, refID: number)
            return close(empty: true)
        }
        typeNumbers[typeNames] = typeNumbers.count
        start(.TN, nil, refID: typeNumbers.count - 1)
        for name in typeNames { escaped(.T, nil, name) }
        end(.TN)
    }

    private mutating func write(_ content: PSObject.Content) {
        switch content {
        case .none: break
        case .value(let value): write(value, name: nil)
        case .list(let values): write(values, as: .LST)
        case .enumerable(let values): write(values, as: .IE)
        case .stack(let values): write(values, as: .STK)
        case .queue(let values): write(values, as: .QUE)
        case .dictionary(let entries):
            guard !entries.isEmpty else { return empty(.DCT, nil) }
            start(.DCT, nil)
            for entry in entries {
                start(.En, nil)
                write(entry.key, name: "Key")
                write(entry.value, name: "Value")
                end(.En)
            }
            end(.DCT)
        }
    }

    private mutating func write(_ values: [PSValue], as tag: Tag) {
        guard !values.isEmpty else { return empty(tag, nil) }
        start(tag, nil)
        for value in values { write(value, name: nil) }
        end(tag)
    }

    private mutating func write(_ properties: [PSProperty], as tag: Tag) {
        guard !properties.isEmpty else { return }
        start(tag, nil)
        for property in properties { write(property.value, name: property.name) }
        end(tag)
    }

    /// MS-PSRP 2.2.5.1.25: the elements of PR in the order of the specification's example.
    private mutating func write(_ record: ProgressRecord, name: String?) {
        start(.PR, name)
        part("AV", record.activity)
        part("AI", record.activityID.description)
        if let operation = record.currentOperation { part("S", operation) } else { empty(.Nil, nil) }
        part("PI", record.parentActivityID.description)
        part("PC", record.percentComplete.description)
        part("T", record.isCompleted ? "Completed" : "Processing")
        part("SR", record.secondsRemaining.description)
        part("SD", record.status)
        end(.PR)
    }

    private mutating func part(_ tag: String, _ text: String) {
        bytes.append(contentsOf: "<\(tag)>".utf8)
        Escaping.escape(text, into: &bytes)
        bytes.append(contentsOf: "</\(tag)>".utf8)
    }

    /// An unknown element is written as it came: its tag is one that an XML reader has let through.
    private mutating func write(_ element: PSUnknown, name: String?) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: element.tag.utf8)
        attribute("N", name)
        bytes.append(UInt8(ascii: ">"))
        // The escapes of CLIXML are still in the text, so only those of XML are put back.
        for byte in element.text.utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes.append(contentsOf: "&amp;".utf8)
            case UInt8(ascii: "<"): bytes.append(contentsOf: "&lt;".utf8)
            case UInt8(ascii: ">"): bytes.append(contentsOf: "&gt;".utf8)
            case 0x0D: bytes.append(contentsOf: "&#13;".utf8)
            default: bytes.append(byte)
            }
        }
        for child in element.children { write(child, name: child.name) }
        bytes.append(contentsOf: "</\(element.tag)>".utf8)
    }
}

// Tags and text.
extension CLIXMLEncoder {
    private mutating func plain(_ tag: Tag, _ name: String?, _ text: String) {
        element(tag, name) { $0.append(contentsOf: text.utf8) }
    }

    private mutating func escaped(_ tag: Tag, _ name: String?, _ text: String) {
        element(tag, name) { Escaping.escape(text, into: &$0) }
    }

    private mutating func element(_ tag: Tag, _ name: String?, content: (inout [UInt8]) -> Void) {
        start(tag, name)
        content(&bytes)
        end(tag)
    }

    private mutating func reference(to number: Int?, name: String?) {
        // Without the object it refers to, a reference means nothing to anybody.
        guard let number else { return empty(.Nil, name) }
        tag(.Ref, name, refID: number)
        close(empty: true)
    }

    private mutating func empty(_ tag: Tag, _ name: String?) {
        self.tag(tag, name, refID: nil)
        close(empty: true)
    }

    private mutating func start(_ tag: Tag, _ name: String?, refID: Int? = nil) {
        self.tag(tag, name, refID: refID)
        close(empty: false)
    }

    private mutating func tag(_ tag: Tag, _ name: String?, refID: Int?) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(contentsOf: tag.name.utf8)
        attribute("N", name)
        attribute("RefId", refID?.description)
    }

    private mutating func attribute(_ attribute: StaticString, _ value: String?) {
        guard let value else { return }
        bytes.append(UInt8(ascii: " "))
        attribute.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "="))
        bytes.append(UInt8(ascii: "\""))
        Escaping.escape(value, inAttribute: true, into: &bytes)
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func close(empty: Bool) {
        if empty { bytes.append(UInt8(ascii: "/")) }
        bytes.append(UInt8(ascii: ">"))
    }

    private mutating func end(_ tag: Tag) {
        bytes.append(UInt8(ascii: "<"))
        bytes.append(UInt8(ascii: "/"))
        bytes.append(contentsOf: tag.name.utf8)
        bytes.append(UInt8(ascii: ">"))
    }
}
