internal import CLIXML
internal import PSRP

/// What PowerShell says when something is wrong, in its words.
extension ErrorRecord {
    private static let automation = "System.Management.Automation"

    static func unknownCommand(_ name: String) -> ErrorRecord {
        ErrorRecord(
            message: "The term '\(name)' is not recognized as the name of a cmdlet, function, script file, or operable "
                + "program. Check the spelling of the name, or if a path was included, verify that the path is correct "
                + "and try again.",
            fullyQualifiedErrorID: "CommandNotFoundException", category: .objectNotFound,
            reason: "CommandNotFoundException", targetName: name, targetType: "String", targetObject: .string(name),
            exceptionTypes: types("CommandNotFoundException", "RuntimeException"))
    }

    static let scriptsNotAllowed = ErrorRecord(
        message: "The syntax is not supported by this runspace. This might be because it is in no-language mode.",
        fullyQualifiedErrorID: "ScriptsNotAllowed", category: .parserError, reason: "ParseException",
        exceptionTypes: types("ParseException", "RuntimeException"))

    static let pipelineStopped = ErrorRecord(
        message: "The pipeline has been stopped.", fullyQualifiedErrorID: "PipelineStopped",
        category: .operationStopped, reason: "PipelineStoppedException",
        exceptionTypes: types("PipelineStoppedException", "RuntimeException"))

    /// There is no host to ask, or none that talks to people.
    static func noInteraction(_ cmdlet: String, _ method: HostMethod) -> ErrorRecord {
        ErrorRecord(
            message: "A command that prompts the user failed because the host program or the command type does not "
                + "support user interaction. The host was attempting to request confirmation (\(method)).",
            fullyQualifiedErrorID: "HostFunctionNotImplemented,Microsoft.PowerShell.Commands.\(cmdlet)",
            category: ErrorRecord.Category(rawValue: 11), activity: cmdlet, reason: "HostException",
            exceptionTypes: types("HostException", "RuntimeException"))
    }

    static let noKey = ErrorRecord(
        message: "There is no session key for a secret.", fullyQualifiedErrorID: "SessionKeyMissing",
        category: .invalidOperation, reason: "PSRemotingDataStructureException")

    static func parserError(_ message: String, id: String, at text: String) -> ErrorRecord {
        ErrorRecord(
            message: message, fullyQualifiedErrorID: id, category: .parserError, reason: "ParseException",
            targetName: text, exceptionTypes: types("ParseException", "RuntimeException"))
    }

    static func unknownParameter(_ name: String, of cmdlet: Cmdlet) -> ErrorRecord {
        binding(
            "A parameter cannot be found that matches parameter name '\(name)'.", "NamedParameterNotFound", cmdlet)
    }

    static func ambiguousParameter(_ name: String, of cmdlet: Cmdlet) -> ErrorRecord {
        binding(
            "Parameter cannot be processed because the parameter name '\(name)' is ambiguous.", "AmbiguousParameter",
            cmdlet)
    }

    static func tooManyPositions(_ value: PSValue, of cmdlet: Cmdlet) -> ErrorRecord {
        binding(
            "A positional parameter cannot be found that accepts argument '\(value.text)'.",
            "PositionalParameterNotFound", cmdlet)
    }

    static func missingArgument(_ name: String, of cmdlet: Cmdlet) -> ErrorRecord {
        binding(
            "Missing an argument for parameter '\(name)'. Specify a parameter of type 'System.String' and try again.",
            "MissingArgument", cmdlet)
    }

    static func missingParameters(_ names: [String], of cmdlet: Cmdlet) -> ErrorRecord {
        binding(
            "Cannot process command because of one or more missing mandatory parameters: "
                + "\(names.joined(separator: " ")).", "MissingMandatoryParameter", cmdlet)
    }

    static func badArgument(_ name: String, _ value: PSValue, type: String, of cmdlet: Cmdlet) -> ErrorRecord {
        binding(
            "Cannot bind parameter '\(name)'. Cannot convert value \"\(value.text)\" to type \"\(type)\".",
            "CannotConvertArgumentNoMessage", cmdlet)
    }

    static func notFound(_ what: String, identity: String, cmdlet: String) -> ErrorRecord {
        ErrorRecord(
            message: "\(what) \"\(identity)\" could not be found. Verify the identity and try again.",
            fullyQualifiedErrorID: "Identity,Microsoft.Rtc.Management.\(cmdlet.replacingDash)Cmdlet",
            category: .objectNotFound, activity: cmdlet, reason: "ManagementException", targetName: identity,
            targetType: "UserIdParameter", targetObject: .string(identity),
            exceptionTypes: ["Microsoft.Rtc.Management.AD.ManagementException", "System.Exception", "System.Object"])
    }

    static func tooMuch(_ message: String) -> ErrorRecord {
        ErrorRecord(
            message: message, fullyQualifiedErrorID: "LimitOfTheLab", category: Category(rawValue: 29),
            reason: "InvalidOperationException",
            exceptionTypes: ["System.InvalidOperationException", "System.SystemException", "System.Exception"])
    }

    /// What Exchange says when it lets a shell be made and then refuses the pool in it.
    static func tooManyConnections(user: String, limit: Int, requestID: String) -> ErrorRecord {
        ErrorRecord(
            message: "[AuthZRequestId=\(requestID)][FailureCategory=AuthZ-AuthorizationException] Fail to create a "
                + "runspace because you have exceeded the maximum number of connections allowed : \(limit) for the policy "
                + "party : MaxConcurrency. Please close existing runspace and try again. Policy: "
                + "CN=GlobalThrottlingPolicy_lab; Snapshot: Owner: \(user) ActiveRunspaces: \(limit)/\(limit)",
            fullyQualifiedErrorID: "PSSessionOpenFailed", category: Category(rawValue: 1),
            reason: "PSRemotingTransportException",
            exceptionTypes: types("Remoting.PSRemotingTransportException", "RuntimeException"))
    }

    private static func binding(_ message: String, _ id: String, _ cmdlet: Cmdlet) -> ErrorRecord {
        ErrorRecord(
            message: message, fullyQualifiedErrorID: "\(id),\(cmdlet.implementation)", category: .invalidArgument,
            activity: cmdlet.name, reason: "ParameterBindingException",
            exceptionTypes: types("ParameterBindingException", "RuntimeException"))
    }

    private static func types(_ name: String, _ parent: String) -> [String] {
        [
            "\(automation).\(name)", "\(automation).\(parent)", "System.SystemException", "System.Exception",
            "System.Object",
        ]
    }
}

extension String {
    /// `Get-CsTenant` as the name of a class has it.
    var replacingDash: String { filter { $0 != "-" } }
}
