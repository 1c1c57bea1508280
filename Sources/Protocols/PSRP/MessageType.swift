/// The types of messages (MS-PSRP 2.2.1). One that nobody knows is kept by its number.
public enum MessageType: Hashable, Sendable, CustomStringConvertible {
    case sessionCapability
    case initRunspacePool
    case publicKey
    case encryptedSessionKey
    case publicKeyRequest
    case connectRunspacePool
    case runspacePoolInitData
    case resetRunspaceState
    case setMaxRunspaces
    case setMinRunspaces
    case runspaceAvailability
    case runspacePoolState
    case createPipeline
    case getAvailableRunspaces
    case userEvent
    case applicationPrivateData
    case getCommandMetadata
    case runspacePoolHostCall
    case runspacePoolHostResponse
    case pipelineInput
    case endOfPipelineInput
    case pipelineOutput
    case errorRecord
    case pipelineState
    case debugRecord
    case verboseRecord
    case warningRecord
    case progressRecord
    case informationRecord
    case pipelineHostCall
    case pipelineHostResponse
    case unknown(UInt32)

    /// The type with this number.
    public init(number: UInt32) {
        self = Self.byNumber[number] ?? .unknown(number)
    }

    /// The number on the wire.
    public var number: UInt32 {
        if case .unknown(let number) = self { return number }
        return Self.rows[self]?.number ?? 0
    }

    /// The name in the specification, `SESSION_CAPABILITY`; the number for one that is not in it.
    public var description: String {
        if case .unknown(let number) = self { return "0x\(String(number, radix: 16, uppercase: true))" }
        return Self.rows[self]?.name ?? ""
    }

    /// Whether it belongs to a pipeline: these have a number of their own range. CREATE_PIPELINE and
    /// GET_COMMAND_METADATA, which make one, do not.
    public var isOfPipeline: Bool { number >> 16 == 4 }

    /// Whether the pool cannot go on without what it says.
    var isNeeded: Bool {
        switch self {
        case .sessionCapability, .runspacePoolInitData, .runspacePoolState, .publicKeyRequest, .encryptedSessionKey,
            .runspacePoolHostCall:
            true
        default: false
        }
    }

    /// All types that have a name.
    public static var known: [MessageType] { table.map(\.type) }

    // Mind the gap: after 0x00041009 comes 0x00041010.
    private static let table: [(type: MessageType, number: UInt32, name: String)] = [
        (.sessionCapability, 0x0001_0002, "SESSION_CAPABILITY"),
        (.initRunspacePool, 0x0001_0004, "INIT_RUNSPACEPOOL"),
        (.publicKey, 0x0001_0005, "PUBLIC_KEY"),
        (.encryptedSessionKey, 0x0001_0006, "ENCRYPTED_SESSION_KEY"),
        (.publicKeyRequest, 0x0001_0007, "PUBLIC_KEY_REQUEST"),
        (.connectRunspacePool, 0x0001_0008, "CONNECT_RUNSPACEPOOL"),
        (.runspacePoolInitData, 0x0002_100B, "RUNSPACEPOOL_INIT_DATA"),
        (.resetRunspaceState, 0x0002_100C, "RESET_RUNSPACE_STATE"),
        (.setMaxRunspaces, 0x0002_1002, "SET_MAX_RUNSPACES"),
        (.setMinRunspaces, 0x0002_1003, "SET_MIN_RUNSPACES"),
        (.runspaceAvailability, 0x0002_1004, "RUNSPACE_AVAILABILITY"),
        (.runspacePoolState, 0x0002_1005, "RUNSPACEPOOL_STATE"),
        (.createPipeline, 0x0002_1006, "CREATE_PIPELINE"),
        (.getAvailableRunspaces, 0x0002_1007, "GET_AVAILABLE_RUNSPACES"),
        (.userEvent, 0x0002_1008, "USER_EVENT"),
        (.applicationPrivateData, 0x0002_1009, "APPLICATION_PRIVATE_DATA"),
        (.getCommandMetadata, 0x0002_100A, "GET_COMMAND_METADATA"),
        (.runspacePoolHostCall, 0x0002_1100, "RUNSPACEPOOL_HOST_CALL"),
        (.runspacePoolHostResponse, 0x0002_1101, "RUNSPACEPOOL_HOST_RESPONSE"),
        (.pipelineInput, 0x0004_1002, "PIPELINE_INPUT"),
        (.endOfPipelineInput, 0x0004_1003, "END_OF_PIPELINE_INPUT"),
        (.pipelineOutput, 0x0004_1004, "PIPELINE_OUTPUT"),
        (.errorRecord, 0x0004_1005, "ERROR_RECORD"),
        (.pipelineState, 0x0004_1006, "PIPELINE_STATE"),
        (.debugRecord, 0x0004_1007, "DEBUG_RECORD"),
        (.verboseRecord, 0x0004_1008, "VERBOSE_RECORD"),
        (.warningRecord, 0x0004_1009, "WARNING_RECORD"),
        (.progressRecord, 0x0004_1010, "PROGRESS_RECORD"),
        (.informationRecord, 0x0004_1011, "INFORMATION_RECORD"),
        (.pipelineHostCall, 0x0004_1100, "PIPELINE_HOST_CALL"),
        (.pipelineHostResponse, 0x0004_1101, "PIPELINE_HOST_RESPONSE"),
    ]

    private static let byNumber = Dictionary(uniqueKeysWithValues: table.map { ($0.number, $0.type) })
    private static let rows = Dictionary(uniqueKeysWithValues: table.map { ($0.type, $0) })
}
