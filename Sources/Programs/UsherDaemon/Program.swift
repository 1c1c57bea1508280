internal import CLinux
internal import Glibc
internal import LocalSocket
internal import Logging
internal import Systemd
internal import UsherAPI
internal import UsherConfiguration
internal import UsherCore

/// The program `usherd`, from its arguments to its exit status.
public enum UsherDaemonProgram {
    private static let usage = """
        usherd owns the sessions that a tenant allows and gives them out.

        Usage: usherd [--config FILE] [--check]
               usherd --lab [-- OPTION ...]

          --config FILE  read this file, and usher.d beside it, instead of \(ConfigurationReader.standardPath)
          --check        read the configuration, print each fault as file:line: key: what is wrong, and leave
          --lab          start a tenant to try it on and serve that, for you alone; what follows -- is for usher-lab
          --version      print the version
          --help         print this

        See usherd(8) and usher.yaml(5).
        """

    private struct Options {
        var config: String?
        var check = false
        var lab: [String]?
    }

    /// Runs the daemon, or what the arguments ask for. Returns the exit status.
    ///
    /// On the main thread, like all that starts threads: they inherit its nice value, which an operator may have set. The
    /// workers of libdispatch, on which other asynchronous functions run, set their own back to 0.
    @MainActor public static func run(_ arguments: [String]) async -> Int32 {
        var options = Options()
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            switch argument {
            case "--help", "-h":
                print(usage)
                return 0
            case "--version":
                print("usherd \(Release.version)")
                return 0
            case "--check": options.check = true
            case "--lab": options.lab = options.lab ?? []
            case "--" where options.lab != nil:
                options.lab = Array(rest)
                rest = []
            case "--config":
                guard let file = rest.popFirst() else { return complain("--config wants a file.") }
                options.config = file
            case _ where argument.hasPrefix("--config="): options.config = String(argument.dropFirst(9))
            default: return complain("usherd has no option \(visible(argument)).")
            }
        }
        if let lab = options.lab {
            if options.config != nil || options.check {
                return complain("--lab has a configuration of its own: leave out --config and --check.")
            }
            return await serveLab(lab)
        }
        let path = options.config ?? ConfigurationReader.standardPath
        switch ConfigurationReader.read(path, identities: SystemIdentities()) {
        case .failure(let faults):
            say("\(faults)")
            return ExitStatus.configuration.rawValue
        case .success(let configuration):
            if options.check {
                let count = configuration.rules.tenants.count
                print("\(path) is fine: \(count) tenant\(count == 1 ? "" : "s").")
                for missing in configuration.missingFiles { say("Note: \(missing)") }
                return 0
            }
            return await serve(configuration, path)
        }
    }

    @MainActor private static func serveLab(_ options: [String]) async -> Int32 {
        secureProcess()
        LoggingSystem.bootstrap { _ in JournalLogHandler(identifier: "usherd") }
        let log = Logger(label: "usherd")
        do {
            let directory = try OwnLab.directory()
            // First, so that one that runs already is not disturbed.
            let socket = try BoundSocket(path: "\(directory)/\(SocketPath.labName)", mode: 0o600)
            let lab = try OwnLab.start(in: directory, options: options)
            defer { lab.stop() }
            switch ConfigurationReader.read(lab.configuration, identities: SystemIdentities()) {
            case .failure(let faults):
                say("\(faults)")
                return ExitStatus.configuration.rawValue
            case .success(let configuration):
                log.notice("a lab tenant runs; its control port is \(lab.control)")
                try await Daemon(configuration: configuration, path: lab.configuration, log: log).run(socket: socket)
                return 0
            }
        } catch {
            log.critical("\(error)")
            return ExitStatus.unavailable.rawValue
        }
    }

    @MainActor private static func serve(_ configuration: Configuration, _ path: String) async -> Int32 {
        secureProcess()
        LoggingSystem.bootstrap { _ in JournalLogHandler(identifier: "usherd") }
        let log = Logger(label: "usherd")
        do {
            let inherited = try InheritedSockets.take()
            let socket = try socket(configuration.settings, inherited)
            let logins = LoginVault.open(inherited.others)
            try await Daemon(configuration: configuration, path: path, log: log).run(socket: socket, logins: logins)
            return 0
        } catch {
            log.critical("\(error)")
            return ExitStatus.unavailable.rawValue
        }
    }

    /// The socket that systemd made, or our own.
    private static func socket(_ settings: BrokerSettings, _ inherited: InheritedSockets) throws -> BoundSocket {
        guard let inherited = inherited.varlink else {
            return try BoundSocket(path: settings.socket, mode: 0o666)
        }
        guard inherited.isListening else { throw ConnectedSocket() }
        return BoundSocket(inherited: inherited.descriptor)
    }

    private struct ConnectedSocket: Error, CustomStringConvertible {
        let description = "The inherited socket is one connection, and usherd serves many: set Accept=no in its unit."
    }

    /// What must hold before anything is opened: files of ours are closed to others, a core dump holds no secret, and
    /// thousands of clients fit.
    private static func secureProcess() {
        umask(0o027)
        usher_forbid_core_dumps()
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
            limit.rlim_cur = limit.rlim_max
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        }
    }

    private static func complain(_ what: String) -> Int32 {
        say("Error: \(what)\nHint: usherd --help")
        return ExitStatus.usage.rawValue
    }

    private static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}
