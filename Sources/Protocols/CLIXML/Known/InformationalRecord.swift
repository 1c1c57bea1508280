/// A line of the warning, verbose or debug stream (MS-PSRP 2.2.3.16): a view of the value it came as.
public struct InformationalRecord: Hashable, Sendable {
    /// The record as it came.
    public let value: PSValue

    /// A view of a value, whatever it is. A plain string is a record with that message.
    public init(_ value: PSValue) {
        self.value = value
    }

    /// A record made here; `type` is `WarningRecord`, `VerboseRecord` or `DebugRecord`.
    public init(message: String, type: String) {
        let automation = "System.Management.Automation"
        value = .object(
            PSObject(
                typeNames: ["\(automation).\(type)", "\(automation).InformationalRecord", "System.Object"],
                toString: message,
                extended: [
                    PSProperty("InformationalRecord_Message", .string(message)),
                    PSProperty("InformationalRecord_SerializeInvocationInfo", .bool(false)),
                ]))
    }

    /// The message.
    public var message: String {
        (value["InformationalRecord_Message"] ?? value["Message"])?.text ?? value.text
    }
}
