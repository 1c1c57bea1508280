/// A call: the method a client wants, with its parameters.
public struct Call: Hashable, Sendable {
    /// The full name, `org.example.thing.Method`. On the server it is whatever text the client sent.
    public var method: String
    /// The parameters; absent, null and empty are one.
    public var parameters: JSONObject
    /// The client wants no reply, not even an error.
    public let oneway: Bool
    /// The client takes several replies.
    public let more: Bool
    /// The client wants the connection for something else after one reply.
    public let upgrade: Bool

    /// A call; at most one of the three flags may be set.
    public init(
        method: String, parameters: JSONObject = [:], oneway: Bool = false, more: Bool = false, upgrade: Bool = false
    ) {
        precondition([oneway, more, upgrade].count { $0 } <= 1, "a call has at most one of oneway, more and upgrade")
        self.method = method
        self.parameters = parameters
        self.oneway = oneway
        self.more = more
        self.upgrade = upgrade
    }

    /// The interface part of the method: all before the last dot, empty where there is none.
    public var interface: Substring {
        method.lastIndex(of: ".").map { method[..<$0] } ?? ""
    }

    /// The part of the method behind the last dot.
    public var member: Substring {
        method.lastIndex(of: ".").map { method[method.index(after: $0)...] } ?? method[...]
    }
}

extension Call {
    /// Reads a call from one message, without its NUL.
    public init(frame: some Collection<UInt8>, depthMax: Int = JSON.depthMax) throws(ProtocolViolation) {
        var method: String?
        var parameters = JSONObject()
        var (oneway, more, upgrade) = (false, false, false)
        for member in try JSONObject(message: frame, depthMax: depthMax) {
            let (name, value) = (member.key, member.value)
            switch name {
            case "method":
                guard case .string(let text) = value else { throw .wrongType(member: name) }
                method = text
            case "parameters": parameters = try value.asParameters()
            case "oneway": oneway = try value.asFlag(name)
            case "more": more = try value.asFlag(name)
            case "upgrade": upgrade = try value.asFlag(name)
            default: try value.ignoreVendorMember(name)
            }
        }
        guard let method else { throw .missingMethod }
        guard !(oneway && more), !(oneway && upgrade), !(more && upgrade) else { throw .flagsTogether }
        self.init(method: method, parameters: parameters, oneway: oneway, more: more, upgrade: upgrade)
    }

    /// The message with its NUL. What says nothing, empty parameters and flags that are not set, is left out.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        bytes.append(contentsOf: #"{"method":"#.utf8)
        method.writeJSON(into: &bytes)
        if !parameters.isEmpty {
            bytes.append(contentsOf: #","parameters":"#.utf8)
            parameters.write(into: &bytes)
        }
        if oneway { bytes.append(contentsOf: #","oneway":true"#.utf8) }
        if more { bytes.append(contentsOf: #","more":true"#.utf8) }
        if upgrade { bytes.append(contentsOf: #","upgrade":true"#.utf8) }
        bytes.append(contentsOf: "}\0".utf8)
        return bytes
    }
}
