import Glibc
import UsherConfiguration
import UsherCore

/// A folder of its own for one test: a main file, and beside it `usher.d`.
final class ConfigurationFolder {
    let path: String

    init() {
        let template = (getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp") + "/usher-configuration-XXXXXX"
        var bytes = Array(template.utf8CString)
        let made = mkdtemp(&bytes)
        precondition(made != nil, "no folder could be made for the test")
        path = String(decoding: bytes.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        mkdir(path + "/usher.d", 0o755)
    }

    deinit {
        for name in names { unlink(path + "/" + name) }
        rmdir(path + "/usher.d")
        rmdir(path)
    }

    private var names: Set<String> = []

    var main: String { path + "/usher.yaml" }

    @discardableResult
    func write(_ text: String, as name: String = "usher.yaml", mode: mode_t = 0o644) -> Self {
        write(Array(text.utf8), as: name, mode: mode)
    }

    @discardableResult
    func write(_ bytes: [UInt8], as name: String = "usher.yaml", mode: mode_t = 0o644) -> Self {
        names.insert(name)
        let descriptor = open(path + "/" + name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        precondition(descriptor >= 0, "\(name) could not be written")
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            precondition(count > 0, "\(name) could not be written")
            rest = rest.dropFirst(count)
        }
        fchmod(descriptor, mode)
        close(descriptor)
        return self
    }

    func read(_ identities: some Identities = Town()) -> Result<Configuration, ConfigurationFaults> {
        ConfigurationReader.read(main, identities: identities)
    }

    /// The faults, as `file:line: key`, with the file by its name inside the folder.
    var faultPlaces: [String] { faults.map { "\($0.file):\($0.line): \($0.key)" } }

    /// The faults, with the files by their names inside the folder.
    var faults: [ConfigurationFault] {
        guard case .failure(let found) = read() else { return [] }
        return found.faults.map { fault in
            var fault = fault
            if fault.file.hasPrefix(path + "/") { fault.file.removeFirst(path.count + 1) }
            return fault
        }
    }
}

/// The people of the tests.
struct Town: Identities {
    func uid(ofUser name: String) -> UserID? {
        ["root": 0, "ken": 1001, "pilar": 1002, "build": 1003, "nobody": 65534][name].map(UserID.init)
    }

    func gid(ofGroup name: String) -> GroupID? {
        ["netops": 2001, "usher-operators": 2002, "nogroup": 65534][name].map(GroupID.init)
    }
}

/// A configuration with one tenant of each protocol, and nothing wrong.
let soundText = """
    tenants:
      litware:
        profile: lync-online-2013
        domain: litwareinc.com
        auth: oauth
        admins:
          kenmyer:
            upn: kenmyer@litwareinc.com
            users: [ken, build, "@netops"]
            credential: litware-kenmyer
      console:
        protocol: none
        sessions_per_admin: 1
        admins:
          desk: {users: [pilar, 1234]}

    """
