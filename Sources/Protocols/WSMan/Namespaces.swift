/// Where the names in envelopes come from, MS-WSMV 2.2.1. Prefixes are the sender's business; only these count.
public enum Namespace {
    public static let soap = "http://www.w3.org/2003/05/soap-envelope"
    public static let addressing = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
    public static let transfer = "http://schemas.xmlsoap.org/ws/2004/09/transfer"
    public static let enumeration = "http://schemas.xmlsoap.org/ws/2004/09/enumeration"
    public static let wsman = "http://schemas.dmtf.org/wbem/wsman/1/wsman.xsd"
    /// Differs from `wsman` in the host alone. DataLocale, SessionId and ActivityId are here, Locale is there.
    public static let wsmv = "http://schemas.microsoft.com/wbem/wsman/1/wsman.xsd"
    public static let shell = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
    public static let fault = "http://schemas.microsoft.com/wbem/wsman/1/wsmanfault"
    public static let identify = "http://schemas.dmtf.org/wbem/wsman/identify/1/wsmanidentity.xsd"
    public static let powershell = "http://schemas.microsoft.com/powershell"
    public static let xml = "http://www.w3.org/XML/1998/namespace"
}

/// What requests are about, MS-WSMV 2.2.2.
public enum ResourceURI {
    /// Shells, of whatever kind: to enumerate them, and to get one.
    public static let shells = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell"
    /// The commands of one shell.
    public static let commands = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command"

    /// A PowerShell session configuration, as `Microsoft.PowerShell` or `Microsoft.Exchange`.
    public static func powershell(configuration name: String) -> String { "\(Namespace.powershell)/\(name)" }
}

/// What is asked of a resource, MS-WSMV 3.1.4.
public enum Action: String, Hashable, Sendable, CaseIterable {
    case create = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Create"
    case delete = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Delete"
    case get = "http://schemas.xmlsoap.org/ws/2004/09/transfer/Get"
    case enumerate = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Enumerate"
    case pull = "http://schemas.xmlsoap.org/ws/2004/09/enumeration/Pull"
    case command = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Command"
    case signal = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Signal"
    case send = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Send"
    case receive = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Receive"
    case disconnect = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Disconnect"
    case reconnect = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Reconnect"
    case connect = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/Connect"
}
