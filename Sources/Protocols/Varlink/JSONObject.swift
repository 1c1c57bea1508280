/// The members of a JSON object, in the order in which they came; no key comes twice.
///
/// A look-up walks the members: the objects of a protocol have a handful, and for those a walk beats hashing.
/// Two objects are equal when they have equal members in whatever order.
public struct JSONObject: Sendable {
    /// The members in order.
    public private(set) var members: [Member]

    /// One member. A type of its own, because arrays of tuples are destroyed element by element through the runtime's
    /// tables, which was a twentieth of a grant.
    public struct Member: Hashable, Sendable {
        public let key: String
        public fileprivate(set) var value: JSON

        init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }
    }

    /// An object without members.
    public init() { members = [] }

    /// An object with these members; a key that comes twice is a mistake of the caller.
    init(_ elements: [(String, JSON)]) {
        members = []
        members.reserveCapacity(elements.count)
        for (key, value) in elements {
            precondition(self[key] == nil, "a JSON object was written with a key twice")
            members.append(Member(key, value))
        }
    }

    /// An object of those members that have a value; a key that comes twice is a mistake of the caller.
    public init(present members: [(String, JSON?)]) {
        var present: [Member] = []
        present.reserveCapacity(members.count)
        for (key, value) in members {
            if let value { present.append(Member(key, value)) }
        }
        self.init(unique: present)
    }

    /// An object without members yet, with room for so many.
    public init(capacity: Int) {
        members = []
        members.reserveCapacity(capacity)
    }

    /// Appends a member that is known not to be there yet; nothing where it has no value.
    public mutating func append(_ key: String, _ value: JSON?) {
        if let value { members.append(Member(key, value)) }
    }

    /// Takes over what the parser has already found to be free of repeated keys.
    init(unique members: [Member]) { self.members = members }

    /// The value of a member, nil when there is none.
    ///
    /// Setting replaces it in place or appends it; setting nil removes it. A member that is `null` is not nil.
    public subscript(key: String) -> JSON? {
        get {
            for member in members where member.key == key { return member.value }
            return nil
        }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key, value))
            case (nil, nil): break
            }
        }
    }

    /// Whether there are no members.
    public var isEmpty: Bool { members.isEmpty }

    /// The number of members.
    public var count: Int { members.count }
}

extension JSONObject: Sequence {
    /// Goes through the members in order.
    public func makeIterator() -> IndexingIterator<[Member]> { members.makeIterator() }

    /// The exact number of members, so that collecting them allocates once.
    public var underestimatedCount: Int { members.count }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    /// An object as written; no key may come twice.
    public init(dictionaryLiteral elements: (String, JSON)...) { self.init(elements) }
}

extension JSONObject: Hashable {
    /// Whether both have equal members, in whatever order.
    public static func == (left: JSONObject, right: JSONObject) -> Bool {
        guard left.count == right.count else { return false }
        // Mostly both come in one order. Where not, a dictionary keeps a peer's large object from costing n * n.
        if zip(left, right).allSatisfy({ $0.key == $1.key }) {
            return zip(left, right).allSatisfy { $0.value == $1.value }
        }
        let values = Dictionary(uniqueKeysWithValues: right.members.map { ($0.key, $0.value) })
        return left.allSatisfy { values[$0.key] == $0.value }
    }

    /// Feeds the members into the hasher such that their order does not matter.
    public func hash(into hasher: inout Hasher) {
        var sum = 0
        for member in members {
            var own = Hasher()
            own.combine(member)
            sum ^= own.finalize()
        }
        hasher.combine(sum)
    }
}
