import XML

/// An element without what may differ between two envelopes that say the same: prefixes, the order of attributes and of
/// header entries, blanks around text.
struct CanonicalElement: Hashable, CustomStringConvertible {
    var name: String
    var attributes: [String: String]
    var text: String
    var children: [CanonicalElement]

    init(_ element: XMLElement) {
        name = element.name.description
        attributes = Dictionary(
            element.attributes.map { ($0.name.description, $0.value) }, uniquingKeysWith: { first, _ in first })
        text = element.trimmedText
        children = element.children.map(Self.init)
        if element.name.local == "Header" { children.sort { $0.name < $1.name } }
    }

    init(document: [UInt8]) throws(XMLError) {
        self.init(try XMLElement(document: document, limits: XMLLimits(bytesMax: 1_000_000)))
    }

    subscript(_ locals: String...) -> CanonicalElement? {
        var element = self
        for local in locals {
            guard let child = element.children.first(where: { $0.local == local }) else { return nil }
            element = child
        }
        return element
    }

    var local: Substring { name.split(separator: "}").last ?? "" }

    /// Does something to every element, from the inside out.
    mutating func edit(_ change: (inout CanonicalElement) -> Void) {
        for index in children.indices { children[index].edit(change) }
        change(&self)
    }

    var description: String {
        let attributes = attributes.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        return "<\(local)\(attributes)>\(text)\(children.map(\.description).joined())</>"
    }
}
