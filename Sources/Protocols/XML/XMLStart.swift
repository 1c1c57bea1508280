/// Text in the parser's memory, UTF-8, lent for the duration of one call.
public struct XMLText {
    /// The bytes. Not to be kept beyond the call that lent them.
    public let bytes: UnsafeBufferPointer<UInt8>

    init(bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    init(terminated start: UnsafePointer<UInt8>) {
        var end = start
        while end.pointee != 0 { end += 1 }
        bytes = UnsafeBufferPointer(start: start, count: end - start)
    }

    /// The length in bytes.
    public var count: Int { bytes.count }

    /// A copy to keep.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The first eight bytes as a number, or 0 when there are more than eight: a name of up to eight letters is compared
    /// with `"Version".packed` in one step, which is what makes a switch over the tags of CLIXML cheap.
    public var packed: UInt64 {
        guard bytes.count <= 8 else { return 0 }
        var word: UInt64 = 0
        for byte in bytes { word = word << 8 | UInt64(byte) }
        return word
    }

    /// Whether the bytes are the same as those of a literal.
    public static func == (text: XMLText, literal: StaticString) -> Bool {
        guard text.count == literal.utf8CodeUnitCount else { return false }
        return literal.withUTF8Buffer { text.bytes.elementsEqual($0) }
    }

    /// Whether the bytes are the same as those of a string.
    public static func == (text: XMLText, string: String) -> Bool {
        text.bytes.elementsEqual(string.utf8)
    }
}

extension StaticString {
    /// The literal as `XMLText.packed` would have it. The literal has at most eight bytes.
    public var packed: UInt64 {
        withUTF8Buffer { XMLText(bytes: $0).packed }
    }
}

/// An element that begins, lent for the duration of one call.
public struct XMLStart {
    /// The name without its prefix.
    public let localName: XMLText
    /// The namespace of the element, nil when it has none.
    public let namespace: XMLText?
    /// The number of attributes. Declarations of namespaces are not among them.
    public let attributeCount: Int

    private let prefix: UnsafePointer<UInt8>?
    private let attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?

    init(
        local: UnsafePointer<UInt8>, prefix: UnsafePointer<UInt8>?, namespace: UnsafePointer<UInt8>?,
        attributeCount: Int, attributes: UnsafeMutablePointer<UnsafePointer<UInt8>?>?
    ) {
        localName = XMLText(terminated: local)
        self.namespace = namespace.map(XMLText.init(terminated:))
        self.prefix = prefix
        // Five pointers an attribute: name, prefix, namespace, and where its value begins and ends.
        self.attributeCount = attributes == nil ? 0 : attributeCount
        self.attributes = attributes
    }

    /// An attribute of an element that begins.
    public struct Attribute {
        /// The name without its prefix.
        public let localName: XMLText
        /// The namespace, nil for a name without a prefix.
        public let namespace: XMLText?
        /// The value, with references resolved.
        public let value: XMLText
    }

    /// The attribute at a position from 0.
    public subscript(index: Int) -> Attribute {
        precondition(index >= 0 && index < attributeCount, "there is no such attribute")
        guard let attributes, let name = attributes[index * 5] else { return .empty }
        let start = attributes[index * 5 + 3]
        let count = zip(start, attributes[index * 5 + 4])
        return Attribute(
            localName: XMLText(terminated: name),
            namespace: attributes[index * 5 + 2].map(XMLText.init(terminated:)),
            value: XMLText(bytes: UnsafeBufferPointer(start: start, count: count)))
    }

    /// The value of the attribute without a namespace that has this name.
    public func value(of name: StaticString) -> XMLText? {
        for index in 0..<attributeCount {
            let attribute = self[index]
            if attribute.namespace == nil, attribute.localName == name { return attribute.value }
        }
        return nil
    }

    /// libxml2 goes on after a prefix that nobody declared, and leaves the namespace out.
    var undeclaredPrefix: String? {
        if let prefix, namespace == nil { return XMLText(terminated: prefix).string }
        for index in 0..<attributeCount {
            if let prefix = attributes?[index * 5 + 1], attributes?[index * 5 + 2] == nil {
                return XMLText(terminated: prefix).string
            }
        }
        return nil
    }

    private func zip(_ start: UnsafePointer<UInt8>?, _ end: UnsafePointer<UInt8>?) -> Int {
        guard let start, let end else { return 0 }
        return end - start
    }
}

extension XMLStart.Attribute {
    fileprivate static var empty: Self {
        let nothing = XMLText(bytes: UnsafeBufferPointer(start: nil, count: 0))
        return Self(localName: nothing, namespace: nil, value: nothing)
    }
}
