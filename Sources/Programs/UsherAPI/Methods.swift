public import Varlink

/// The methods of the interface, by the names under which they are called.
public enum Method: String, CaseIterable, Sendable {
    case acquire = "Acquire"
    case login = "Login"
    case listCommands = "ListCommands"
    case invoke = "Invoke"
    case answer = "Answer"
    case input = "Input"
    case stop = "Stop"
    case attach = "Attach"
    case watch = "Watch"
    case close = "Close"
    case listSessions = "ListSessions"
    case listForeign = "ListForeign"
    case reclaim = "Reclaim"
    case lock = "Lock"
    case unlock = "Unlock"
    case audit = "Audit"
    case subscribe = "Subscribe"
    case diagnose = "Diagnose"
    case listTenants = "ListTenants"
    case getStatus = "GetStatus"
    case getMetrics = "GetMetrics"
    case drain = "Drain"
    case resume = "Resume"
    case reload = "Reload"

    /// The name in a call.
    public var qualifiedName: String { "\(Interface.name).\(rawValue)" }

    /// A call of this method. `more` asks for several replies.
    public func call(_ parameters: JSONObject = [:], more: Bool = false) -> Call {
        Call(method: qualifiedName, parameters: parameters, more: more)
    }
}
