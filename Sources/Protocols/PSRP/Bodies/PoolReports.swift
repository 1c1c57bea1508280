// What a server says of a pool: MS-PSRP 2.2.2.4, 2.2.2.5, 2.2.2.8, 2.2.2.9, 2.2.2.12, 2.2.2.13 and 2.2.2.30.

public import CLIXML

/// RUNSPACEPOOL_STATE (MS-PSRP 2.2.2.9).
public struct RunspacePoolReport: MessageBody {
    /// The state.
    public var state: State
    /// Why, when it is broken.
    public var error: ErrorRecord?

    /// The states (2.2.3.4). The last four are a client's own, and say nothing to us where a server sends them.
    public enum State: Int32, Sendable {
        case beforeOpen = 0
        case opening = 1
        case opened = 2
        case closed = 3
        case closing = 4
        case broken = 5
        case negotiationSent = 6
        case negotiationSucceeded = 7
        case connecting = 8
        case disconnected = 9
    }

    public static let type = MessageType.runspacePoolState

    /// A report.
    public init(_ state: State, error: ErrorRecord? = nil) {
        self.state = state
        self.error = error
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        state = try Self.required("RunspaceState", in: value) { number in
            number.integer.flatMap(Int32.init(exactly:)).flatMap(State.init(rawValue:))
        }
        error = value["ExceptionAsErrorRecord"]?.unlessNull.map { ErrorRecord($0) }
    }

    public var value: PSValue? {
        guard let error else { return .properties(["RunspaceState": .int32(state.rawValue)]) }
        return .properties(["RunspaceState": .int32(state.rawValue), "ExceptionAsErrorRecord": error.value])
    }
}

/// RUNSPACE_AVAILABILITY (MS-PSRP 2.2.2.8), the answer to what `PoolRequests` asks.
public struct RunspaceAvailability: MessageBody {
    /// What the question carried.
    public var callID: Int64
    /// The answer.
    public var answer: Answer

    /// An answer.
    public enum Answer: Hashable, Sendable {
        /// Whether a wish was fulfilled.
        case done(Bool)
        /// How many runspaces are free.
        case free(Int64)
    }

    public static let type = MessageType.runspaceAvailability

    /// An answer to a question.
    public init(callID: Int64, answer: Answer) {
        self.callID = callID
        self.answer = answer
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        callID = try Self.integer("ci", in: value)
        answer = try Self.required("SetMinMaxRunspacesResponse", in: value) { answer in
            answer.bool.map(Answer.done) ?? answer.integer.map(Answer.free)
        }
    }

    public var value: PSValue? {
        let response: PSValue =
            switch answer {
            case .done(let isDone): .bool(isDone)
            case .free(let count): .int64(count)
            }
        return .properties(["SetMinMaxRunspacesResponse": response, "ci": .int64(callID)])
    }
}

/// APPLICATION_PRIVATE_DATA (MS-PSRP 2.2.2.13).
public struct ApplicationPrivateData: MessageBody {
    /// A primitive dictionary, or `$null`.
    public var data: PSValue

    public static let type = MessageType.applicationPrivateData

    /// Data for the client.
    public init(data: PSValue) {
        self.data = data
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        data = value["ApplicationPrivateData"] ?? .null
    }

    public var value: PSValue? { .properties(["ApplicationPrivateData": data]) }

    /// The version of PowerShell at the server, when it says so.
    public var psVersion: String? { data.entry("PSVersionTable")?.entry("PSVersion")?.text }
}

/// RUNSPACEPOOL_INIT_DATA (MS-PSRP 2.2.2.30), the answer to CONNECT_RUNSPACEPOOL.
public struct RunspacePoolInitData: MessageBody {
    public var runspacesMin: Int32
    public var runspacesMax: Int32

    public static let type = MessageType.runspacePoolInitData

    /// The numbers of a pool.
    public init(runspacesMin: Int32, runspacesMax: Int32) {
        self.runspacesMin = runspacesMin
        self.runspacesMax = runspacesMax
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        runspacesMin = try Self.integer("MinRunspaces", in: value)
        runspacesMax = try Self.integer("MaxRunspaces", in: value)
    }

    public var value: PSValue? {
        .properties(["MinRunspaces": .int32(runspacesMin), "MaxRunspaces": .int32(runspacesMax)])
    }
}

/// ENCRYPTED_SESSION_KEY (MS-PSRP 2.2.2.4).
public struct EncryptedSessionKey: MessageBody {
    /// The key, encrypted with our public one, in base64.
    public var key: String

    public static let type = MessageType.encryptedSessionKey

    /// A key.
    public init(key: String) {
        self.key = key
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        key = try Self.required("EncryptedSessionKey", in: value, as: \.string)
    }

    public var value: PSValue? { .properties(["EncryptedSessionKey": .string(key)]) }
}

/// PUBLIC_KEY_REQUEST (MS-PSRP 2.2.2.5), which only servers of protocol 2.1 send.
public struct PublicKeyRequest: MessageBody {
    public static let type = MessageType.publicKeyRequest

    /// A request.
    public init() {}

    public init(_ value: PSValue) throws(ProtocolViolation) {}

    public var value: PSValue? { .string("") }
}

/// USER_EVENT (MS-PSRP 2.2.2.12).
public struct UserEvent: MessageBody {
    /// The number of the event.
    public var eventID: Int64
    /// What it is called.
    public var source: String
    /// When it happened, by the server's clock.
    public var time: PSDateTime?
    public var sender: PSValue
    public var arguments: PSValue
    public var data: PSValue
    public var computer: String?
    public var runspaceID: PSGuid?

    public static let type = MessageType.userEvent

    /// An event.
    public init(eventID: Int32, source: String, time: PSDateTime? = nil, data: PSValue = .null) {
        self.eventID = Int64(eventID)
        self.source = source
        self.time = time
        sender = .null
        arguments = .null
        self.data = data
        computer = nil
        runspaceID = nil
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        // The specification has the prefix, some servers leave it out.
        func property(_ name: String) -> PSValue? { value["PSEventArgs.\(name)"] ?? value[name] }
        guard let eventID = property("EventIdentifier")?.integer else {
            throw .badBody(.userEvent, property: "EventIdentifier")
        }
        self.eventID = eventID
        source = property("SourceIdentifier")?.text ?? ""
        if case .dateTime(let time)? = property("TimeGenerated")?.unwrapped { self.time = time } else { time = nil }
        sender = property("Sender") ?? .null
        arguments = property("SourceArgs") ?? .null
        data = property("MessageData") ?? .null
        computer = property("ComputerName")?.string
        if case .guid(let id)? = property("RunspaceId")?.unwrapped { runspaceID = id } else { runspaceID = nil }
    }

    public var value: PSValue? {
        .properties([
            "PSEventArgs.EventIdentifier": .int32(Int32(truncatingIfNeeded: eventID)),
            "PSEventArgs.SourceIdentifier": .string(source),
            "PSEventArgs.TimeGenerated": time.map(PSValue.dateTime) ?? .null, "PSEventArgs.Sender": sender,
            "PSEventArgs.SourceArgs": arguments, "PSEventArgs.MessageData": data,
            "PSEventArgs.ComputerName": computer.map(PSValue.string) ?? .null,
            "PSEventArgs.RunspaceId": runspaceID.map(PSValue.guid) ?? .null,
        ])
    }
}
