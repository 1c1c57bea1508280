// Parameters held against the interface, before a call has any effect.
//
// The faults of a structure are reported in the order of its declaration and undeclared members after them, so the same
// call always gets the same answer. Only the first is reported, because InvalidParameter has room for one name.
//
// Null and absent are the same for a `?` field; for any other field both mean that it is missing. Recursion ends with
// the value: a named type is a structure or an enumeration, and a structure uses up one level of the JSON, whose depth
// the parser bounds.

/// The first thing wrong with parameters.
public struct ParameterFault: Hashable, Sendable, CustomStringConvertible {
    /// The names of the fields that lead there, with dots between them. Elements of arrays and maps have no name, so
    /// the field that holds them stands for them.
    public let path: String
    /// What is wrong.
    public let kind: Kind

    /// What can be wrong.
    public enum Kind: Hashable, Sendable {
        /// The interface knows no such field, or no such method or error.
        case undeclared
        /// A field that has to be there is not, or is null.
        case missing
        /// The value has another type, or is not among the values of its enumeration.
        case wrongType(expected: String)
    }

    /// One sentence. The path may hold names that a peer chose, so it is shown as JSON.
    public var description: String {
        let name = JSON.string(path).text
        switch kind {
        case .undeclared: return "\(name) is not declared."
        case .missing: return "\(name) is missing."
        case .wrongType(let expected): return "\(name) is not \(expected)."
        }
    }
}

extension InterfaceDescription {
    /// Checks the parameters of a call; the method is named without the interface.
    public func check(_ parameters: JSONObject, of method: String) -> ParameterFault? {
        guard let method = self.method(named: method) else { return ParameterFault(path: method, kind: .undeclared) }
        return check(parameters, of: method)
    }

    /// Checks the parameters of a call of a method of this interface.
    public func check(_ parameters: JSONObject, of method: Method) -> ParameterFault? {
        fault(in: parameters, against: method.input)
    }

    /// Checks a reply to a method, named without the interface. An error is held against the errors.
    public func check(reply: Reply, of method: String) -> ParameterFault? {
        if reply.error != nil { return check(error: reply) }
        guard let method = self.method(named: method) else { return ParameterFault(path: method, kind: .undeclared) }
        return fault(in: reply.parameters, against: method.output)
    }

    /// Checks an error reply, which has to be an error of this interface.
    public func check(error reply: Reply) -> ParameterFault? {
        let fullName = reply.error ?? ""
        guard let error = errors.first(where: { "\(name).\($0.name)" == fullName }) else {
            return ParameterFault(path: fullName, kind: .undeclared)
        }
        return fault(in: reply.parameters, against: error.fields)
    }

    private func fault(in object: JSONObject, against fields: [Field]) -> ParameterFault? {
        var known = 0
        for field in fields {
            let value = object[field.name]
            if value != nil { known += 1 }
            switch (value, field.type) {
            case (nil, .nullable), (.null, .nullable): continue
            case (nil, _), (.null, _): return ParameterFault(path: field.name, kind: .missing)
            case (let value?, let type):
                if let inner = fault(in: value, against: type) { return inner.inside(field.name) }
            }
        }
        if known == object.count { return nil }
        let declared = Set(fields.map(\.name))
        return object.first { !declared.contains($0.key) }.map { ParameterFault(path: $0.key, kind: .undeclared) }
    }

    private func fault(in value: JSON, against type: TypeExpression) -> ParameterFault? {
        switch (type, value) {
        case (.nullable, .null), (.bool, .bool), (.int, .int), (.float, .int), (.float, .double), (.string, .string),
            (.object, .object):
            return nil
        case (.any, _):
            return value.isNull ? wrongType(type) : nil
        case (.nullable(let inner), _):
            return fault(in: value, against: inner)
        case (.named(let name), _):
            return typesByName[name].flatMap { fault(in: value, against: $0) }
        case (.enumeration(let words), .string(let word)):
            return words.contains(word) ? nil : wrongType(type)
        case (.structure(let fields), .object(let object)):
            return fault(in: object, against: fields)
        case (.array(let element), .array(let elements)):
            for value in elements {
                if let fault = fault(in: value, against: element) { return fault }
            }
            return nil
        case (.map(let element), .object(let object)):
            for member in object {
                if let fault = fault(in: member.value, against: element) { return fault }
            }
            return nil
        case (.bool, _), (.int, _), (.float, _), (.string, _), (.object, _), (.enumeration, _), (.structure, _),
            (.array, _), (.map, _):
            return wrongType(type)
        }
    }

    private func wrongType(_ type: TypeExpression) -> ParameterFault {
        ParameterFault(path: "", kind: .wrongType(expected: type.inWords))
    }
}

extension ParameterFault {
    /// The same fault, seen from outside the field that holds it.
    fileprivate func inside(_ field: String) -> ParameterFault {
        ParameterFault(path: path.isEmpty ? field : "\(field).\(path)", kind: kind)
    }
}

extension InterfaceDescription.TypeExpression {
    fileprivate var inWords: String {
        switch self {
        case .bool: "true or false"
        case .int: "an integer"
        case .float: "a number"
        case .string: "a string"
        case .object, .structure, .map: "an object"
        case .any: "a value other than null"
        case .array: "an array"
        case .enumeration(let words): "one of \(words.joined(separator: ", "))"
        case .named(let name): "a \(name)"
        case .nullable(let type): type.inWords
        }
    }
}
