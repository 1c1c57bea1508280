// What a client asks of a pool, beyond the first message: MS-PSRP 2.2.2.2 to 2.2.2.7, 2.2.2.11, 2.2.2.29 and 2.2.2.31.

public import CLIXML

/// What may be asked of a pool that is open.
///
/// The specification spells the call id `CI` in some of these and `ci` in others. Windows does not mind; another server
/// knows only the latter, so that is what is sent.
public protocol PoolRequest: MessageBody {}

/// INIT_RUNSPACEPOOL (MS-PSRP 2.2.2.2).
public struct InitRunspacePool: MessageBody {
    /// How many runspaces there are at least.
    public var runspacesMin: Int32
    /// How many there are at most: one makes a second pipeline wait for the first.
    public var runspacesMax: Int32
    /// Number of PSThreadOptions; 0 is the default.
    public var threadOptions: Int32
    /// Number of ApartmentState; 2 is unknown.
    public var apartmentState: Int32
    /// The host of the pool.
    public var host: HostDescription
    /// A primitive dictionary for scripts, or `$null`.
    public var applicationArguments: PSValue

    public static let type = MessageType.initRunspacePool

    /// A pool of one runspace without a host.
    public init(
        runspacesMin: Int32 = 1, runspacesMax: Int32 = 1, threadOptions: Int32 = 0, apartmentState: Int32 = 2,
        host: HostDescription = .none, applicationArguments: PSValue = .null
    ) {
        self.runspacesMin = runspacesMin
        self.runspacesMax = runspacesMax
        self.threadOptions = threadOptions
        self.apartmentState = apartmentState
        self.host = host
        self.applicationArguments = applicationArguments
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        runspacesMin = try Self.integer("MinRunspaces", in: value)
        runspacesMax = try Self.integer("MaxRunspaces", in: value)
        threadOptions = (try? Self.integer("PSThreadOptions", in: value)) ?? 0
        apartmentState = (try? Self.integer("ApartmentState", in: value)) ?? 2
        host = value["HostInfo"].map { HostDescription($0) } ?? .none
        applicationArguments = value["ApplicationArguments"] ?? .null
    }

    public var value: PSValue? {
        .properties([
            "MinRunspaces": .int32(runspacesMin), "MaxRunspaces": .int32(runspacesMax),
            "PSThreadOptions": .enumeration(
                "System.Management.Automation.Runspaces.PSThreadOptions",
                Self.name(threadOptions, ["Default", "UseNewThread", "ReuseThread", "UseCurrentThread"]), threadOptions),
            "ApartmentState": Self.value(ofApartmentState: apartmentState), "HostInfo": host.value,
            "ApplicationArguments": applicationArguments,
        ])
    }

    static func value(ofApartmentState state: Int32) -> PSValue {
        .enumeration("System.Threading.ApartmentState", name(state, ["STA", "MTA", "Unknown"]), state)
    }

    private static func name(_ number: Int32, _ names: [String]) -> String {
        names.indices.contains(Int(number)) ? names[Int(number)] : number.description
    }
}

/// CONNECT_RUNSPACEPOOL (MS-PSRP 2.2.2.29).
public struct ConnectRunspacePool: MessageBody {
    /// The runspaces to have from now on, nil to leave them as they are.
    public var runspacesMin: Int32?
    public var runspacesMax: Int32?

    public static let type = MessageType.connectRunspacePool

    /// Takes the pool over, as it is when no numbers are given.
    public init(runspacesMin: Int32? = nil, runspacesMax: Int32? = nil) {
        self.runspacesMin = runspacesMin
        self.runspacesMax = runspacesMax
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        runspacesMin = try? Self.integer("MinRunspaces", in: value)
        runspacesMax = try? Self.integer("MaxRunspaces", in: value)
    }

    public var value: PSValue? {
        guard let runspacesMin, let runspacesMax else { return .string("") }
        return .properties(["MinRunspaces": .int32(runspacesMin), "MaxRunspaces": .int32(runspacesMax)])
    }
}

/// SET_MAX_RUNSPACES (MS-PSRP 2.2.2.6).
public struct SetMaxRunspaces: PoolRequest {
    /// The most runspaces there may be.
    public var count: Int32
    /// What the answer will carry.
    public var callID: Int64

    public static let type = MessageType.setMaxRunspaces

    /// A wish.
    public init(count: Int32, callID: Int64) {
        self.count = count
        self.callID = callID
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        self.init(count: try Self.integer("MaxRunspaces", in: value), callID: try Self.integer("ci", in: value))
    }

    public var value: PSValue? { .properties(["MaxRunspaces": .int32(count), "ci": .int64(callID)]) }
}

/// SET_MIN_RUNSPACES (MS-PSRP 2.2.2.7).
public struct SetMinRunspaces: PoolRequest {
    /// The fewest runspaces there may be.
    public var count: Int32
    /// What the answer will carry.
    public var callID: Int64

    public static let type = MessageType.setMinRunspaces

    /// A wish.
    public init(count: Int32, callID: Int64) {
        self.count = count
        self.callID = callID
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        self.init(count: try Self.integer("MinRunspaces", in: value), callID: try Self.integer("ci", in: value))
    }

    public var value: PSValue? { .properties(["MinRunspaces": .int32(count), "ci": .int64(callID)]) }
}

/// GET_AVAILABLE_RUNSPACES (MS-PSRP 2.2.2.11).
public struct GetAvailableRunspaces: PoolRequest {
    /// What the answer will carry.
    public var callID: Int64

    public static let type = MessageType.getAvailableRunspaces

    /// A question.
    public init(callID: Int64) {
        self.callID = callID
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        callID = try Self.integer("ci", in: value)
    }

    public var value: PSValue? { .properties(["ci": .int64(callID)]) }
}

/// RESET_RUNSPACE_STATE (MS-PSRP 2.2.2.31), from protocol 2.3.
public struct ResetRunspaceState: PoolRequest {
    /// What the answer will carry.
    public var callID: Int64

    public static let type = MessageType.resetRunspaceState

    /// A wish.
    public init(callID: Int64) {
        self.callID = callID
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        callID = try Self.integer("ci", in: value)
    }

    public var value: PSValue? { .properties(["ci": .int64(callID)]) }
}

/// PUBLIC_KEY (MS-PSRP 2.2.2.3).
public struct PublicKey: PoolRequest {
    /// The key in base64.
    public var key: String

    public static let type = MessageType.publicKey

    /// A key.
    public init(key: String) {
        self.key = key
    }

    public init(_ value: PSValue) throws(ProtocolViolation) {
        key = try Self.required("PublicKey", in: value, as: \.string)
    }

    public var value: PSValue? { .properties(["PublicKey": .string(key)]) }
}
