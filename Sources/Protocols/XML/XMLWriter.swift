// Writing XML: what our own code says, made into bytes.
//
// Names are written as given, prefix and all, and namespaces are declared where the caller says; the writer checks no
// prefix. Text and values are escaped. What XML 1.0 cannot hold at all (section 2.2, Char) is never written: the first
// such character is remembered and `finish` throws it, so that the calls in between need no `try`.

/// Writes a document from its first element to its last.
public struct XMLWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []

    private var open: [String] = []
    private var startIsOpen = false
    private var refused: XMLCharacterRefused?

    /// A writer with nothing written. No XML declaration is made; UTF-8 needs none.
    public init(reservingBytes capacity: Int = 2048) {
        bytes.reserveCapacity(capacity)
    }

    /// Begins an element, with prefixes that stand for namespaces from here on; an empty prefix is the default one.
    public mutating func start(_ name: String, namespaces: KeyValuePairs<String, String> = [:]) {
        closeStart()
        bytes.append(ASCII.lessThan)
        bytes.append(contentsOf: name.utf8)
        open.append(name)
        startIsOpen = true
        for (prefix, namespace) in namespaces {
            attribute(prefix.isEmpty ? "xmlns" : "xmlns:\(prefix)", namespace)
        }
    }

    /// Adds an attribute to the element just begun.
    public mutating func attribute(_ name: String, _ value: String) {
        precondition(startIsOpen, "attributes come before anything inside the element")
        bytes.append(0x20)
        bytes.append(contentsOf: name.utf8)
        bytes.append(0x3D)
        bytes.append(ASCII.quote)
        escape(value, inAttribute: true)
        bytes.append(ASCII.quote)
    }

    /// Writes text inside the innermost element.
    public mutating func text(_ text: String) {
        closeStart()
        escape(text, inAttribute: false)
    }

    /// Writes bytes that are escaped already, or need no escaping.
    public mutating func raw(_ bytes: some Collection<UInt8>) {
        closeStart()
        self.bytes.append(contentsOf: bytes)
    }

    /// Writes bytes as base64.
    public mutating func base64(_ bytes: some Collection<UInt8>) {
        closeStart()
        Base64.encode(bytes, into: &self.bytes)
    }

    /// Ends the innermost element.
    public mutating func end() {
        guard let name = open.popLast() else { preconditionFailure("no element is open") }
        if startIsOpen {
            startIsOpen = false
            bytes.append(contentsOf: [0x2F, ASCII.greaterThan])
        } else {
            bytes.append(contentsOf: [ASCII.lessThan, 0x2F])
            bytes.append(contentsOf: name.utf8)
            bytes.append(ASCII.greaterThan)
        }
    }

    /// Writes an element with what `content` puts into it.
    public mutating func element(
        _ name: String, _ attributes: KeyValuePairs<String, String> = [:],
        namespaces: KeyValuePairs<String, String> = [:], content: (inout XMLWriter) -> Void = { _ in }
    ) {
        start(name, namespaces: namespaces)
        for (name, value) in attributes { attribute(name, value) }
        content(&self)
        end()
    }

    /// Writes an element that holds only text.
    public mutating func element(_ name: String, _ attributes: KeyValuePairs<String, String> = [:], text: String) {
        element(name, attributes) { $0.text(text) }
    }

    /// The document. Throws the first character that XML cannot hold. Every element has ended.
    public consuming func finish() throws(XMLCharacterRefused) -> [UInt8] {
        precondition(open.isEmpty, "an element is still open")
        if let refused { throw refused }
        return bytes
    }

    private mutating func closeStart() {
        guard startIsOpen else { return }
        startIsOpen = false
        bytes.append(ASCII.greaterThan)
    }

    private mutating func escape(_ text: String, inAttribute: Bool) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": bytes.append(contentsOf: "&amp;".utf8)
            case "<": bytes.append(contentsOf: "&lt;".utf8)
            // Only `]]>` would be wrong in a text; nobody minds the escape elsewhere.
            case ">": bytes.append(contentsOf: "&gt;".utf8)
            case "\"" where inAttribute: bytes.append(contentsOf: "&quot;".utf8)
            // XML 2.11 turns a carriage return into a line feed, 3.3.3 any blank in an attribute into a space.
            case "\r": bytes.append(contentsOf: "&#13;".utf8)
            case "\n" where inAttribute: bytes.append(contentsOf: "&#10;".utf8)
            case "\t" where inAttribute: bytes.append(contentsOf: "&#9;".utf8)
            case "\u{0}"..<"\t", "\u{B}"..<" ", "\u{FFFE}", "\u{FFFF}":
                if refused == nil { refused = XMLCharacterRefused(element: open.last ?? "", scalar: scalar) }
            case "\t"..<"\u{80}": bytes.append(UInt8(truncatingIfNeeded: scalar.value))
            default: bytes.append(contentsOf: UTF8.encode(scalar)!)
            }
        }
    }
}

/// A text holds a character that has no place in XML.
public struct XMLCharacterRefused: Error, Hashable, Sendable, CustomStringConvertible {
    /// The innermost element at that place.
    public let element: String
    /// The character.
    public let scalar: Unicode.Scalar

    /// One sentence.
    public var description: String {
        let number = String(scalar.value, radix: 16, uppercase: true)
        return "The text of \(element) holds U+\(String(repeating: "0", count: max(0, 4 - number.count)))\(number), "
            + "which XML cannot hold."
    }
}
