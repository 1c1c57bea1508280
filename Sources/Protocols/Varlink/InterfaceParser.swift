// The parser of Varlink's interface definition language.
//
//     interface = "interface" name { type | method | error }
//     type      = "type" Name ( struct | enum )          method = "method" Name struct "->" struct
//     error     = "error" Name struct                    struct = "(" [ field ":" T { "," field ":" T } ] ")"
//     enum      = "(" word { "," word } ")"              T = [ "?" ] ( E | "[]" T | "[string]" T )
//     E         = bool | int | float | string | object | any | Name | struct | enum
//
// White space separates and says nothing else, with two exceptions: each member begins on its own line, and a blank
// line cuts a comment off from what follows. A comment directly before a member or a field is its documentation.
//
// Texts come from peers too (a client shows the interface of a service it does not know), so nesting is bounded and
// nothing here traps on any text.

extension InterfaceDescription {
    /// Reads the text of an interface.
    public init(parsing text: String, depthMax: Int = 32) throws(InterfaceSyntaxError) {
        var parser = InterfaceParser(text: text, depthMax: depthMax)
        self = try parser.interface()
    }

    /// Whether a text has the form of an interface name: two words or more of letters, digits and inner dashes, with
    /// dots between them, the first of which begins with a letter.
    static func isInterfaceName(_ name: String) -> Bool {
        let words = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return words.count >= 2 && name.utf8.first?.isLetter == true
            && words.allSatisfy { word in
                word.first?.isLetterOrDigit == true && word.last?.isLetterOrDigit == true
                    && word.allSatisfy { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") }
            }
    }
}

struct InterfaceParser {
    typealias Description = InterfaceDescription

    let text: String
    let bytes: [UInt8]
    let depthMax: Int
    var position = 0
    var line = 1
    /// The comment lines directly before `position`.
    var comments: [String] = []
    /// Whether a line began between the last token and `position`.
    var isOnNewLine = true
    /// The names of types used so far, to be looked for when all definitions are known.
    var references: [(name: String, line: Int)] = []

    init(text: String, depthMax: Int) {
        self.text = text
        self.bytes = Array(text.utf8)
        self.depthMax = depthMax
    }

    var current: UInt8 { position < bytes.count ? bytes[position] : 0 }

    func expected(_ what: String) -> InterfaceSyntaxError { InterfaceSyntaxError(line: line, problem: .expected(what)) }

    mutating func interface() throws(InterfaceSyntaxError) -> InterfaceDescription {
        skip()
        let documentation = comments.joined(separator: "\n")
        guard word() == "interface" else { throw expected("the word interface") }
        skip()
        let name = run { $0.isLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        guard Description.isInterfaceName(name) else { throw expected("a name like org.example.thing") }

        var types: [Description.TypeDefinition] = []
        var methods: [Description.Method] = []
        var errors: [Description.ErrorDefinition] = []
        var names: Set<String> = []
        while skip(), position < bytes.count {
            guard isOnNewLine else { throw expected("a new line") }
            let comments = comments
            let keyword = word()
            guard keyword == "type" || keyword == "method" || keyword == "error" else {
                throw expected("type, method or error")
            }
            skip()
            let name = try memberName()
            guard names.insert(name).inserted else { throw InterfaceSyntaxError(line: line, problem: .duplicate(name)) }
            let documentation = comments.joined(separator: "\n")
            switch keyword {
            case "type":
                types.append(.init(name: name, type: try structureOrEnumeration(), documentation: documentation))
            case "error":
                errors.append(.init(name: name, fields: try structure(), documentation: documentation))
            default:
                methods.append(try method(name, comments: comments))
            }
        }
        return try description(name, documentation, types, methods, errors)
    }

    private func description(
        _ name: String, _ documentation: String, _ types: [Description.TypeDefinition], _ methods: [Description.Method],
        _ errors: [Description.ErrorDefinition]
    ) throws(InterfaceSyntaxError) -> InterfaceDescription {
        let typesByName = Dictionary(uniqueKeysWithValues: types.map { ($0.name, $0.type) })
        if let reference = references.first(where: { typesByName[$0.name] == nil }) {
            throw InterfaceSyntaxError(line: reference.line, problem: .unknownType(reference.name))
        }
        return InterfaceDescription(
            name: name, documentation: documentation, text: text, types: types, methods: methods, errors: errors,
            typesByName: typesByName,
            methodsByName: Dictionary(uniqueKeysWithValues: methods.enumerated().map { ($1.name, $0) }))
    }

    private mutating func method(
        _ name: String, comments: [String]
    ) throws(InterfaceSyntaxError) -> Description.Method {
        let input = try structure()
        skip()
        guard take("-"), take(">") else { throw expected("an arrow ->") }
        let output = try structure()
        let (supports, requires) = ("[Supports 'more' flag]", "[Requires 'more' flag]")
        let documentation = comments.filter { $0 != supports && $0 != requires }.joined(separator: "\n")
        let streaming: Description.Streaming =
            comments.contains(requires) ? .required : comments.contains(supports) ? .supported : .never
        return .init(name: name, input: input, output: output, documentation: documentation, streaming: streaming)
    }
}

// MARK: Types

extension InterfaceParser {
    private mutating func structure() throws(InterfaceSyntaxError) -> [Description.Field] {
        guard case .structure(let fields) = try structureOrEnumeration() else {
            throw expected("fields with types")
        }
        return fields
    }

    /// Reads from the opening parenthesis on. What stands behind the first word tells the two apart; `()` is a
    /// structure without fields.
    private mutating func structureOrEnumeration(
        depth: Int = 0
    ) throws(InterfaceSyntaxError) -> Description.TypeExpression {
        skip()
        guard take("(") else { throw expected("an opening parenthesis") }
        skip()
        if take(")") { return .structure([]) }
        var fields: [Description.Field] = []
        var words: [String] = []
        var names: Set<String> = []
        while true {
            let documentation = comments.joined(separator: "\n")
            let name = try fieldName()
            guard names.insert(name).inserted else { throw InterfaceSyntaxError(line: line, problem: .duplicate(name)) }
            skip()
            if words.isEmpty, take(":") {
                fields.append(.init(name: name, type: try type(depth: depth + 1), documentation: documentation))
            } else if fields.isEmpty {
                words.append(name)
            } else {
                throw expected("a colon")
            }
            skip()
            guard take(",") else { break }
            skip()
        }
        guard take(")") else { throw expected("a comma or a closing parenthesis") }
        return fields.isEmpty ? .enumeration(words) : .structure(fields)
    }

    private mutating func type(depth: Int) throws(InterfaceSyntaxError) -> Description.TypeExpression {
        guard depth < depthMax else { throw InterfaceSyntaxError(line: line, problem: .tooDeep(limit: depthMax)) }
        skip()
        switch current {
        case UInt8(ascii: "?"):
            position += 1
            guard current != UInt8(ascii: "?") else { throw expected("a type after one question mark") }
            return .nullable(try type(depth: depth + 1))
        case UInt8(ascii: "["):
            position += 1
            if take("]") { return .array(try type(depth: depth + 1)) }
            guard word() == "string", take("]") else { throw expected("[] or [string]") }
            return .map(try type(depth: depth + 1))
        case UInt8(ascii: "("):
            return try structureOrEnumeration(depth: depth)
        default:
            guard let word = word() else { throw expected("a type") }
            return try simpleType(word)
        }
    }

    private mutating func simpleType(_ word: String) throws(InterfaceSyntaxError) -> Description.TypeExpression {
        switch word {
        case "bool": return .bool
        case "int": return .int
        case "float": return .float
        case "string": return .string
        case "object": return .object
        case "any": return .any
        default:
            guard word.utf8.first?.isUpperCase == true, !word.utf8.contains(UInt8(ascii: "_")) else {
                throw expected("a type")
            }
            references.append((word, line))
            return .named(word)
        }
    }
}
