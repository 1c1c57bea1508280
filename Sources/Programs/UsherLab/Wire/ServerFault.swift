// Faults as Windows sends them: HTTP status 500, a subcode, a text for everybody, and a WSManFault with the number
// (MS-WSMV 2.2.4.43). The texts are those that clients are known to look for.

internal import WSMan
internal import XML

/// A fault to answer with.
struct ServerFault: Error, Hashable {
    /// Of WS-Management, with its prefix: `w:QuotaLimit`.
    var subcode: String
    var code: UInt32?
    /// For everybody.
    var reason: String
    /// For this case; the reason again where there is nothing to add.
    var message: String
    /// The message that the fault answers, where it was read.
    var relatesTo: String?
    /// Whose mistake it is: `s:Sender` or `s:Receiver`.
    var isOurs = false

    init(_ subcode: String, _ code: UInt32?, _ reason: String, message: String? = nil, isOurs: Bool = false) {
        self.subcode = subcode
        self.code = code
        self.reason = reason
        self.message = message ?? reason
        self.isOurs = isOurs
    }

    /// The same fault as the answer to a message.
    func `for`(_ messageID: String?) -> ServerFault {
        var fault = self
        fault.relatesTo = messageID
        return fault
    }
}

extension ServerFault {
    private static let cannot = "The WS-Management service cannot process the request."

    static let invalidXML = ServerFault(
        "w:SchemaValidationError", 2_150_858_819, "\(cannot) The request contains invalid XML.")
    static let noShellSelector = ServerFault(
        "w:InvalidSelectors", 2_150_858_845,
        "\(cannot) The resource URI requires the following selector: ShellId.")
    static let timedOut = ServerFault(
        "w:TimedOut", 2_150_858_793,
        "The WS-Management service cannot complete the operation within the time specified in OperationTimeout.",
        isOurs: true)
    static let aborted = ServerFault(
        "w:InternalError", 995,
        "The I/O operation has been aborted because of either a thread exit or an application request.", isOurs: true)
    static let disconnected = ServerFault(
        "w:InternalError", 2_150_859_230,
        "\(cannot) The stream is disconnected, because the shell was.", isOurs: true)
    /// MS-WSMV 3.1.4.16, 3.1.4.17: the shell is another client's, or is connected as it is.
    static let notToBeConnected = ServerFault(
        "w:InternalError", 2_150_858_755,
        "\(cannot) The shell cannot be connected to by this client in the state it is in.", isOurs: true)
    static let identifierInUse = ServerFault(
        "w:InvalidParameter", 2_150_858_798, "\(cannot) The identifier that was given is in use already.")
    static let commandGone = ServerFault(
        "w:InvalidSelectors", 2_150_858_843,
        "\(cannot) The request contained invalid selectors for the resource.",
        message:
            "The Windows Remote Shell received a request to perform an operation on a command identifier that does "
            + "not exist. Either the command has completed execution or the client specified an invalid command "
            + "identifier.")

    static func badHeader(_ name: String) -> ServerFault {
        ServerFault(
            "a:InvalidMessageInformationHeader", 2_150_858_767, "\(cannot) The header \(name) is not valid.")
    }

    static func schema(_ words: String) -> ServerFault {
        ServerFault("w:SchemaValidationError", 2_150_858_817, "\(cannot) \(words)")
    }

    static func shellGone(_ id: String) -> ServerFault {
        ServerFault(
            "w:InvalidSelectors", 2_150_858_843,
            "\(cannot) The request contained invalid selectors for the resource.",
            message:
                "The request for the Windows Remote Shell with ShellId \(id) failed because the shell was not found "
                + "on the server. Possible causes are: the specified ShellId is incorrect or the shell no longer exists "
                + "on the server. Provide the correct ShellId or create a new shell and retry the operation.")
    }

    static func actionNotSupported(_ action: String) -> ServerFault {
        ServerFault("a:ActionNotSupported", 2_150_858_753, "\(cannot) The action \(action) is not supported.")
    }

    static func resourceUnknown(_ uri: String) -> ServerFault {
        ServerFault(
            "a:DestinationUnreachable", 2_150_858_811,
            "\(cannot) The resource URI \(uri) was not found in the WS-Management catalog.")
    }

    /// One shell too many, for the user or for the tenant.
    static func quota(of whom: String) -> ServerFault {
        ServerFault(
            "w:QuotaLimit", 2_150_859_173,
            "\(cannot) The maximum number of concurrent shells for this \(whom) has been exceeded. Close existing shells "
                + "or raise the quota for this \(whom).")
    }

    static func commandsQuota(limit: Int) -> ServerFault {
        ServerFault(
            "w:QuotaLimit", 2_150_859_241,
            "\(cannot) The maximum number of concurrent commands per shell has been exceeded.",
            message: "\(cannot) This shell is allowed a maximum number of \(limit) concurrent commands, which has been "
                + "exceeded. Terminate finished commands or raise the quota.")
    }

    static func notAnAdministrator(_ user: String) -> ServerFault {
        ServerFault(
            "w:AccessDenied", 5,
            "The user '\(user)' does not have permission to manage this tenant. Permissions can be granted by assigning "
                + "the user to the appropriate RBAC role.")
    }
}

extension ServerFault {
    /// The envelope, without the ids that `ServerAnswer` gives.
    func write(_ writer: inout XMLWriter, machine: String) {
        writer.element("s:Fault") { writer in
            writer.element("s:Code") {
                $0.element("s:Value", text: isOurs ? "s:Receiver" : "s:Sender")
                $0.element("s:Subcode") { $0.element("s:Value", text: subcode) }
            }
            writer.element("s:Reason") { $0.element("s:Text", ["xml:lang": "en-US"], text: reason) }
            guard let code else { return }
            writer.element("s:Detail") { writer in
                writer.start("f:WSManFault", namespaces: ["f": Namespace.fault])
                writer.attribute("Code", "\(code)")
                writer.attribute("Machine", machine)
                writer.element("f:Message", text: message)
                writer.end()
            }
        }
    }
}
