// CLIXML as JSON with its types, so that nothing of it is lost: every value is an object whose `type` is the tag of MS-PSRP
// 2.2.5, and whose `value` is what stands in it.
//
//     {"type":"S","value":"text"}   {"type":"I32","value":5}   {"type":"Nil"}
//     {"type":"Obj","refId":0,"typeNames":[…],"toString":"…","adapted":{…},"extended":{…}}
//
// What an object holds is in `value`, `list`, `enumerable`, `stack`, `queue` or `dictionary`. An object that came before in
// the same message is `{"type":"Ref","refId":0}`.

internal import CLIXML
internal import Varlink
internal import XML

/// Makes JSON of the values of one message.
struct ValueJSON {
    private var told: Set<Int> = []

    mutating func json(_ value: PSValue) -> JSON {
        switch value {
        case .null: return ["type": "Nil"]
        case .string(let text): return typed("S", .string(text))
        case .utf16(let units):
            // Half a pair of surrogates, which no text of JSON that everybody reads can hold.
            return [
                "type": "S", "value": .string(String(decoding: units, as: UTF16.self)),
                "utf16": .array(units.map { .int(Int64($0)) }),
            ]
        case .char(let unit):
            return [
                "type": "C", "value": .string(String(decoding: [unit], as: UTF16.self)), "code": .int(Int64(unit)),
            ]
        case .bool(let flag): return typed("B", .bool(flag))
        case .byte(let number): return typed("By", .int(Int64(number)))
        case .sbyte(let number): return typed("SB", .int(Int64(number)))
        case .uint16(let number): return typed("U16", .int(Int64(number)))
        case .int16(let number): return typed("I16", .int(Int64(number)))
        case .uint32(let number): return typed("U32", .int(Int64(number)))
        case .int32(let number): return typed("I32", .int(Int64(number)))
        case .uint64(let number): return typed("U64", Self.integer(Int64(exactly: number), number.description))
        case .int64(let number): return typed("I64", Self.integer(number, number.description))
        case .single(let number): return typed("Sg", Self.floating(Double(number), "\(number)", value.text))
        case .double(let number): return typed("Db", Self.floating(number, "\(number)", value.text))
        case .decimal(let number): return typed("D", .string(number.description))
        case .dateTime(let time): return typed("DT", .string(time.description))
        case .duration(let span): return typed("TS", .string(span.description))
        case .bytes(let bytes): return typed("BA", .string(String(decoding: Base64.encode(bytes), as: UTF8.self)))
        case .guid(let id): return typed("G", .string(id.description.lowercased()))
        case .uri(let text): return typed("URI", .string(text))
        case .version(let version): return typed("Version", .string(version.description))
        case .xml(let text): return typed("XD", .string(text))
        case .scriptBlock(let text): return typed("SBK", .string(text))
        case .secureString(let text): return typed("SS", .string(text.base64))
        case .progress(let record): return progress(record)
        case .object(let object): return json(object)
        case .reference(let id): return ["type": "Ref", "refId": .int(Int64(id))]
        case .unknown(let element): return json(element)
        }
    }

    private func typed(_ tag: String, _ value: JSON) -> JSON { ["type": .string(tag), "value": value] }

    /// Numbers that many who read JSON would round are texts.
    private static func integer(_ number: Int64?, _ text: String) -> JSON {
        guard let number, number.magnitude <= 1 << 53 else { return .string(text) }
        return .int(number)
    }

    private static func floating(_ number: Double, _ digits: String, _ words: String) -> JSON {
        // The shortest digits that mean the same number of that width.
        number.isFinite ? .double(Double(digits) ?? number) : .string(words)
    }

    private mutating func json(_ object: PSObject) -> JSON {
        if let id = object.refID, !told.insert(id).inserted { return ["type": "Ref", "refId": .int(Int64(id))] }
        var content: (name: String, value: JSON)?
        switch object.content {
        case .none: break
        case .value(let value): content = ("value", json(value))
        case .list(let values): content = ("list", .array(values.map { json($0) }))
        case .enumerable(let values): content = ("enumerable", .array(values.map { json($0) }))
        case .stack(let values): content = ("stack", .array(values.map { json($0) }))
        case .queue(let values): content = ("queue", .array(values.map { json($0) }))
        case .dictionary(let entries):
            content = ("dictionary", .array(entries.map { ["key": json($0.key), "value": json($0.value)] }))
        }
        var members: [(String, JSON?)] = [
            ("type", "Obj"), ("refId", object.refID.map { .int(Int64($0)) }),
            ("typeNames", object.typeNames.isEmpty ? nil : .array(object.typeNames.map { .string($0) })),
            ("toString", object.toString.map { .string($0) }),
        ]
        if let content { members.append((content.name, content.value)) }
        members.append(("adapted", properties(object.adapted)))
        members.append(("extended", properties(object.extended)))
        return .object(JSONObject(present: members))
    }

    private mutating func properties(_ properties: [PSProperty]) -> JSON? {
        guard !properties.isEmpty else { return nil }
        var names: Set<String> = []
        var members: [(String, JSON?)] = []
        for property in properties {
            // No server should send a name twice; what it means then is not ours to say.
            var name = property.name
            var number = 2
            while !names.insert(name).inserted {
                name = "\(property.name)#\(number)"
                number += 1
            }
            members.append((name, json(property.value)))
        }
        return .object(JSONObject(present: members))
    }

    private func progress(_ record: ProgressRecord) -> JSON {
        [
            "type": "PR", "activity": .string(record.activity), "activityId": .int(Int64(record.activityID)),
            "parentActivityId": .int(Int64(record.parentActivityID)), "status": .string(record.status),
            "currentOperation": record.currentOperation.map { .string($0) } ?? .null,
            "percentComplete": .int(Int64(record.percentComplete)),
            "secondsRemaining": .int(Int64(record.secondsRemaining)), "isCompleted": .bool(record.isCompleted),
        ]
    }

    private func json(_ element: PSUnknown) -> JSON {
        .object(
            JSONObject(present: [
                ("type", .string(element.tag)), ("name", element.name.map { .string($0) }),
                ("text", .string(element.text)),
                ("children", element.children.isEmpty ? nil : .array(element.children.map(json))),
            ]))
    }
}
