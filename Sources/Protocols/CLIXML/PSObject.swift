// An object of PowerShell (MS-PSRP 2.2.5.2): names of its types, a text, something it wraps or holds, and properties.
//
// An object does not change once it is made. So two references to one object share it, and none can be part of itself:
// a reference to an object that is still being read stays a `PSValue.reference`. Walking an object therefore always ends.

/// An object with type names, properties, or values in it.
public final class PSObject: Sendable {
    /// The types, the most derived one first, as the server named them.
    public let typeNames: [String]
    /// What the object's ToString gave at the server, nil when it was not sent.
    public let toString: String?
    /// What the object wraps or holds.
    public let content: Content
    /// The properties of the .NET type (`Props`), in order.
    public let adapted: [PSProperty]
    /// Properties that were added (`MS`), in order.
    public let extended: [PSProperty]
    /// The number of the object in the message it came in.
    public let refID: Int?

    /// What an object wraps or holds.
    public enum Content: Hashable, Sendable {
        /// Nothing but properties.
        case none
        /// A primitive: an enumeration's number, or a value that has added properties.
        case value(PSValue)
        /// `LST`: an array or list.
        case list([PSValue])
        /// `IE`: anything else that can be enumerated.
        case enumerable([PSValue])
        /// `STK`: a stack, in the order it was sent, which is the order .NET pops it.
        case stack([PSValue])
        /// `QUE`: a queue.
        case queue([PSValue])
        /// `DCT`: a dictionary in the order it was sent. A key may come twice.
        case dictionary([PSEntry])
    }

    /// An object.
    public init(
        typeNames: [String] = [], toString: String? = nil, content: Content = .none, adapted: [PSProperty] = [],
        extended: [PSProperty] = [], refID: Int? = nil
    ) {
        self.typeNames = typeNames
        self.toString = toString
        self.content = content
        self.adapted = adapted
        self.extended = extended
        self.refID = refID
    }
}

/// A property: a name and a value.
public struct PSProperty: Hashable, Sendable {
    /// The name, in the case it was sent.
    public let name: String
    /// The value.
    public let value: PSValue

    /// A property.
    public init(_ name: String, _ value: PSValue) {
        self.name = name
        self.value = value
    }
}

/// An entry of a dictionary.
public struct PSEntry: Hashable, Sendable {
    /// The key, which may be any value.
    public let key: PSValue
    /// The value.
    public let value: PSValue

    /// An entry.
    public init(_ key: PSValue, _ value: PSValue) {
        self.key = key
        self.value = value
    }
}

extension PSObject: Hashable {
    /// Objects are equal when all but their numbers is.
    public static func == (left: PSObject, right: PSObject) -> Bool {
        left === right
            || left.typeNames == right.typeNames && left.toString == right.toString && left.content == right.content
                && left.adapted == right.adapted && left.extended == right.extended
    }

    /// Hashes what tells objects apart most of the time.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(typeNames.first)
        hasher.combine(toString)
        hasher.combine(adapted.count)
        hasher.combine(extended.count)
    }
}

extension PSObject {
    /// The value of a property, whatever the case of its name. Added properties hide those of the type.
    public subscript(_ name: String) -> PSValue? {
        extended.value(of: name) ?? adapted.value(of: name)
    }

    /// All properties: those of the type in their order, each hidden one replaced, then the added ones. Sets of members
    /// (`PSStandardMembers`) are about the object and no properties of it.
    public var properties: [PSProperty] {
        let added = extended.contains(where: \.isMemberSet) ? extended.filter { !$0.isMemberSet } : extended
        if adapted.isEmpty { return added }
        if added.isEmpty { return adapted }
        return adapted.filter { added.value(of: $0.name) == nil } + added
    }

    /// The type of members that stand inside members (MS in MS).
    public static let memberSetType = "System.Management.Automation.PSMemberSet"

    /// Whether one of the types has this name, as it is or as something that crossed a wire (`Deserialized.`).
    public func isOf(type name: String) -> Bool {
        typeNames.contains { $0 == name || $0.dropPrefix("Deserialized.") == name }
    }

    /// The values in a list, an enumeration, a stack or a queue.
    public var values: [PSValue]? {
        switch content {
        case .list(let values), .enumerable(let values), .stack(let values), .queue(let values): values
        case .none, .value, .dictionary: nil
        }
    }

    /// The entries of a dictionary.
    public var entries: [PSEntry]? {
        if case .dictionary(let entries) = content { entries } else { nil }
    }
}

extension PSProperty {
    fileprivate var isMemberSet: Bool {
        if case .object(let object) = value { object.typeNames == [PSObject.memberSetType] } else { false }
    }
}

extension [PSProperty] {
    /// The value of the property with this name, whatever its case. Of two with one name, which is against the rules and
    /// happens, the later counts.
    public func value(of name: String) -> PSValue? {
        last { $0.name.isSameName(as: name) }?.value
    }
}

extension String {
    /// Whether two names are one to PowerShell, which does not look at case.
    public func isSameName(as other: String) -> Bool {
        if utf8.count == other.utf8.count {
            var areASCII = true
            let areSame = zip(utf8, other.utf8).allSatisfy { left, right in
                if (left | right) & 0x80 != 0 { areASCII = false }
                return left == right || left.lowercasedASCII == right.lowercasedASCII
            }
            if areSame { return true }
            if areASCII { return false }
        }
        // Only names with letters beyond ASCII can still be the same.
        guard utf8.contains(where: { $0 & 0x80 != 0 }), other.utf8.contains(where: { $0 & 0x80 != 0 }) else {
            return false
        }
        return lowercased() == other.lowercased()
    }

    func dropPrefix(_ prefix: String) -> Substring {
        hasPrefix(prefix) ? dropFirst(prefix.count) : self[...]
    }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }
}
