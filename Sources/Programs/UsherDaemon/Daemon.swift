internal import CLinux
internal import LocalSocket
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Processes
internal import Systemd
internal import UnixSignals
internal import UsherAPI
internal import UsherConfiguration
internal import UsherCore
internal import UsherStore
internal import UsherTenant
internal import Varlink

/// Everything of a running broker, wired up. Reads like a contents page: what there is, then what happens from the
/// start to the end.
///
/// All parts but the journal's writer and the two watching threads live on one event loop and are used there only;
/// `@unchecked Sendable` rests on that, and `run` is the way in.
final class Daemon: @unchecked Sendable {
    private let path: String
    private let log: Logger
    private let clock = Clock()
    private let readiness = Readiness()
    private let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let threads = NIOThreadPool(numberOfThreads: 2)
    /// For those who read the journal: however long the disk takes, nobody else waits for it.
    private let readers = NIOThreadPool(numberOfThreads: 1)
    private let eventLoop: any EventLoop
    private let stopped: EventLoopPromise<Void>

    private var configuration: Configuration
    private let scribe: Scribe
    private let names: UserNames
    private let logins: LoginSessions
    private let credentials = CredentialBook()
    private let commands = CommandLists()
    private let shells: RemoteTenants
    private let switchboard: Switchboard
    private let runner: EffectRunner
    private let writer: JournalWriter
    private let broker: BrokerLoop

    /// Wires up and starts the threads; nothing is opened yet.
    init(configuration: Configuration, path: String, log: Logger) {
        threads.start()
        readers.start()
        self.configuration = configuration
        self.path = path
        self.log = log
        let eventLoop = loops.next()
        self.eventLoop = eventLoop
        stopped = eventLoop.makePromise()
        let stopped = stopped
        let settings = configuration.settings

        let later = Later()
        scribe = Scribe(clock: clock)
        names = UserNames(eventLoop: eventLoop, threads: threads, known: configuration.users)
        logins = LoginSessions { token in eventLoop.execute { later.daemon?.loginEnded(token) } }
        shells = RemoteTenants(host: Host.name, credentials: credentials) { event in
            eventLoop.execute { later.daemon?.happened(event) }
        } complain: { session, words in
            log.warning("\(words)", metadata: ["session": "\(session)"])
        }
        switchboard = Switchboard(
            about: About(version: Release.version, url: "man:usherd(8)", since: clock.now), clock: clock,
            door: Door(
                connectionsMax: settings.connectionsMax, connectionsPerUser: settings.connectionsPerUser),
            scribe: scribe, names: names, logins: logins, commands: commands, credentials: credentials,
            signIns: SignIns(shells: shells, scribe: scribe, eventLoop: eventLoop),
            log: log, reload: { later.daemon?.reload() ?? eventLoop.makeSucceededFuture([]) },
            audit: { later.daemon?.audit($0, $1, $2) })
        runner = EffectRunner(
            switchboard: switchboard, shells: shells, log: log,
            statusLine: StatusLine(eventLoop: eventLoop, readiness: readiness), stop: { stopped.succeed() })
        writer = JournalWriter(path: settings.state, clock: clock)
        broker = BrokerLoop(
            rules: Host.rules(of: configuration), eventLoop: eventLoop, clock: clock, writer: writer,
            log: SessionLog(log: log) { [clock] in clock.now }, performer: runner)
        later.daemon = self
        switchboard.send = { [shells] in shells.send($0, to: $1, in: $2, $3) }
        switchboard.submit = { [broker] in broker.submit($0) }
    }

    /// Serves until a signal says stop. `logins` are what people gave in an earlier life. Throws what keeps it from starting.
    func run(socket: BoundSocket, logins: [LoginVault.Login] = []) async throws {
        for login in logins { credentials.login(login.owner, login.account, login.secret) }
        try await eventLoop.submit { [self] in place(configuration) }.get()
        // Before anybody is let in: what is held must be on the books before the first seat is given out.
        try await broker.readJournal { [self] contents in
            for session in contents.sessions where session.identity.kind == .shells {
                shells.inherit(session.identity, session.shell, life: contents.life)
            }
            return consoles(of: contents)
        }.get()
        let settings = configuration.settings
        let limits = SocketLimits(slowReader: TimeAmount(settings.slowReader))
        let listener = try await eventLoop.flatSubmit { [self] in
            Listener.accept(on: socket, eventLoop: eventLoop, limits: limits, delegate: switchboard)
        }.get()
        // Trapped before we are ready: who is told so may send a signal at once, and untrapped it would kill us.
        let trapped = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        readiness.ready()
        log.notice("serving", metadata: ["tenants": "\(configuration.rules.tenants.count)"])
        eventLoop.execute { [self] in feedWatchdog() }
        usher_unmap_program()
        let signals = Task { await obey(trapped) }
        try await stopped.futureResult.get()

        signals.cancel()
        readiness.stopping()
        try await listener.close().get()
        await finishJournal()
        log.notice("stopped")
    }

    // MARK: while it runs

    private func obey(_ signals: UnixSignalsSequence) async {
        for await signal in signals {
            eventLoop.execute { [self] in
                if signal == .sighup { return reload().whenComplete { _ in } }
                readiness.stopping()
                broker.submit(.stopAsked(endSessions: SystemState().isStopping))
            }
        }
    }

    /// Reads the configuration again, on another thread because files and the user database may be slow. Faults are
    /// logged and returned, and the old one stays in force.
    private func reload() -> EventLoopFuture<[JSON]> {
        readiness.reloading()
        let path = path
        return threads.runIfActive(eventLoop: eventLoop) {
            ConfigurationReader.read(path, identities: SystemIdentities())
        }.map { [self] result in
            defer { readiness.ready() }
            switch result {
            case .success(var new):
                // What lies there is open, and what listens is bound: other places count from the next start.
                let started = configuration.settings
                if (new.settings.state, new.settings.socket) != (started.state, started.socket) {
                    log.warning("broker.state and broker.socket count from the next start on")
                    (new.settings.state, new.settings.socket) = (started.state, started.socket)
                }
                configuration = new
                place(new)
                names.learn(new.users)
                let settings = new.settings
                switchboard.limit(
                    connectionsMax: settings.connectionsMax, connectionsPerUser: settings.connectionsPerUser)
                broker.submit(.rulesChanged(Host.rules(of: new)))
                log.notice("the configuration was read again", metadata: ["tenants": "\(new.rules.tenants.count)"])
                return []
            case .failure(let faults):
                log.error("the configuration has faults; the old one stays in force\n\(faults)")
                return faults.faults.map {
                    [
                        "file": .string($0.file), "line": .int(Int64($0.line)), "key": .string($0.key),
                        "message": .string($0.message),
                    ]
                }
            }
        }
    }

    /// Reads the journal for somebody, beside its writer.
    private func audit(_ connection: Connection, _ scope: AuditScope, _ parameters: Parameters) {
        let span = (try? parameters.seconds("lastSeconds")) ?? nil
        let since = span.map { clock.wallMilliseconds - $0.wholeMilliseconds } ?? .min
        let reader = AuditReader(
            path: configuration.settings.state, scope: scope, tenant: (try? parameters.tenant("tenant")) ?? nil,
            since: since)
        AuditStream(reader, to: connection, threads: readers, eventLoop: eventLoop, scribe: scribe).start()
    }

    // MARK: tenants

    /// Tells the tenants' edge how each of them is reached.
    private func place(_ configuration: Configuration) {
        var places: [TenantName: TenantPlace] = [:]
        for tenant in configuration.rules.tenants {
            guard let endpoint = configuration.endpoints[tenant.name], let access = try? TenantAccess(endpoint) else {
                continue
            }
            let upns = tenant.admins.map { ($0.name, $0.upn ?? $0.name.description) }
            places[tenant.name] = TenantPlace(
                access: access, upns: Dictionary(uniqueKeysWithValues: upns), tenantIdle: tenant.tenantIdle)
        }
        credentials.configure(directories: configuration.secretDirectories, files: configuration.secretFiles)
        shells.configure(places)
    }

    /// What a tenant reports, on its way to the broker; what an operator wants to know of it goes to the log.
    private func happened(_ event: Event) {
        switch event {
        case .openFailed(let id, let failure):
            log.warning("a session could not be opened", metadata: ["session": "\(id)", "why": "\(failure.summary)"])
        case .sessionBroken(let id):
            log.warning("a session broke and is being deleted", metadata: ["session": "\(id)"])
            commands.forget(id)
        case .sessionClosed(let id): commands.forget(id)
        default: break
        }
        broker.submit(event)
    }

    /// Fed after the broker has handled an event, so a broker that stands still starves it.
    private func feedWatchdog() {
        guard let interval = readiness.watchdogInterval else { return }
        broker.submit(.timePassed)
        eventLoop.execute { [self] in readiness.feedWatchdog() }
        eventLoop.scheduleTask(in: TimeAmount(interval)) { [self] in feedWatchdog() }
    }

    // MARK: login sessions

    private func loginEnded(_ token: Int32) {
        guard let login = logins.end(token) else { return }
        broker.submit(.consoleClosed(Console(login)))
    }

    /// The login sessions of what was held when the last life ended, as far as they are still there.
    private func consoles(of contents: JournalContents) -> [SessionID: Console] {
        var consoles: [SessionID: Console] = [:]
        for session in contents.sessions {
            guard case .console(let leader, let startTicks) = session.lease,
                let login = logins.session(leader: leader, startTicks: startTicks)
            else { continue }
            consoles[session.identity.id] = Console(login)
        }
        return consoles
    }

    // MARK: the end

    /// What is still to be written gets a moment, and so does leaving one whole file behind for who copies it; a disk
    /// that hangs does not keep us.
    private func finishJournal() async {
        let done = eventLoop.makePromise(of: Void.self)
        eventLoop.execute { [self] in
            broker.finish().whenComplete { [self] _ in writer.close { done.succeed() } }
            eventLoop.scheduleTask(in: .seconds(5)) { done.succeed() }
        }
        try? await done.futureResult.get()
    }
}

/// Lets the parts speak of the whole that is only there once they are.
private final class Later: @unchecked Sendable {
    // Set once, before anything runs; used on the event loop.
    weak var daemon: Daemon?
}

/// This machine, as others see it in lists of sessions.
private enum Host {
    /// The rules of a configuration, on this machine.
    static func rules(of configuration: Configuration) -> Rules {
        var rules = configuration.rules
        rules.host = name
        return rules
    }

    static var name: String {
        var buffer = [CChar](repeating: 0, count: 65)
        guard gethostname(&buffer, 64) == 0 else { return "localhost" }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return String(decoding: bytes, as: UTF8.self).filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || ".-".contains($0))
        }
    }
}
