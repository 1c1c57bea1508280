public import CLIXML
public import PSRP

/// What is to be run in a session, and what whoever called for it can be asked.
public struct Work: Sendable {
    public let content: Content
    /// Whether questions of the pipeline are put to whoever called for it. Without that they are refused at once.
    public var takesQuestions = false
    /// Whether objects will be sent into it.
    public var takesInput = false
    /// Where its output is shown, as far as the tenant may want to know.
    public var window = HostDefaults(size: Size(width: 120, height: 50))
    /// What the secure strings in it stand for.
    public var secrets = SecretTable()

    /// What runs.
    public enum Content: Sendable {
        /// Commands piped into each other.
        case commands([Command])
        case script(String)
        /// Which commands there are.
        case listing
    }

    public init(_ content: Content) { self.content = content }

    /// The pipeline for the tenant, once `seal` can encrypt what is secret in it.
    func pipeline(_ commands: [Command], _ seal: (PSValue) -> PSValue) -> CreatePipeline {
        let sealed = commands.map { command in
            var command = command
            command.arguments = command.arguments.map { Command.Argument($0.name, $0.value.map(seal)) }
            return command
        }
        return CreatePipeline(sealed, hasNoInput: !takesInput, host: .window(window))
    }
}

/// Texts that are to be encrypted before they are sent. A value has a secure string in the place of each, which holds the
/// number of the text and nothing else: the key comes later, and from the tenant.
public struct SecretTable: Sendable {
    private var texts: [Secret] = []

    public init() {}

    public var isEmpty: Bool { texts.isEmpty }

    /// Keeps a text, and returns what stands for it.
    public mutating func keep(_ text: Secret) -> PSSecureString {
        texts.append(text)
        return PSSecureString(base64: "\(texts.count - 1)")
    }

    /// `value` with each text in its place as `encrypt` makes it.
    func sealed(_ value: PSValue, _ encrypt: (Secret) -> String?) -> PSValue {
        guard !isEmpty else { return value }
        return value.replacingSecureStrings { placeholder in
            guard let index = Int(placeholder.base64), texts.indices.contains(index) else { return placeholder }
            return PSSecureString(base64: encrypt(texts[index]) ?? "")
        }
    }
}
