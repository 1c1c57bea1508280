// The client's side of one shell, without IO and without a clock. It orders requests, takes their outcomes, and tells
// what that means. What is in the streams is not its business: PSRP is a floor above.
//
//   new ─► creating ─► open ─► deleting ─► gone
//             │         │ ▲        │ ▲
//             │         ▼ │        ▼ │
//             │   disconnected   broken ◄── whatever ends the shell without proof that it is gone
//             └────────────────────▲
//
// What may happen twice and what may not decides nearly everything here.
//
//   Create, Command, Send    once. An outcome that leaves open whether they happened is told as `uncertain`.
//   Receive                  again after TimedOut, at once: nothing was lost (MS-WSMV 3.1.4.14). After a broken
//                            connection only when asked to, for an answer may have been lost with it.
//   Terminate                a few times: a command that is not terminated counts against the shell for ever.
//   Delete                   as often as asked. A shell is gone when Delete was confirmed, or when the server does not
//                            know it and nothing speaks against believing that: no load balancer with cookies, and no
//                            Create that may still be under way.
//
// Verbs that a state has no use for do no harm: they tell `failed` with `wrongState`, or nothing where the state already
// is what was asked for. Outcomes of orders that no longer matter are dropped.

public import XML

/// One shell.
public struct ShellMachine: Sendable {
    public private(set) var endpoint: Endpoint
    /// What leads to the shell: proposed at first, the server's after Create.
    public internal(set) var address: ShellAddress
    public internal(set) var state: State
    /// Whether a load balancer finds the shell by a cookie, so that "not found" may mean the wrong machine.
    public var hasAffinity: Bool
    /// Whether the server is done with Create, one way or the other.
    public internal(set) var isCreateAnswered: Bool

    let limits: XMLLimits
    let terminateTriesMax: Int
    var commands: [GUID: Command] = [:]
    /// What waits for the answer to the Send, or Command, before it. Order within a queue is the client's to keep.
    var outboxes: [Queue: Outbox] = [:]
    private var messageIDs: MessageIDs
    private var underWay: [Int: Order] = [:]
    private var ordersMade = 0

    /// Where a shell stands.
    public enum State: Hashable, Sendable {
        /// Nothing was sent. Leaves for `creating`; for `gone` when it is deleted before.
        case new
        /// Create is out. Leaves for `open`; for `gone` when it was refused or never left; for `broken` when it may have
        /// happened; for `deleting` when the shell was unwanted by the time it was there.
        case creating(isUnwanted: Bool)
        /// Usable. Leaves for `deleting` and `disconnecting` when asked; for `gone` or `broken` when the service says so.
        case open
        /// Disconnect is out. Leaves for `disconnected`, or back to `open` when it was refused.
        case disconnecting
        /// It runs without us, or may. Leaves for `reconnecting` and `deleting`.
        case disconnected
        /// Reconnect or Connect is out. Leaves for `open`, or back to `disconnected`.
        case reconnecting
        /// There may be a shell, and it cannot be used. Leaves for `deleting`; for `gone` when Get proves it.
        case broken
        /// Delete is out. Leaves for `gone`, or for `broken` when it was not confirmed.
        case deleting
        /// Nothing is there, nothing is sent any more.
        case gone
    }

    /// A command that the server may hold.
    struct Command {
        /// The id it goes by on the wire.
        var assigned: GUID
        var phase: Phase

        enum Phase: Hashable {
            /// Command is out; what was asked for meanwhile.
            case starting(isStopWanted: Bool, isUnwanted: Bool)
            case running
            /// Terminate was sent so many times, and is out or given up.
            case terminating(tries: Int)
        }
    }

    struct Outbox {
        var waiting: [Parcel] = []
        /// A Send, or the Command it begins with, is out.
        var isBusy = false

        struct Parcel {
            let payload: [UInt8]
            let stream: Operation.InputStream
        }
    }

    /// A shell that is to be made, or connected to. `shellID` is the one that Create will propose.
    public init(
        at endpoint: Endpoint, shellID: GUID, hasAffinity: Bool, messageIDs: MessageIDs, limits: XMLLimits,
        terminateTriesMax: Int = 3
    ) {
        let address = ShellAddress(resourceURI: endpoint.resourceURI, shellID: shellID)
        self.init(
            at: endpoint, address: address, state: .new, isCreateAnswered: false, hasAffinity: hasAffinity,
            messageIDs: messageIDs, limits: limits, terminateTriesMax: terminateTriesMax)
    }

    /// A shell from an earlier life, in the state that is believed of it: `open`, `disconnected` or `broken`.
    ///
    /// `isCreateAnswered` is false when that life ended before it was known whether there is a shell.
    public init(
        at endpoint: Endpoint, address: ShellAddress, state: State, isCreateAnswered: Bool, hasAffinity: Bool,
        messageIDs: MessageIDs, limits: XMLLimits, terminateTriesMax: Int = 3
    ) {
        self.endpoint = endpoint
        self.address = address
        self.state = state
        self.isCreateAnswered = isCreateAnswered
        self.hasAffinity = hasAffinity
        self.messageIDs = messageIDs
        self.limits = limits
        self.terminateTriesMax = terminateTriesMax
    }

    /// Commands that were begun and that the server was not yet seen to free.
    public var commandsHeld: Int { commands.count }

    /// Whether output of a queue is being asked for.
    public func isReceiving(from queue: Queue) -> Bool { isUnderWay(.receive(queue)) }

    /// Whether a command is there and may be received from.
    public func isRunning(_ id: GUID) -> Bool { commands[id]?.phase == .running }

    /// Frees a command that the server may still hold.
    public mutating func terminateIfHeld(_ id: GUID) -> [ShellEffect] {
        guard state == .open, let command = commands[id] else { return [] }
        if case .terminating = command.phase { return [] }
        return terminate(id)
    }

    /// How many bytes one Command or Send may carry.
    public var payloadBytesMax: Int { Request.payloadBytesMax(at: endpoint, shell: address) }

    /// Takes larger envelopes from now on, once the server is known to.
    public mutating func allowEnvelopes(ofBytes bytesMax: Int) { endpoint.envelopeBytesMax = bytesMax }

    // MARK: - What orders are made of

    mutating func order(_ operation: Operation, for purpose: Purpose, repetition: Int = 0) -> ShellEffect {
        // Create concerns no shell yet; everything else goes to the one there is.
        let shell: ShellAddress? = if case .create = operation { nil } else { address }
        var endpoint = endpoint
        // Profiles, snap-ins and directories are loaded meanwhile; only a Receive is to come back soon.
        if shell == nil { endpoint.operationTimeout = Self.createTimeout }
        let request = Request(operation, at: endpoint, shell: shell, messageID: messageIDs.next())
        let order = Order(number: ordersMade, purpose: purpose, request: request, repetition: repetition)
        ordersMade += 1
        underWay[order.number] = order
        return .post(order)
    }

    /// How long the service may take to make a shell, as PowerShell's own client has it.
    private static let createTimeout = Duration.seconds(180)

    /// The order that an outcome is of; nil when it was told already.
    mutating func close(_ number: Int) -> Order? { underWay.removeValue(forKey: number) }

    func isUnderWay(_ purpose: Purpose) -> Bool { underWay.values.contains { $0.purpose == purpose } }
}
