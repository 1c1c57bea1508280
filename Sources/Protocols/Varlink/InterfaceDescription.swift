/// An interface, as its text in Varlink's interface definition language describes it.
///
/// The text is the truth: it is what a service hands out and what parameters are checked against, so that the two can
/// never differ. `init(parsing:)` is in InterfaceParser.swift, the checks are in InterfaceDescription+Check.swift.
public struct InterfaceDescription: Sendable {
    /// The name, `org.example.thing`.
    public let name: String
    /// The comment lines directly before the interface line.
    public let documentation: String
    /// The text it was parsed from, with its comments.
    public let text: String
    /// The types in the order of the text.
    public let types: [TypeDefinition]
    /// The methods in the order of the text.
    public let methods: [Method]
    /// The errors in the order of the text.
    public let errors: [ErrorDefinition]

    let typesByName: [String: TypeExpression]
    let methodsByName: [String: Int]

    /// A type with a name.
    public struct TypeDefinition: Hashable, Sendable {
        /// The name, without the interface.
        public let name: String
        /// A structure or an enumeration.
        public let type: TypeExpression
        /// The comment lines directly before it.
        public let documentation: String
    }

    /// A method.
    public struct Method: Hashable, Sendable {
        /// The name, without the interface.
        public let name: String
        /// The parameters of a call.
        public let input: [Field]
        /// The parameters of a reply; where a method streams, of all its replies together.
        public let output: [Field]
        /// The comment lines directly before it, without the ones that `streaming` stands for.
        public let documentation: String
        /// Whether it replies more than once.
        public let streaming: Streaming
    }

    /// Whether a method makes use of `more`.
    ///
    /// The language cannot say so; systemd says it in a comment line of its own before the method,
    /// `# [Supports 'more' flag]` or `# [Requires 'more' flag]`, and other tools look for the same words.
    public enum Streaming: Hashable, Sendable {
        /// It replies once.
        case never
        /// It may reply more than once when asked to.
        case supported
        /// It cannot be called without.
        case required
    }

    /// An error.
    public struct ErrorDefinition: Hashable, Sendable {
        /// The name, without the interface.
        public let name: String
        /// The facts that come with it.
        public let fields: [Field]
        /// The comment lines directly before it.
        public let documentation: String
    }

    /// A field of a structure.
    public struct Field: Hashable, Sendable {
        /// The name.
        public let name: String
        /// The type.
        public let type: TypeExpression
        /// The comment lines directly before it.
        public let documentation: String
    }

    /// What a value has to look like.
    public indirect enum TypeExpression: Hashable, Sendable {
        case bool, int, float, string, object, any
        /// A type of this interface, which exists.
        case named(String)
        case structure([Field])
        case enumeration([String])
        case nullable(TypeExpression)
        case array(TypeExpression)
        case map(TypeExpression)
    }

    /// The method of this name, without the interface.
    public func method(named name: String) -> Method? { methodsByName[name].map { methods[$0] } }

    /// The error of this name, without the interface.
    public func error(named name: String) -> ErrorDefinition? { errors.first { $0.name == name } }
}

/// Why a text is not an interface, and where.
public struct InterfaceSyntaxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The line, counted from 1.
    public let line: Int
    /// What is wrong there.
    public let problem: Problem

    /// What can be wrong.
    public enum Problem: Hashable, Sendable {
        /// Something else stands where this had to come.
        case expected(String)
        /// The name is taken: types, methods and errors share one name space, so do the fields of a structure and the
        /// values of an enumeration.
        case duplicate(String)
        /// The interface defines no such type.
        case unknownType(String)
        /// Types nest deeper than the limit.
        case tooDeep(limit: Int)
    }

    /// One sentence.
    public var description: String {
        switch problem {
        case .expected(let expected): "Line \(line): expected \(expected)."
        case .duplicate(let name): "Line \(line): \(name) is already defined."
        case .unknownType(let name): "Line \(line): no type \(name) is defined."
        case .tooDeep(let limit): "Line \(line): types nest deeper than \(limit)."
        }
    }
}
