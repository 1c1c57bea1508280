// The language of `--language full`: statements, each a pipeline of cmdlets or one expression in front of it, perhaps
// assigned to a variable. Words like `if`, operators, calls of methods and blocks are no part of it and say so.
//
//     statement   [ $name = ] ( expression | call ) { | call }
//     call        name { argument | -parameter [ argument ] }
//     argument    literal { , literal }        literal: string, number, $variable, a word

internal import CLIXML

/// A statement of a script.
struct ScriptStatement {
    var assignsTo: String?
    /// What stands in front of the calls.
    var expression: ScriptExpression?
    var calls: [ScriptCall] = []
}

/// A cmdlet with arguments that are not known yet.
struct ScriptCall {
    var name: String
    var arguments: [ScriptArgument] = []
}

/// An argument of a call.
struct ScriptArgument {
    var name: String?
    var value: ScriptExpression?
}

/// A value, or where it is.
indirect enum ScriptExpression {
    case literal(PSValue)
    case variable(String)
    case list([ScriptExpression])

    func value(_ variables: [String: PSValue]) -> PSValue {
        switch self {
        case .literal(let value): value
        case .variable(let name): variables[name.lowercased()] ?? .null
        case .list(let expressions): .object(PSObject(array: expressions.map { $0.value(variables) }))
        }
    }
}

/// From text to statements.
struct ScriptParser {
    private var rest: ArraySlice<ScriptToken>

    static func statements(of script: String) throws(BindingFailure) -> [ScriptStatement] {
        var parser = ScriptParser(rest: try ScriptTokens.tokens(of: script)[...])
        var statements: [ScriptStatement] = []
        while true {
            while parser.rest.first == .end { parser.rest.removeFirst() }
            guard !parser.rest.isEmpty else { return statements }
            statements.append(try parser.statement())
            guard parser.rest.isEmpty || parser.rest.first == .end else { throw parser.unexpected() }
        }
    }

    private static let keywords: Set<String> = [
        "if", "else", "foreach", "for", "while", "do", "switch", "function", "filter", "param", "return", "try",
        "catch",
        "throw", "begin", "process", "end", "class", "trap", "break", "continue", "exit", "using",
    ]

    private mutating func statement() throws(BindingFailure) -> ScriptStatement {
        var statement = ScriptStatement()
        if case .variable(let name)? = rest.first, rest.dropFirst().first == .equals {
            guard ScriptToken.constants[name.lowercased()] == nil else {
                throw failure(
                    "Cannot overwrite variable \(name) because it is read-only or constant.", "VariableNotWritable")
            }
            statement.assignsTo = name
            rest = rest.dropFirst(2)
        }
        switch rest.first {
        case .word: statement.calls.append(try call())
        case .string, .number, .variable: statement.expression = try expression()
        default: throw unexpected()
        }
        while rest.first == .pipe {
            rest.removeFirst()
            while rest.first == .end { rest.removeFirst() }
            guard case .word? = rest.first else {
                throw failure("An empty pipe element is not allowed.", "EmptyPipeElement")
            }
            statement.calls.append(try call())
        }
        return statement
    }

    private mutating func call() throws(BindingFailure) -> ScriptCall {
        guard case .word(let name)? = rest.popFirst() else { throw unexpected() }
        guard !Self.keywords.contains(name.lowercased()) else {
            throw failure("The lab's language has no '\(name)' statement.", "UnexpectedToken")
        }
        var call = ScriptCall(name: name)
        while let token = rest.first {
            switch token {
            case .parameter(let name):
                rest.removeFirst()
                var argument = ScriptArgument(name: name)
                // A switch has nothing behind it, and which ones are switches only the cmdlet knows.
                if rest.first?.beginsValue ?? false, !Self.isSwitch(name, of: call.name) {
                    argument.value = try expression()
                }
                call.arguments.append(argument)
            case .word, .string, .number, .variable:
                call.arguments.append(ScriptArgument(name: nil, value: try expression()))
            default: return call
            }
        }
        return call
    }

    private static func isSwitch(_ name: String, of cmdlet: String) -> Bool {
        let parameters =
            (Catalogue.cmdlet(named: cmdlet)?.parameters ?? []) + CommonParameter.shown + CommonParameter.risk
        return parameters.first { $0.name.isSameName(as: name) }?.isSwitch ?? false
    }

    private mutating func expression() throws(BindingFailure) -> ScriptExpression {
        var expressions = [try single()]
        while rest.first == .comma {
            rest.removeFirst()
            expressions.append(try single())
        }
        return expressions.count == 1 ? expressions[0] : .list(expressions)
    }

    private mutating func single() throws(BindingFailure) -> ScriptExpression {
        guard let token = rest.first else { throw failure("Missing expression after ','.", "MissingExpression") }
        if let value = token.literal {
            rest.removeFirst()
            return .literal(value)
        }
        guard case .variable(let name) = token else { throw unexpected() }
        rest.removeFirst()
        return .variable(name)
    }

    private func unexpected() -> BindingFailure {
        failure("Unexpected token '\(rest.first?.shown ?? "")' in expression or statement.", "UnexpectedToken")
    }

    private func failure(_ message: String, _ id: String) -> BindingFailure {
        BindingFailure(record: .parserError(message, id: id, at: rest.first?.shown ?? ""))
    }
}

extension ScriptToken {
    /// Whether a value begins with it.
    fileprivate var beginsValue: Bool {
        switch self {
        case .word, .string, .number, .variable: true
        default: false
        }
    }

    /// As a person wrote it.
    fileprivate var shown: String {
        switch self {
        case .word(let text), .string(let text): text
        case .parameter(let name): "-\(name)"
        case .variable(let name): "$\(name)"
        case .number(let value): value.text
        case .pipe: "|"
        case .comma: ","
        case .equals: "="
        case .openBrace: "{"
        case .closeBrace: "}"
        case .openParenthesis: "("
        case .closeParenthesis: ")"
        case .end: ";"
        }
    }
}
