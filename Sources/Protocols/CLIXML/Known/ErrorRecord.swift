/// An error as PowerShell reports it (MS-PSRP 2.2.3.15): a view of the value it came as, in which nothing is lost.
///
/// Servers leave properties out (section 2.2.3.15 allows most of them to be absent); what is missing reads as empty.
public struct ErrorRecord: Hashable, Sendable {
    /// The record as it came.
    public let value: PSValue

    /// A view of a value, whatever it is. A plain string is an error with that message.
    public init(_ value: PSValue) {
        self.value = value
    }

    /// An error made here.
    public init(
        message: String, fullyQualifiedErrorID: String, category: Category = .notSpecified, activity: String = "",
        reason: String = "", targetName: String = "", targetType: String = "", targetObject: PSValue = .null,
        exceptionTypes: [String] = ["System.Exception", "System.Object"]
    ) {
        let exception = PSObject(
            typeNames: exceptionTypes, toString: "\(exceptionTypes.first ?? "Exception"): \(message)",
            adapted: [PSProperty("Message", .string(message))])
        let place = "(\(targetName):\(targetType)) [\(activity)], \(reason)"
        value = .object(
            PSObject(
                typeNames: ["System.Management.Automation.ErrorRecord", "System.Object"], toString: message,
                extended: [
                    PSProperty("Exception", .object(exception)), PSProperty("TargetObject", targetObject),
                    PSProperty("FullyQualifiedErrorId", .string(fullyQualifiedErrorID)),
                    PSProperty("InvocationInfo", .null),
                    PSProperty("ErrorCategory_Category", .int32(category.rawValue)),
                    PSProperty("ErrorCategory_Activity", .string(activity)),
                    PSProperty("ErrorCategory_Reason", .string(reason)),
                    PSProperty("ErrorCategory_TargetName", .string(targetName)),
                    PSProperty("ErrorCategory_TargetType", .string(targetType)),
                    PSProperty("ErrorCategory_Message", .string("\(category.name): \(place)")),
                    PSProperty("SerializeExtendedInfo", .bool(false)),
                ]))
    }

    /// The message to show: the one the cmdlet gave for people when there is one, else that of the exception.
    public var message: String {
        if let details = text("ErrorDetails_Message"), !details.isEmpty { return details }
        return value["Exception"]?["Message"]?.string ?? value.object?.toString ?? value.text
    }

    /// The id, `Cause,Command`.
    public var fullyQualifiedErrorID: String { text("FullyQualifiedErrorId") ?? "" }

    /// The category.
    public var category: Category {
        Category(rawValue: value["ErrorCategory_Category"]?.integer.flatMap(Int32.init(exactly:)) ?? 0)
    }

    /// What was being done, the name of a cmdlet most of the time.
    public var activity: String { text("ErrorCategory_Activity") ?? "" }
    /// The reason, the short name of the exception's type most of the time.
    public var reason: String { text("ErrorCategory_Reason") ?? "" }
    /// The name of what it was done to.
    public var targetName: String { text("ErrorCategory_TargetName") ?? "" }
    /// The type of what it was done to.
    public var targetType: String { text("ErrorCategory_TargetType") ?? "" }
    /// The category with all of this in one line, as the server put it.
    public var categoryMessage: String { text("ErrorCategory_Message") ?? "" }
    /// What the cmdlet recommends.
    public var recommendedAction: String? { text("ErrorDetails_RecommendedAction") }
    /// Where in the script it happened.
    public var scriptStackTrace: String? { text("ErrorDetails_ScriptStackTrace") }
    /// What it was done to.
    public var targetObject: PSValue { value["TargetObject"] ?? .null }
    /// The exception, with its properties and what caused it.
    public var exception: PSValue { value["Exception"] ?? .null }
    /// Whether the record came as output because errors were merged into it.
    public var wasMerged: Bool { value["writeErrorStream"]?.bool ?? false }

    private func text(_ name: String) -> String? {
        guard let value = value[name], !value.isNull else { return nil }
        return value.text
    }
}

extension ErrorRecord {
    /// What kind of error it is. Numbers beyond the known ones are kept.
    public struct Category: RawRepresentable, Hashable, Sendable {
        /// The number.
        public let rawValue: Int32

        /// A category by number.
        public init(rawValue: Int32) {
            self.rawValue = rawValue
        }

        /// The name PowerShell has for it, or its number.
        public var name: String {
            let names = Self.names
            return names.indices.contains(Int(rawValue)) ? names[Int(rawValue)] : rawValue.description
        }

        /// No category was given.
        public static let notSpecified = Category(rawValue: 0)
        /// An argument is wrong.
        public static let invalidArgument = Category(rawValue: 5)
        /// The state does not allow it.
        public static let invalidOperation = Category(rawValue: 7)
        /// There is no such thing.
        public static let objectNotFound = Category(rawValue: 13)
        /// It was stopped.
        public static let operationStopped = Category(rawValue: 14)
        /// The text is no script.
        public static let parserError = Category(rawValue: 17)
        /// It is not allowed.
        public static let permissionDenied = Category(rawValue: 18)

        private static let names = [
            "NotSpecified", "OpenError", "CloseError", "DeviceError", "DeadlockDetected", "InvalidArgument",
            "InvalidData",
            "InvalidOperation", "InvalidResult", "InvalidType", "MetadataError", "NotImplemented", "NotInstalled",
            "ObjectNotFound", "OperationStopped", "OperationTimeout", "SyntaxError", "ParserError", "PermissionDenied",
            "ResourceBusy", "ResourceExists", "ResourceUnavailable", "ReadError", "WriteError", "FromStdErr",
            "SecurityError", "ProtocolError", "ConnectionError", "AuthenticationError", "LimitsExceeded",
            "QuotaExceeded",
            "NotEnabled",
        ]
    }
}
