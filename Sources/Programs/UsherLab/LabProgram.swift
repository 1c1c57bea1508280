internal import CLinux
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Varlink

/// The program `usher-lab`, from its arguments to its exit status.
public enum UsherLabProgram {
    /// Runs the lab until it is told to end. Returns the exit status.
    ///
    /// To be called on the main thread, before there are others: it waits for signals there.
    public static func run(_ arguments: [String]) -> Int32 {
        if arguments.dropFirst().first == "dissect" {
            signal(SIGPIPE, SIG_IGN)
            return DissectCommand.run(Array(arguments.dropFirst(2)))
        }
        do {
            var options = try LabOptions(arguments.dropFirst())
            if options.showsHelp {
                say(LabOptions.usage, STDOUT_FILENO)
                return 0
            }
            var chance = Chance(seed: LabCertificate.random())
            options.settle(&chance)
            options.startOfClock = Int64(time(nil))
            return try serve(options, seed: chance.next())
        } catch let refusal as ControlRefusal {
            say("Error: \(refusal.words)\nHint: usher-lab --help\n", STDERR_FILENO)
            return 64
        } catch {
            say("Error: \(error)\n", STDERR_FILENO)
            return 69
        }
    }

    private static func serve(_ options: LabOptions, seed: UInt64) throws -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        // Blocked before there is a second thread, so that none of them is ended by one.
        var signals = sigset_t()
        sigemptyset(&signals)
        for number in [SIGTERM, SIGINT, SIGHUP] { sigaddset(&signals, number) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        if options.diesWithParent { usher_die_with_parent() }

        guard let certificate = LabCertificate(hosts: options.hosts) else {
            throw ControlRefusal("OpenSSL made no certificate.")
        }
        var state = try StateDirectory(options.stateDirectory)
        defer { state.remove() }
        let authority = try state.write("lab-ca.pem", certificate.certificate, mode: 0o644)
        try state.makeFolder("credentials")
        for (name, password) in options.users {
            let local = name.prefix { $0 != "@" }
            try state.write("credentials/\(options.tenant)-\(local)", Array(password.utf8), mode: 0o600)
        }

        // It is not shut down: that would wait for clients that keep their connections, and there is nothing to keep.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let tls = try context(certificate)
        let line = try loop.flatSubmit {
            let server = LabServer(
                loop: loop, options: options, tls: tls, startOfClock: options.startOfClock, seed: seed)
            let control = NIOLoopBound(ControlPort(server), eventLoop: loop)
            let bound = NIOLoopBound(server, eventLoop: loop)
            return server.open().flatMap { control.value.open(options.control) }.map { channel in
                let port = channel.localAddress?.port ?? 0
                return greeting(bound.value.addresses, control: port, options, authority: authority)
            }
        }.wait()
        say(line + "\n", STDOUT_FILENO)
        if options.exitsWithStdin { watchStandardInput() }
        var received: Int32 = 0
        sigwait(&signals, &received)
        return 0
    }

    private static func context(_ certificate: LabCertificate) throws -> NIOSSLContext {
        let chain = try NIOSSLCertificate.fromPEMBytes(certificate.certificate)
        let key = try NIOSSLPrivateKey(bytes: certificate.key, format: .pem)
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return try NIOSSLContext(configuration: configuration)
    }

    /// What whoever starts a lab has to know, in one line.
    private static func greeting(
        _ addresses: LabAddresses, control: Int, _ options: LabOptions, authority: String
    ) -> String {
        let origin = "https://localhost:\(addresses.listen.port)"
        let users = options.users.sorted { $0.key < $1.key }.map { ($0.key, JSON.string($0.value)) }
        let json: JSON = [
            "discovery": .string("http://localhost:\(addresses.discovery.port)/?Domain=\(options.domain)"),
            "endpoint": .string("\(origin)/OcsPowershellOAuth"), "basicEndpoint": .string("\(origin)/powershell"),
            "wsman": .string("\(origin)/wsman"), "token": .string("\(origin)/common/oauth2/token"),
            "control": .string("http://127.0.0.1:\(control)"), "caFile": .string(authority),
            "credentials": .string(authority.dropLast("lab-ca.pem".count) + "credentials"),
            "domain": .string(options.domain), "tenant": .string(options.tenant), "pid": .int(Int64(getpid())),
            "users": .object(JSONObject(present: users)),
        ]
        return json.text
    }

    /// A thread that reads what nobody writes: the end of it is the end of us.
    private static func watchStandardInput() {
        let thread = NIOThreadPool(numberOfThreads: 1)
        thread.start()
        thread.submit { _ in
            var byte: UInt8 = 0
            while true {
                let count = read(STDIN_FILENO, &byte, 1)
                if count == 0 || count < 0 && errno != EINTR { break }
            }
            kill(getpid(), SIGTERM)
        }
    }

    private static func say(_ text: String, _ descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
