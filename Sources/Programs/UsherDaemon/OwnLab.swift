internal import Glibc
internal import UsherAPI
internal import Varlink

/// A tenant to try Usher on (`usherd --lab`): the program usher-lab as our child, in a directory of the starting user's own,
/// with a configuration that leads to it. It ends with us, however we end, because its standard input does.
struct OwnLab {
    /// The configuration that was written.
    let configuration: String
    /// Where the lab tells the truth about itself.
    let control: String
    private let process: pid_t
    private let input: Int32

    /// How long the lab may take to listen.
    private static let patienceMilliseconds: Int32 = 15_000

    /// The user's own directory, made if it is not there: nobody else may enter it, and nobody else may have made it.
    static func directory() throws(LabTrouble) -> String {
        let path = SocketPath.labDirectory(
            runtimeDirectory: variable("XDG_RUNTIME_DIR"), home: variable("HOME"))
        guard let path else {
            throw LabTrouble("--lab needs XDG_RUNTIME_DIR or HOME: there is no other place of your own.")
        }
        var made = ""
        for part in path.split(separator: "/") {
            made += "/\(part)"
            mkdir(made, 0o700)
        }
        var facts = stat()
        guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFDIR, facts.st_uid == geteuid() else {
            throw LabTrouble("\(path) is no directory of yours. Remove it, or set XDG_RUNTIME_DIR to one that is.")
        }
        chmod(path, 0o700)
        return path
    }

    /// Starts the lab, with further options of its own, and writes the configuration beside its socket.
    static func start(in directory: String, options: [String]) throws(LabTrouble) -> OwnLab {
        let state = directory + "/lab"
        mkdir(state, 0o700)
        // What an earlier lab had is gone with it.
        for name in ["state.sqlite", "state.sqlite-wal", "state.sqlite-shm"] { unlink("\(directory)/\(name)") }
        let program = try self.program()
        var input: [Int32] = [-1, -1]
        var output: [Int32] = [-1, -1]
        guard pipe(&input) == 0, pipe(&output) == 0 else { throw LabTrouble(errno, "pipe") }
        // Our ends are not the child's: it would keep its own standard input open.
        for file in input + output { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
        let arguments = [program, "--state-dir", state, "--exit-with-stdin"] + options
        var child: pid_t = 0
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, input[0], STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, output[1], STDOUT_FILENO)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let code = posix_spawn(&child, program, &actions, nil, &words, environ)
        close(input[0])
        close(output[1])
        guard code == 0 else { throw LabTrouble(code, program) }
        let line = firstLine(from: output[0])
        // It says nothing more, and is to have somewhere to say it.
        guard let line, let facts = (try? JSON(parsing: line))?.object else {
            close(input[1])
            throw LabTrouble("\(program) did not start; what it said is above.")
        }
        let path = directory + "/usher.yaml"
        try write(configuration(facts, directory), to: path)
        return OwnLab(
            configuration: path, control: facts["control"]?.string ?? "", process: child, input: input[1])
    }

    /// Ends the lab and waits until it has.
    func stop() {
        close(input)
        kill(process, SIGTERM)
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// Beside this program, or where it is installed, or on the path.
    private static func program() throws(LabTrouble) -> String {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
        let own = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let folder = own.prefix(upTo: own.lastIndex(of: "/") ?? own.startIndex)
        let places = ["\(folder)/usher-lab", "\(folder)/../bin/usher-lab"]
        let paths = (variable("PATH") ?? "").split(separator: ":").map { "\($0)/usher-lab" }
        guard let found = (places + paths).first(where: { access($0, X_OK) == 0 }) else {
            throw LabTrouble("There is no usher-lab beside usherd or on the PATH. scripts/build makes it.")
        }
        return found
    }

    private static func firstLine(from file: Int32) -> [UInt8]? {
        var line: [UInt8] = []
        var waiting = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
        while line.count < 1 << 20, poll(&waiting, 1, patienceMilliseconds) > 0 {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = read(file, &buffer, buffer.count)
            guard count > 0 else { return nil }
            line += buffer.prefix(count)
            if let end = line.firstIndex(of: UInt8(ascii: "\n")) { return Array(line[..<end]) }
        }
        return nil
    }

    /// The lab as a tenant, all of its accounts the starting user's.
    private static func configuration(_ facts: JSONObject, _ directory: String) -> String {
        func text(_ name: String) -> String { facts[name]?.string ?? "" }
        // host:port, as lists of hosts have it.
        let host = text("token").split(separator: "/").dropFirst().first.map(String.init) ?? "localhost"
        let tenant = text("tenant")
        let admins = (facts["users"]?.object ?? [:]).map(\.key).sorted { left, right in
            (left.hasPrefix("kenmyer@") ? 0 : 1, left) < (right.hasPrefix("kenmyer@") ? 0 : 1, right)
        }
        let accounts = admins.map { upn in
            let name = upn.prefix { $0 != "@" }
            return "      \(name): {upn: \"\(upn)\", users: [\(getuid())], credential: \(tenant)-\(name)}"
        }
        return """
            # Written by usherd --lab, anew each time.
            broker:
              socket: "\(directory)/\(SocketPath.labName)"
              state: "\(directory)/state.sqlite"
              credentials: "\(text("credentials"))"
            tenants:
              \(tenant):
                profile: lync-online-2013
                domain: \(text("domain"))
                discovery_uri: "\(text("discovery"))"
                auth: oauth
                ca_file: "\(text("caFile"))"
                proxy: none
                token_hosts: ["\(host)"]
                redirect_hosts: ["\(host)"]
                admins:
            \(accounts.joined(separator: "\n"))

            """
    }

    private static func write(_ text: String, to path: String) throws(LabTrouble) {
        unlink(path)
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw LabTrouble(errno, path) }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard Glibc.write(file, bytes, bytes.count) == bytes.count else { throw LabTrouble(errno, path) }
    }

    private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}

/// What keeps the lab from starting, in a sentence.
struct LabTrouble: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ code: Int32, _ what: String) { description = "\(what): \(String(cString: strerror(code)))" }
}
