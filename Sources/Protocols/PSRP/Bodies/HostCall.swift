// Calls of the server to the client's host (MS-PSRP 2.2.2.15, 2.2.2.16, 2.2.2.27, 2.2.2.28). The messages of pools and
// pipelines differ only in their type.

public import CLIXML

/// RUNSPACEPOOL_HOST_CALL and PIPELINE_HOST_CALL.
public struct HostCall: Hashable, Sendable {
    /// What the answer has to carry.
    public var callID: Int64
    /// What is called.
    public var method: HostMethod
    /// The parameters in order.
    public var parameters: [PSValue]

    /// 2.2.2.15: the id of calls that want no answer.
    public static let unansweredCallID: Int64 = -100

    /// A call.
    public init(callID: Int64, method: HostMethod, parameters: [PSValue]) {
        self.callID = callID
        self.method = method
        self.parameters = parameters
    }

    /// Whether the server waits for an answer; one that nobody waits for must not be sent.
    public var wantsAnswer: Bool { callID != Self.unansweredCallID }

    init(_ value: PSValue, type: MessageType) throws(ProtocolViolation) {
        guard let callID = value["ci"]?.integer else { throw .badBody(type, property: "ci") }
        guard let method = value["mi"]?.integer.flatMap(Int32.init(exactly:)) else {
            throw .badBody(type, property: "mi")
        }
        self.init(callID: callID, method: HostMethod(rawValue: method), parameters: value["mp"]?.values ?? [])
    }

    /// The value to send.
    public var value: PSValue {
        let list = PSObject(typeNames: ["System.Collections.ArrayList", "System.Object"], content: .list(parameters))
        return .properties(["ci": .int64(callID), "mi": method.value, "mp": .object(list)])
    }
}

/// RUNSPACEPOOL_HOST_RESPONSE and PIPELINE_HOST_RESPONSE.
public struct HostResponse: Hashable, Sendable {
    /// What the call carried.
    public var callID: Int64
    /// What was called.
    public var method: HostMethod
    /// What came of it.
    public var outcome: Outcome

    /// What comes of a call.
    public enum Outcome: Hashable, Sendable {
        /// A result.
        case result(PSValue)
        /// It did not work.
        case error(ErrorRecord)
    }

    /// An answer to a call.
    public init(to call: HostCall, _ outcome: Outcome) {
        callID = call.callID
        method = call.method
        self.outcome = outcome
    }

    /// Reads an answer.
    public init(_ value: PSValue, type: MessageType) throws(ProtocolViolation) {
        guard let callID = value["ci"]?.integer else { throw .badBody(type, property: "ci") }
        guard let method = value["mi"]?.integer.flatMap(Int32.init(exactly:)) else {
            throw .badBody(type, property: "mi")
        }
        self.callID = callID
        self.method = HostMethod(rawValue: method)
        if let error = value["me"]?.unlessNull {
            outcome = .error(ErrorRecord(error))
        } else {
            outcome = .result(value["mr"] ?? .null)
        }
    }

    /// The value to send.
    public var value: PSValue {
        switch outcome {
        case .result(let result): .properties(["mr": result, "ci": .int64(callID), "mi": method.value])
        case .error(let error): .properties(["me": error.value, "ci": .int64(callID), "mi": method.value])
        }
    }
}

/// What a server may call (MS-PSRP 2.2.3.17). One that nobody knows is kept by its number.
public struct HostMethod: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
    /// The number.
    public let rawValue: Int32

    /// A method by number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    /// The name in the specification, or the number.
    public var description: String {
        Self.names.indices.contains(Int(rawValue) - 1) ? Self.names[Int(rawValue) - 1] : rawValue.description
    }

    /// Whether the server waits for what the method returns (2.2.3.17). One that it does not know it waits for.
    public var returnsValue: Bool {
        switch rawValue {
        case 6...10, 13...22, 28, 30, 32, 34, 36, 38, 40, 42, 47...49, 51...53: false
        default: true
        }
    }

    var value: PSValue {
        .enumeration("System.Management.Automation.Remoting.RemoteHostMethodId", description, rawValue)
    }

    private static let names = [
        "GetName", "GetVersion", "GetInstanceId", "GetCurrentCulture", "GetCurrentUICulture", "SetShouldExit",
        "EnterNestedPrompt", "ExitNestedPrompt", "NotifyBeginApplication", "NotifyEndApplication", "ReadLine",
        "ReadLineAsSecureString", "Write1", "Write2", "WriteLine1", "WriteLine2", "WriteLine3", "WriteErrorLine",
        "WriteDebugLine", "WriteProgress", "WriteVerboseLine", "WriteWarningLine", "Prompt", "PromptForCredential1",
        "PromptForCredential2", "PromptForChoice", "GetForegroundColor", "SetForegroundColor", "GetBackgroundColor",
        "SetBackgroundColor", "GetCursorPosition", "SetCursorPosition", "GetWindowPosition", "SetWindowPosition",
        "GetCursorSize", "SetCursorSize", "GetBufferSize", "SetBufferSize", "GetWindowSize", "SetWindowSize",
        "GetWindowTitle", "SetWindowTitle", "GetMaxWindowSize", "GetMaxPhysicalWindowSize", "GetKeyAvailable",
        "ReadKey",
        "FlushInputBuffer", "SetBufferContents1", "SetBufferContents2", "GetBufferContents", "ScrollBufferContents",
        "PushRunspace", "PopRunspace", "GetIsRunspacePushed", "GetRunspace", "PromptForChoiceMultipleSelection",
    ]
}
