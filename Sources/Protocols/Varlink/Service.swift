// What every service does before its own methods come in: saying who it is, and turning away what no handler should
// ever see. After `.dispatch` the method exists, the parameters are those of its declaration, and `more` is set where
// the method cannot do without.
//
// Order of the checks, since only one error can be sent: interface, method, upgrade, more, parameters.

/// Where a call goes.
public enum Route: Hashable, Sendable {
    /// Nowhere: this is the reply.
    case answer(Reply)
    /// To the handler of this method, named without the interface.
    case dispatch(interface: String, method: String)
}

/// A service: who it is and the interfaces it has.
public struct Service: Sendable {
    /// The interfaces, `org.varlink.service` last.
    public let interfaces: [InterfaceDescription]

    private let identity: JSONObject
    /// Where each method is, by its full name: the way of every good call is one look-up.
    private let methods: [String: Place]

    private struct Place {
        let interface: InterfaceDescription
        let method: InterfaceDescription.Method
        /// Whether it is one of `org.varlink.service`, which are answered here.
        let isOwn: Bool
    }

    /// A service with these interfaces; `org.varlink.service` is added.
    public init(vendor: String, product: String, version: String, url: String, interfaces: [InterfaceDescription]) {
        let all = interfaces + [.service]
        precondition(Set(all.map(\.name)).count == all.count, "two interfaces of one name")
        self.interfaces = all
        identity = [
            "vendor": .string(vendor), "product": .string(product), "version": .string(version), "url": .string(url),
            "interfaces": .array(all.map { .string($0.name) }),
        ]
        var methods: [String: Place] = [:]
        for (index, interface) in all.enumerated() {
            for method in interface.methods {
                let isOwn = index == all.count - 1
                methods["\(interface.name).\(method.name)"] = Place(interface: interface, method: method, isOwn: isOwn)
            }
        }
        self.methods = methods
    }

    /// Says where a call goes.
    ///
    /// The answer to a oneway call is to be given to the connection too, which ends the call and sends nothing.
    public func route(_ call: Call) -> Route {
        guard let place = methods[call.method] else { return .answer(notFound(call)) }
        let method = place.method
        // A plain reply would be taken for a confirmation, and the bytes after it would no longer be Varlink. An error
        // leaves the connection as it is.
        if call.upgrade { return .answer(.methodNotImplemented(call.method)) }
        if method.streaming == .required, !call.more { return .answer(.expectedMore) }
        if let fault = place.interface.check(call.parameters, of: method) {
            return .answer(.invalidParameter(fault.path))
        }
        if place.isOwn { return .answer(answer(method.name, call.parameters)) }
        return .dispatch(interface: place.interface.name, method: method.name)
    }

    /// A method without an interface before it belongs to an interface nobody has.
    private func notFound(_ call: Call) -> Reply {
        let name = call.interface
        if interfaces.contains(where: { $0.name == name }) { return .methodNotFound(call.method) }
        return .interfaceNotFound(name.isEmpty ? call.method : String(name))
    }

    /// Answers a method of `org.varlink.service`.
    private func answer(_ method: String, _ parameters: JSONObject) -> Reply {
        guard method == "GetInterfaceDescription" else { return Reply(parameters: identity) }
        let name = parameters["interface"]?.string ?? ""
        guard let interface = interfaces.first(where: { $0.name == name }) else { return .interfaceNotFound(name) }
        return Reply(parameters: ["description": .string(interface.text)])
    }
}

extension InterfaceDescription {
    /// The interface that every service has.
    public static let service: InterfaceDescription = {
        do {
            return try InterfaceDescription(parsing: serviceText)
        } catch {
            preconditionFailure("org.varlink.service: \(error)")
        }
    }()

    private static let serviceText = """
        # What every Varlink service can be asked: who it is and what it offers. Any method
        # of any interface may return the errors defined here.
        interface org.varlink.service

        # Who the service is, and the names of all its interfaces, this one included.
        method GetInfo() -> (
          vendor: string,
          product: string,
          version: string,
          url: string,
          interfaces: []string
        )

        # The text of an interface, comments included.
        method GetInterfaceDescription(interface: string) -> (description: string)

        # The service has no interface of this name.
        error InterfaceNotFound(interface: string)

        # The interface has no method of this name.
        error MethodNotFound(method: string)

        # The method is declared, but can't be called, or not in this way.
        error MethodNotImplemented(method: string)

        # The parameter is missing, undeclared, of the wrong type or out of range.
        error InvalidParameter(parameter: string)

        # The caller may not do this.
        error PermissionDenied()

        # The method has to be called with the more flag.
        error ExpectedMore()

        # The method has to be called with the upgrade flag.
        error ExpectedUpgrade()

        """
}
