/// A record of the information stream (MS-PSRP 2.2.2.26): a view of the value it came as.
public struct InformationRecord: Hashable, Sendable {
    /// The record as it came.
    public let value: PSValue

    /// A view of a value, whatever it is.
    public init(_ value: PSValue) {
        self.value = value
    }

    /// A record made here.
    public init(
        data: PSValue, source: String = "", time: PSDateTime, tags: [String] = [], user: String = "",
        computer: String = ""
    ) {
        let list = PSObject(
            typeNames: ["System.Collections.Generic.List`1[[System.String]]", "System.Object"],
            content: .list(tags.map(PSValue.string)))
        value = .object(
            PSObject(
                typeNames: ["System.Management.Automation.InformationRecord", "System.Object"], toString: data.text,
                extended: [
                    PSProperty("MessageData", data), PSProperty("Source", .string(source)),
                    PSProperty("TimeGenerated", .dateTime(time)), PSProperty("Tags", .object(list)),
                    PSProperty("User", .string(user)), PSProperty("Computer", .string(computer)),
                    PSProperty("ProcessId", .uint32(0)), PSProperty("NativeThreadId", .uint32(0)),
                    PSProperty("ManagedThreadId", .uint32(0)),
                ]))
    }

    /// What was written: a string, or an object of any type.
    public var data: PSValue { value["MessageData"] ?? .null }
    /// What was written, as text. Write-Host sends an object whose Message is the text.
    public var message: String { data["Message"]?.string ?? data.text }
    /// Who wrote it.
    public var source: String { value["Source"]?.text ?? "" }
    /// When, by the server's clock.
    public var time: PSDateTime? {
        if case .dateTime(let time)? = value["TimeGenerated"]?.unwrapped { time } else { nil }
    }
    /// The tags. `PSHOST` means that Write-Host wrote it, which is sent as a host call too.
    public var tags: [String] { value["Tags"]?.values?.map(\.text) ?? [] }
}
