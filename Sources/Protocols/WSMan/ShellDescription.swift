internal import XML

/// A shell as its server describes it: after Create, by Get, in a list. MS-WSMV 2.2.4.37.
///
/// Everything may be missing, and everything is the server's word.
public struct ShellDescription: Hashable, Sendable {
    /// As it was written; `id` where it is one.
    public var shellID: String?
    /// What its creator called it.
    public var name: String?
    public var resourceURI: String?
    /// The account it belongs to.
    public var owner: String?
    public var clientIP: String?
    public var processID: Int?
    /// How long it may be left alone: what was granted, not what was asked for.
    public var idleTimeOut: Duration?
    public var maxIdleTimeOut: Duration?
    /// `Connected` or `Disconnected`.
    public var state: String?
    /// How long it has been there.
    public var shellRunTime: Duration?
    /// How long it has been left alone.
    public var shellInactivity: Duration?
    public var locale: String?
    public var compressionMode: String?
    public var bufferMode: String?
    /// As in `51MB`.
    public var memoryUsed: String?
    public var childProcesses: Int?

    public init(shellID: String? = nil) {
        self.shellID = shellID
    }

    /// The id, where the server gave one.
    public var id: GUID? { shellID.flatMap { GUID($0) } }

    /// Whether it waits for a client. It counts all the same.
    public var isDisconnected: Bool { state == "Disconnected" }
}

extension ShellDescription {
    init(_ element: XMLElement) {
        func text(_ name: String) -> String? {
            let text = element.first(Namespace.shell, caseless: name)?.trimmedText
            return text?.isEmpty == true ? nil : text
        }
        func duration(_ name: String) -> Duration? { text(name).flatMap { XMLDuration.parse($0) } }
        shellID = text("ShellId")
        name = text("Name")
        resourceURI = text("ResourceUri")
        owner = text("Owner")
        clientIP = text("ClientIP")
        processID = text("ProcessId").flatMap { Int($0) }
        idleTimeOut = duration("IdleTimeOut")
        maxIdleTimeOut = duration("MaxIdleTimeOut")
        state = text("State")
        shellRunTime = duration("ShellRunTime")
        shellInactivity = duration("ShellInactivity")
        locale = text("Locale")
        compressionMode = text("CompressionMode")
        bufferMode = text("BufferMode")
        memoryUsed = text("MemoryUsed")
        childProcesses = text("ChildProcesses").flatMap { Int($0) }
    }
}
