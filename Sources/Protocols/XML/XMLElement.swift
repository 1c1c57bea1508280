/// The name of an element or attribute: a namespace and a local name. Prefixes are gone.
public struct XMLName: Hashable, Sendable, CustomStringConvertible {
    /// The namespace, empty when there is none.
    public let namespace: String
    /// The name inside the namespace.
    public let local: String

    /// A name in a namespace, or in none.
    public init(_ namespace: String = "", _ local: String) {
        self.namespace = namespace
        self.local = local
    }

    /// `{namespace}local`.
    public var description: String { namespace.isEmpty ? local : "{\(namespace)}\(local)" }
}

/// An element with everything in it. For small documents such as envelopes; large ones are read by an `XMLConsumer`.
public struct XMLElement: Hashable, Sendable {
    /// The name.
    public let name: XMLName
    /// The attributes in the order of the document, without declarations of namespaces.
    public let attributes: [Attribute]
    /// The elements directly inside, in order.
    public fileprivate(set) var children: [XMLElement] = []
    /// The text directly inside, all pieces joined, as UTF-8: long texts (base64) are worked on without making a string.
    public fileprivate(set) var utf8: [UInt8] = []

    /// An attribute with its value.
    public struct Attribute: Hashable, Sendable {
        /// The name.
        public let name: XMLName
        /// The value.
        public let value: String
    }

    /// The text directly inside, as it stands: blanks around it are part of it.
    public var text: String { String(decoding: utf8, as: UTF8.self) }

    /// The text directly inside without the blanks around it, which servers put where no text has any.
    public var trimmedText: String {
        let isText: (UInt8) -> Bool = { !ASCII.isBlank($0) }
        guard let first = utf8.firstIndex(where: isText), let last = utf8.lastIndex(where: isText) else { return "" }
        return String(decoding: utf8[first...last], as: UTF8.self)
    }

    /// The first child with this name.
    public func first(_ namespace: String, _ local: String) -> XMLElement? {
        children.first { $0.name.local == local && $0.name.namespace == namespace }
    }

    /// All children with this name, in order.
    public func all(_ namespace: String, _ local: String) -> [XMLElement] {
        children.filter { $0.name.local == local && $0.name.namespace == namespace }
    }

    /// The first element with this name anywhere inside, in the order of the document.
    public func descendant(_ namespace: String, _ local: String) -> XMLElement? {
        for child in children {
            if child.name.local == local, child.name.namespace == namespace { return child }
            if let found = child.descendant(namespace, local) { return found }
        }
        return nil
    }

    /// The value of an attribute without a namespace.
    public func attribute(_ local: String) -> String? {
        attribute("", local)
    }

    /// The value of an attribute in a namespace.
    public func attribute(_ namespace: String, _ local: String) -> String? {
        attributes.first { $0.name.local == local && $0.name.namespace == namespace }?.value
    }
}

extension XMLElement {
    /// The outermost element of a document.
    public init(document: [UInt8], limits: XMLLimits) throws(XMLError) {
        let growing = GrowingTree()
        do {
            try XMLReader(limits: limits).read(document, into: growing)
        } catch let error as XMLError {
            throw error
        } catch {
            preconditionFailure("only the reader throws here")
        }
        guard let root = growing.root else { throw XMLError(line: 1, fault: .empty) }
        self = root
    }
}

/// Builds the tree. Elements that have begun and not ended wait on a stack, the innermost last.
private final class GrowingTree: XMLConsumer {
    var root: XMLElement?
    private var open: [XMLElement] = []

    func started(_ element: XMLStart) {
        let attributes = (0..<element.attributeCount).map { index in
            let attribute = element[index]
            return XMLElement.Attribute(
                name: XMLName(attribute.namespace?.string ?? "", attribute.localName.string),
                value: attribute.value.string)
        }
        let name = XMLName(element.namespace?.string ?? "", element.localName.string)
        open.append(XMLElement(name: name, attributes: attributes))
    }

    func found(_ text: XMLText) {
        open[open.count - 1].utf8.append(contentsOf: text.bytes)
    }

    func ended() {
        let element = open.removeLast()
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }
}
