// What a pipeline may ask of a person, and what it is told (MS-PSRP 2.2.3.17, the methods ReadLine to
// PromptForChoiceMultipleSelection).

public import CLIXML

/// A question of a server to whoever sits at the host.
public struct Question: Hashable, Sendable {
    public var kind: Kind
    public var caption: String
    public var message: String

    /// What is asked for.
    public enum Kind: Hashable, Sendable {
        /// A line of text.
        case line
        /// A line of text that is not shown.
        case secret
        /// One of several.
        case choice([Choice], preset: Int?)
        /// Some of several.
        case choices([Choice], presets: [Int])
        /// The name of an account and its password.
        case credential(userName: String?, target: String?)
        /// Values with names.
        case fields([Field])
    }

    /// One to choose. In the label, `&` precedes the letter that stands for it.
    public struct Choice: Hashable, Sendable {
        public var label: String
        public var help: String

        init(_ value: PSValue) {
            label = value["label"]?.text ?? value.text
            help = value["helpMessage"]?.text ?? ""
        }
    }

    /// A value that has a name.
    public struct Field: Hashable, Sendable {
        public var name: String
        /// What is shown instead of the name, where the server gives it.
        public var label: String?
        /// The full name of its type.
        public var type: String
        public var help: String
        public var isMandatory: Bool

        init(_ value: PSValue) {
            name = value["name"]?.text ?? value.text
            label = value["label"]?.string.flatMap { $0.isEmpty ? nil : $0 }
            type = value["parameterTypeFullName"]?.string ?? value["parameterTypeName"]?.string ?? "System.String"
            help = value["helpMessage"]?.text ?? ""
            isMandatory = value["isMandatory"]?.bool ?? false
        }
    }

    /// A question without more words.
    public init(_ kind: Kind, caption: String = "", message: String = "") {
        self.kind = kind
        self.caption = caption
        self.message = message
    }

    /// What the server is told for `answer`, or nil where that is no answer to this question.
    ///
    /// A line is a string, a secret a secure string, a choice its number, several a list of numbers, a credential an object
    /// of that type, and fields a dictionary.
    public func result(for answer: PSValue) -> PSValue? {
        switch (kind, answer) {
        case (.line, .string), (.secret, .secureString): return answer
        case (.choice(let choices, _), _):
            guard let index = index(answer, choices.count) else { return nil }
            return .int32(index)
        case (.choices(let choices, _), .object(let list)):
            let indices = list.values?.map { index($0, choices.count) } ?? [nil]
            guard !indices.contains(nil) else { return nil }
            return .object(
                PSObject(
                    typeNames: [
                        "System.Collections.ObjectModel.Collection`1[[System.Int32, mscorlib, Version=4.0.0.0, "
                            + "Culture=neutral, PublicKeyToken=b77a5c561934e089]]", "System.Object",
                    ], content: .list(indices.compactMap { $0.map(PSValue.int32) })))
        case (.credential, .object(let object)):
            return object.typeNames.first == PSObject.credentialType ? answer : nil
        case (.fields(let fields), .object(let object)):
            guard let entries = object.entries,
                fields.allSatisfy({ field in entries.contains { $0.key.string == field.name } })
            else { return nil }
            return answer
        default: return nil
        }
    }

    private func index(_ value: PSValue, _ count: Int) -> Int32? {
        guard let number = value.integer, (0..<Int64(count)).contains(number) else { return nil }
        return Int32(number)
    }
}

extension PSObject {
    static let credentialType = "System.Management.Automation.PSCredential"

    /// A PSCredential (MS-PSRP 2.2.3.25).
    public convenience init(credentialOf userName: String, password: PSSecureString) {
        self.init(
            typeNames: [Self.credentialType, "System.Object"],
            adapted: [
                PSProperty("UserName", .string(userName)), PSProperty("Password", .secureString(password)),
            ])
    }
}
