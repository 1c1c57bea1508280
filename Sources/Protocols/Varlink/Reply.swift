/// A reply, one of several when it continues.
public struct Reply: Hashable, Sendable {
    /// What is returned, or the facts of the error.
    public var parameters: JSONObject
    /// More replies to the same call follow.
    public let continues: Bool
    /// The full name of the error, nil when the call went well.
    public let error: String?

    /// A reply to a call that went well.
    public init(parameters: JSONObject = [:], continues: Bool = false) {
        self.parameters = parameters
        self.continues = continues
        self.error = nil
    }

    /// An error, which is always the last reply.
    public init(error: String, parameters: JSONObject = [:]) {
        self.parameters = parameters
        self.continues = false
        self.error = error
    }

    /// Reads a reply from one message, without its NUL.
    public init(frame: some Collection<UInt8>, depthMax: Int = JSON.depthMax) throws(ProtocolViolation) {
        var parameters = JSONObject()
        var continues = false
        var error: String?
        for member in try JSONObject(message: frame, depthMax: depthMax) {
            let (name, value) = (member.key, member.value)
            switch name {
            case "parameters": parameters = try value.asParameters()
            case "continues": continues = try value.asFlag(name)
            case "error":
                guard case .string(let text) = value else { throw .wrongType(member: name) }
                error = text
            default: try value.ignoreVendorMember(name)
            }
        }
        guard let error else {
            self.init(parameters: parameters, continues: continues)
            return
        }
        guard !continues else { throw .errorContinues }
        self.init(error: error, parameters: parameters)
    }

    /// The message with its NUL, without members that say nothing.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        // Most fit, and with its head the array stays below the largest block that glibc gives and takes without a search.
        bytes.reserveCapacity(960)
        var separator = UInt8(ascii: "{")
        func begin(_ member: StaticString) {
            bytes.append(separator)
            separator = UInt8(ascii: ",")
            bytes.append(contentsOf: UnsafeBufferPointer(start: member.utf8Start, count: member.utf8CodeUnitCount))
        }
        if let error {
            begin(#""error":"#)
            error.writeJSON(into: &bytes)
        }
        if !parameters.isEmpty {
            begin(#""parameters":"#)
            parameters.write(into: &bytes)
        }
        if continues { begin(#""continues":true"#) }
        if separator == UInt8(ascii: "{") { bytes.append(separator) }
        bytes.append(contentsOf: "}\0".utf8)
        return bytes
    }
}

/// The errors that any method of any interface may return.
public enum StandardError: String, Hashable, Sendable, CaseIterable {
    case interfaceNotFound = "org.varlink.service.InterfaceNotFound"
    case methodNotFound = "org.varlink.service.MethodNotFound"
    case methodNotImplemented = "org.varlink.service.MethodNotImplemented"
    case invalidParameter = "org.varlink.service.InvalidParameter"
    case permissionDenied = "org.varlink.service.PermissionDenied"
    case expectedMore = "org.varlink.service.ExpectedMore"
    case expectedUpgrade = "org.varlink.service.ExpectedUpgrade"
}

extension Reply {
    /// The service has no interface of this name.
    public static func interfaceNotFound(_ interface: String) -> Reply {
        Reply(error: StandardError.interfaceNotFound.rawValue, parameters: ["interface": .string(interface)])
    }

    /// The interface has no method of this name; the full name, as sd-varlink gives it.
    public static func methodNotFound(_ method: String) -> Reply {
        Reply(error: StandardError.methodNotFound.rawValue, parameters: ["method": .string(method)])
    }

    /// The method is declared and cannot be called (in this way).
    public static func methodNotImplemented(_ method: String) -> Reply {
        Reply(error: StandardError.methodNotImplemented.rawValue, parameters: ["method": .string(method)])
    }

    /// A parameter is missing, undeclared, of the wrong type or out of range; nested ones are named with dots.
    public static func invalidParameter(_ parameter: String) -> Reply {
        Reply(error: StandardError.invalidParameter.rawValue, parameters: ["parameter": .string(parameter)])
    }

    /// The caller may not do this.
    public static let permissionDenied = Reply(error: StandardError.permissionDenied.rawValue)

    /// The method streams and has to be called with `more`.
    public static let expectedMore = Reply(error: StandardError.expectedMore.rawValue)

    /// The method has to be called with `upgrade`.
    public static let expectedUpgrade = Reply(error: StandardError.expectedUpgrade.rawValue)

    /// The error as one of those any method may return, nil for another or none.
    public var standardError: StandardError? { error.flatMap(StandardError.init(rawValue:)) }
}
