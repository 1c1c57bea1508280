// What goes wrong on request. A trouble waits for the next request of its kind, or for every one, and says what becomes of
// it. What is carried out and what not is the point of it: a client has to know which of its requests may have been.

internal import WSMan

/// Something that shall go wrong.
struct Trouble {
    /// What it waits for: `connection`, `request`, `discovery`, `challenge`, `token`, or an operation as `Create`,
    /// `Receive`, `PoolReceive`, `CommandReceive`; in lower case.
    let kind: String
    let action: Action
    /// How often it happens; nil for every time.
    var times: Int?
    /// Only to a request that is not the first on its connection.
    let isForReused: Bool

    /// What goes wrong.
    enum Action {
        /// It is handled so much later.
        case delay(Duration)
        /// It is not carried out; the connection is closed.
        case cut
        /// It is carried out; the connection is closed without an answer.
        case lose
        /// It is carried out; the connection is closed within the answer.
        case truncate(Int)
        /// It is not carried out and not answered; the connection stays.
        case hang
        /// It is not carried out; the answer is a page for people.
        case html
        /// It is not carried out; the answer has no end.
        case endless
        /// It is not carried out; the answer is no XML.
        case malformed
        /// It is not carried out; the answer has this status and no body.
        case status(Int)
        /// It is not carried out; the answer leads elsewhere.
        case redirect(Int, String)
        /// It is not carried out; this fault is the answer.
        case fault(ServerFault)
    }

    /// From the fields of a request to the control port. Throws what is wrong with them.
    init(_ question: HTTPQuestion) throws(ControlRefusal) {
        guard let kind = question["on"]?.lowercased(), Self.kinds.contains(kind) else {
            throw ControlRefusal("on must be one of \(Self.kinds.sorted().joined(separator: ", ")).")
        }
        self.kind = kind
        isForReused = question["reused"] == "true"
        switch question["times"] {
        case nil: times = 1
        case "every": times = nil
        case .some(let text):
            guard let number = Int(text), number > 0 else { throw ControlRefusal("times is a number, or every.") }
            times = number
        }
        func number(_ name: String, or missing: Int) throws(ControlRefusal) -> Int {
            guard let text = question[name] else { return missing }
            guard let number = Int(text), number >= 0 else { throw ControlRefusal("\(name) is a number.") }
            return number
        }
        switch question["do"] {
        case "delay":
            guard let text = question["by"], let delay = DurationText.parse(text) else {
                throw ControlRefusal("by is a duration, as 500ms or 2s.")
            }
            action = .delay(delay)
        case "cut": action = .cut
        case "lose": action = .lose
        case "truncate": action = .truncate(try number("after", or: 0))
        case "hang": action = .hang
        case "html": action = .html
        case "endless": action = .endless
        case "malformed": action = .malformed
        case "redirect":
            guard let target = question["to"] else { throw ControlRefusal("to is an address.") }
            action = .redirect(try number("status", or: 302), target)
        case "status": action = .status(try number("status", or: 503))
        case "fault":
            action = .fault(
                ServerFault(
                    question["subcode"] ?? "w:InternalError",
                    UInt32(exactly: try number("code", or: 2_150_858_755)),
                    question["text"] ?? "The WS-Management service cannot process the request."))
        default:
            throw ControlRefusal(
                "do must be one of cut, delay, endless, fault, hang, html, lose, malformed, redirect, status, truncate."
            )
        }
    }

    private static let kinds: Set<String> = [
        "connection", "request", "discovery", "challenge", "token", "create", "command", "send", "receive",
        "poolreceive",
        "commandreceive", "signal", "delete", "get", "enumerate", "identify",
    ]
}

/// All troubles that wait.
struct Troubles {
    private(set) var waiting: [Trouble] = []

    static let waitingMax = 1000

    mutating func add(_ trouble: Trouble) throws(ControlRefusal) {
        guard waiting.count < Self.waitingMax else { throw ControlRefusal("There are \(Self.waitingMax) already.") }
        waiting.append(trouble)
    }

    mutating func clear() { waiting = [] }

    /// The first that waits for one of these kinds. It has happened once more.
    mutating func take(_ kinds: [String], isReused: Bool) -> Trouble.Action? {
        let place = waiting.firstIndex { kinds.contains($0.kind) && (!$0.isForReused || isReused) }
        guard let place else { return nil }
        let action = waiting[place].action
        if let times = waiting[place].times {
            if times == 1 { waiting.remove(at: place) } else { waiting[place].times = times - 1 }
        }
        return action
    }
}

/// What the control port says no to.
struct ControlRefusal: Error {
    let words: String

    init(_ words: String) { self.words = words }
}

/// Durations as people write them: `500ms`, `5s`, `15m`, `2h`; a bare number is seconds.
enum DurationText {
    static func parse(_ text: String) -> Duration? {
        let digits = text.prefix { $0.isNumber }
        guard let number = Int64(digits), number <= 1_000_000_000 else { return nil }
        switch text.dropFirst(digits.count) {
        case "ms": return .milliseconds(number)
        case "s", "": return .seconds(number)
        case "m": return .seconds(number * 60)
        case "h": return .seconds(number * 3600)
        default: return nil
        }
    }
}
