// The builder of values: what the XML reader calls while it reads CLIXML.
//
// Two stacks. `frames` has one entry for each open element; `objects` has one for each open Obj, and Props, MS and the
// containers put what they hold into the innermost of these. A value goes to where the innermost open element wants it:
// `deliver` is the only place that decides.
//
// An element that is not known, or that stands where it means nothing, is kept as `PSUnknown` with all that is in it.
// References are followed when the object is whole. What they point to counts again: thirty objects that each refer
// twice to the one before would otherwise be a billion values to whoever walks them.

internal import XML

/// Something the builder refuses; the decoder adds the line.
struct BuilderFault: Error {
    let fault: CLIXMLError.Fault
}

final class ValueBuilder: XMLConsumer {
    /// The values at the top.
    private(set) var values: [PSValue] = []

    private let limits: CLIXMLLimits
    private let tags = TagTable()
    private var names = NameTable()

    private var frames: [Frame] = []
    private var objects: [OpenObject] = []
    private var unknowns: [OpenUnknown] = []
    /// The text of the innermost element that takes one.
    private var text: [UInt8] = []
    private var typeNames: [Int: [String]] = [:]
    private var known: [Int: Known] = [:]
    private var size = OpenObject.Size()
    /// How many properties the last object had; the next one is likely to have as many.
    private var usualProperties = 0

    private struct Frame {
        let tag: Tag
        /// The attribute N.
        let name: String?
        /// The attribute RefId.
        let refID: Int?
    }

    private struct Known {
        let object: PSObject
        let size: OpenObject.Size
    }

    init(limits: CLIXMLLimits) {
        self.limits = limits
    }

    /// Makes ready for the next text. Memory that a huge text needed is given back.
    func reset() {
        values = []
        frames.removeAll(keepingCapacity: true)
        objects.removeAll(keepingCapacity: true)
        unknowns = []
        text.removeAll(keepingCapacity: text.capacity <= 1 << 16)
        typeNames.removeAll(keepingCapacity: typeNames.capacity <= 1024)
        known.removeAll(keepingCapacity: known.capacity <= 1024)
        size = OpenObject.Size()
        usualProperties = min(usualProperties, 64)
    }

    // MARK: Elements

    func started(_ element: XMLStart) throws {
        let tag = tags[element.localName]
        let parent = frames.last?.tag
        guard unknowns.isEmpty else { return startUnknown(element) }
        switch meaning(of: tag, in: parent) {
        case .known: break
        case .unknown: return startUnknown(element)
        case .none: throw BuilderFault(fault: .misplaced(element.localName.string))
        }
        var name: String?
        var refID: Int?
        for index in 0..<element.attributeCount {
            let attribute = element[index]
            if attribute.localName == "N" {
                name = names.string(attribute.value.bytes)
            } else if attribute.localName == "RefId" {
                refID = Int(parsing: attribute.value.bytes)
            }
        }
        frames.append(Frame(tag: tag, name: name, refID: refID))
        text.removeAll(keepingCapacity: true)
        switch tag {
        case .Obj: objects.append(OpenObject(before: size))
        // Members of a member: Windows PowerShell writes sets of them, as PSStandardMembers is one.
        case .MS where parent == .MS: objects.append(OpenObject(before: size))
        case .Props: objects[objects.count - 1].adapted.reserveCapacity(usualProperties)
        case .MS: objects[objects.count - 1].extended.reserveCapacity(usualProperties)
        default: break
        }
    }

    func found(_ text: XMLText) throws {
        try count(values: 0, bytes: text.count)
        if unknowns.isEmpty {
            self.text.append(contentsOf: text.bytes)
        } else {
            unknowns[unknowns.count - 1].text.append(contentsOf: text.bytes)
        }
    }

    func ended() throws {
        guard unknowns.isEmpty else { return try endUnknown() }
        let frame = frames.removeLast()
        let top = objects.count - 1
        switch frame.tag {
        case .Obj: try endObject(frame)
        case .Ref: try deliver(reference(frame.refID), tag: .Ref, name: frame.name)
        case .TN:
            if let refID = frame.refID { typeNames[refID] = objects[top].typeNames }
        case .TNRef: objects[top].typeNames = frame.refID.flatMap { typeNames[$0] } ?? []
        case .T: objects[top].typeNames.append(text.withUnsafeBufferPointer { names.string($0) })
        case .ToString: objects[top].toString = text.withUnsafeBufferPointer { Escaping.unescape($0).string }
        case .LST: try setContent(.list(objects[top].takeValues()), tag: frame.tag)
        case .IE: try setContent(.enumerable(objects[top].takeValues()), tag: frame.tag)
        case .STK: try setContent(.stack(objects[top].takeValues()), tag: frame.tag)
        case .QUE: try setContent(.queue(objects[top].takeValues()), tag: frame.tag)
        case .DCT: try setContent(.dictionary(objects[top].takeEntries()), tag: frame.tag)
        case .En: objects[top].endEntry()
        case .Props: usualProperties = objects[top].adapted.count
        case .MS where frames.last?.tag == .MS:
            let set = PSObject(typeNames: [PSObject.memberSetType], extended: objects.removeLast().extended)
            try deliver(.object(set), tag: .MS, name: frame.name)
        case .MS: usualProperties = max(usualProperties, objects[top].extended.count)
        case .Objs, .PR, .unknown: break
        default:
            let value = text.withUnsafeBufferPointer { PSValue(tag: frame.tag, text: $0) }
            try deliver(value, tag: frame.tag, name: frame.name)
        }
    }

    private enum Meaning { case known, unknown, none }

    /// What a tag means at this place. Where a value may stand, any element is one, if need be an unknown one.
    private func meaning(of tag: Tag, in parent: Tag?) -> Meaning {
        switch parent {
        case .TN: return tag == .T ? .known : .none
        case .DCT: return tag == .En ? .known : .none
        case nil, .Objs, .Obj, .Props, .MS, .En, .LST, .IE, .STK, .QUE: break
        default: return .none
        }
        switch tag {
        case .Objs: return parent == nil ? .known : .unknown
        case .MS: return parent == .Obj || parent == .MS ? .known : .unknown
        case .TN, .TNRef, .ToString, .Props, .LST, .IE, .STK, .QUE, .DCT: return parent == .Obj ? .known : .unknown
        // PR has elements of its own and goes the way of the unknown.
        case .T, .En, .PR, .unknown: return .unknown
        default: return .known
        }
    }

    // MARK: Values

    private func endObject(_ frame: Frame) throws {
        let open = objects.removeLast()
        let object = PSObject(
            typeNames: open.typeNames, toString: open.toString, content: open.content, adapted: open.adapted,
            extended: open.extended, refID: frame.refID)
        try deliver(.object(object), tag: .Obj, name: frame.name)
        if let refID = frame.refID {
            let own = OpenObject.Size(values: size.values - open.before.values, bytes: size.bytes - open.before.bytes)
            known[refID] = Known(object: object, size: own)
        }
    }

    private func reference(_ refID: Int?) throws -> PSValue {
        guard let refID else { return .reference(-1) }
        guard let target = known[refID] else { return .reference(refID) }
        // The reference itself is counted when it is delivered.
        try count(values: target.size.values - 1, bytes: target.size.bytes)
        return .object(target.object)
    }

    private func count(values: Int, bytes: Int) throws {
        size.values += values
        size.bytes += bytes
        guard size.values <= limits.valuesMax else {
            throw BuilderFault(fault: .tooManyValues(limit: limits.valuesMax))
        }
        guard size.bytes <= limits.expandedBytesMax else {
            throw BuilderFault(fault: .tooManyBytes(limit: limits.expandedBytesMax))
        }
    }

    private func deliver(_ value: PSValue, tag: Tag, name: String?) throws {
        try count(values: 1, bytes: name?.utf8.count ?? 0)
        let top = objects.count - 1
        switch frames.last?.tag {
        case nil, .Objs: values.append(value)
        case .Obj: try setContent(.value(value), tag: tag)
        case .Props: objects[top].adapted.append(PSProperty(name ?? "", value))
        case .MS: objects[top].extended.append(PSProperty(name ?? "", value))
        case .En: objects[top].addToEntry(value, name: name)
        case .LST, .IE, .STK, .QUE: objects[top].add(value)
        // `meaning` lets no value begin anywhere else.
        default: break
        }
    }

    private func setContent(_ content: PSObject.Content, tag: Tag) throws {
        guard case .none = objects[objects.count - 1].content else {
            throw BuilderFault(fault: .secondContent(tag.name))
        }
        objects[objects.count - 1].content = content
    }
}

// What is kept because it is not known.
extension ValueBuilder {
    fileprivate func startUnknown(_ element: XMLStart) {
        let name = element.value(of: "N").map { Escaping.unescape($0.bytes).string }
        unknowns.append(OpenUnknown(tag: element.localName.string, name: name))
    }

    fileprivate func endUnknown() throws {
        let open = unknowns.removeLast()
        let element = PSUnknown(
            tag: open.tag, name: unknowns.isEmpty ? nil : open.name, text: String(decoding: open.text, as: UTF8.self),
            children: open.children)
        if unknowns.isEmpty {
            let record = element.tag == "PR" ? ProgressRecord(primitive: element) : nil
            try deliver(record.map(PSValue.progress) ?? .unknown(element), tag: .unknown, name: open.name)
        } else {
            try count(values: 1, bytes: 0)
            unknowns[unknowns.count - 1].children.append(element)
        }
    }
}
