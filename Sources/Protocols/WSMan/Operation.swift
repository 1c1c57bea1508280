/// What is asked of an endpoint or of a shell; the bodies of requests, MS-WSMV 3.1.4.
public enum Operation: Hashable, Sendable {
    /// 3.1.4.5: make a shell. Not to be repeated.
    case create(ShellCreation)
    /// 3.1.4.11: begin a command; `arguments` are the first fragments of its message. Not to be repeated.
    case command(GUID, arguments: [UInt8])
    /// 3.1.4.13: input for the pool, or for one command. Not to be repeated.
    case send([UInt8], to: InputStream, command: GUID?)
    /// 3.1.4.14: the next output of the pool, or of one command.
    case receive(command: GUID?)
    /// 3.1.4.12.
    case signal(Signal, command: GUID)
    /// 3.1.4.4: end the shell and all that runs in it.
    case delete
    /// 3.1.4.2: describe the shell, without touching its streams.
    case get
    /// 3.1.4.8: list shells, or the commands of one.
    case enumerate(Enumerated)
    /// 3.1.4.9: go on with a list that did not fit one answer.
    case pull(Enumerated, context: String, elementsMax: Int)
    /// 3.1.4.15: leave the shell running without a client.
    case disconnect(idleTimeOut: Duration?, bufferMode: BufferMode?)
    /// 3.1.4.16: take up again what this client disconnected.
    case reconnect
    /// 3.1.4.17: take over a shell that another client disconnected. `content` is connectXml.
    case connect(content: [UInt8], protocolVersion: String)
    /// 3.1.4.17: take over one command of a shell that was connected.
    case connectCommand(GUID)
    /// DSP0226 11: what kind of service is this.
    case identify

    /// Which input a payload is. Everything goes to `stdin` but the answers to host calls.
    public enum InputStream: String, Hashable, Sendable {
        case stdin
        /// Prompt responses.
        case pr
    }

    /// MS-WSMV 2.2.4.38. Of these all but the first are relative addresses, and have to be.
    public enum Signal: String, Hashable, Sendable {
        /// The client is done with the command, finished or not; the server frees it.
        case terminate = "http://schemas.microsoft.com/wbem/wsman/1/windows/shell/signal/Terminate"
        /// Stop the pipeline; its end comes by Receive. So misspelled: MS-PSRP 3.1.5.3.9. To PowerShell any other word but
        /// this one means that the command is to be closed.
        case stop = "powershell/signal/crtl_c"
        /// The same as MS-WSMV 2.2.5.6 spells it, for servers that know no other.
        case stopAsSpelled = "powershell/signal/ctrl_c"
    }

    /// What a disconnected shell does when its buffer is full, MS-WSMV 2.2.4.5.
    public enum BufferMode: String, Hashable, Sendable {
        case block = "Block"
        case drop = "Drop"
    }

    /// What is listed.
    public enum Enumerated: Hashable, Sendable {
        /// Every shell that this account may see.
        case shells
        /// The commands of a shell.
        case commands(ofShell: GUID)
    }

    /// The action that goes with it. Identify has none.
    public var action: Action? {
        switch self {
        case .create: .create
        case .command: .command
        case .send: .send
        case .receive: .receive
        case .signal: .signal
        case .delete: .delete
        case .get: .get
        case .enumerate: .enumerate
        case .pull: .pull
        case .disconnect: .disconnect
        case .reconnect: .reconnect
        case .connect, .connectCommand: .connect
        case .identify: nil
        }
    }
}

/// A shell as we would like it; MS-WSMV 2.2.4.37.
public struct ShellCreation: Hashable, Sendable {
    /// Proposed. Servers before protocol 2.2 give another.
    public let shellID: GUID
    /// What others see in a list of shells.
    public let name: String?
    /// How long the shell may be left alone. The answer says what was granted.
    public let idleTimeOut: Duration?
    /// The highest version of PSRP that we speak.
    public let protocolVersion: String
    /// Do without the profile of the user on that machine.
    public let noProfile: Bool
    /// The PSRP messages that open the pool: creationXml.
    public let content: [UInt8]

    /// Nil when a text is empty or holds what cannot stand in an envelope.
    public init?(
        shellID: GUID, name: String? = nil, idleTimeOut: Duration? = nil, protocolVersion: String = "2.3",
        noProfile: Bool = false, content: [UInt8]
    ) {
        guard isPlainText(protocolVersion), name.map(isPlainText) ?? true else { return nil }
        self.shellID = shellID
        self.name = name
        self.idleTimeOut = idleTimeOut
        self.protocolVersion = protocolVersion
        self.noProfile = noProfile
        self.content = content
    }
}
