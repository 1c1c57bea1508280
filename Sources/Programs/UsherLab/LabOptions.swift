/// What the command line says.
struct LabOptions {
    var listen = LabAddress("127.0.0.1:0")!
    var discoveryListen = LabAddress("127.0.0.1:0")!
    var control = LabAddress("127.0.0.1:0")!
    var domain = "litwareinc.com"
    /// What Usher calls the tenant: the beginning of the names of credential files.
    var tenant = "litware"
    /// Names in the certificate beside those of this machine.
    var hosts: [String] = []
    /// Where the certificate and the passwords are written; nil for a new folder that goes with the lab.
    var stateDirectory: String?
    var limits = LabLimits()
    var tokenLifetime: Duration = .seconds(3599)
    var usersCount = 437
    /// Passwords by principal name.
    var users: [String: String] = [:]
    var exitsWithStdin = false
    var diesWithParent = false
    var showsHelp = false
    /// When the lab began, in seconds since 1970.
    var startOfClock: Int64 = 0

    static let administrators = ["kenmyer", "pilar", "dana", "priya", "sam", "chris"]

    static let usage = """
        usher-lab plays a tenant of remote PowerShell on this machine: autodiscovery, tokens and WS-Management over TLS.
        When it listens it writes one line of JSON that says where, with the passwords of its administrators.

        Usage: usher-lab [OPTION ...]
               usher-lab dissect [FILE]      captured envelopes as JSON; usher-lab dissect --help

          --listen ADDRESS             TLS: autodiscovery, tokens and shells (127.0.0.1:0)
          --discovery-listen ADDRESS   plain HTTP: the root of autodiscovery, a redirection (127.0.0.1:0)
          --control ADDRESS            plain HTTP: statistics and orders for tests (127.0.0.1:0)
          --domain NAME                the organization's domain (litwareinc.com)
          --tenant NAME                what files of credentials are named for (litware)
          --host NAME                  one more name in the certificate; may be repeated
          --state-dir DIR              where lab-ca.pem and credentials/ go; without it a folder that goes with the lab
          --user NAME=PASSWORD         an administrator; may be repeated. Without any: kenmyer, pilar, dana, priya, sam
                                       and chris with passwords made at start
          --users-count N              people in the directory (437)
          --sessions-per-admin N       shells of one administrator (3)
          --sessions-per-organization N  shells of all (9)
          --idle-timeout DURATION      a shell that nobody uses is gone after this (15m)
          --commands-per-shell N       commands of a shell that were not terminated (1000)
          --over-limit fault|hang|after-create   what becomes of one shell too many (fault)
          --hang drop|late             whether a Create that hangs is forgotten or carried out later (drop)
          --language none|full         script text is refused, or read as far as the lab's language goes (none)
          --server-ids on|off          ids of the server's own, and a terse answer to Create, as PowerShell 2 has it (off)
          --protocol 2.1|2.2|2.3       the highest version of PSRP (2.3)
          --fragment-bytes N           the size of fragments that are sent (32768)
          --byte-order-mark on|off     before each text of CLIXML (on)
          --gzip on|off                answers are compressed, although nobody asks for that (off)
          --affinity on|off            a shell is found by the cookie MS-WSMAN only (off)
          --throttle on|off            each pipeline warns that it was held back (off)
          --token-lifetime DURATION    (3599s)
          --exit-with-stdin            end when standard input does
          --die-with-parent            end when the program that started it does

        """

    /// Reads the arguments behind the program's name. Throws the sentence that says what is wrong.
    init(_ arguments: some Sequence<String>) throws(ControlRefusal) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0])
            switch name {
            case "--help", "-h": showsHelp = true
            case "--exit-with-stdin": exitsWithStdin = true
            case "--die-with-parent": diesWithParent = true
            default:
                guard name.hasPrefix("--") else { throw ControlRefusal("usher-lab takes no \(name).") }
                guard let value = parts.count > 1 ? String(parts[1]) : rest.popFirst() else {
                    throw ControlRefusal("\(name) wants a value.")
                }
                try set(String(name.dropFirst(2)), value)
            }
        }
    }

    private mutating func set(_ name: String, _ value: String) throws(ControlRefusal) {
        func address() throws(ControlRefusal) -> LabAddress {
            guard let address = LabAddress(value) else { throw ControlRefusal("--\(name): \(value) is no address.") }
            return address
        }
        switch name {
        case "listen": listen = try address()
        case "discovery-listen": discoveryListen = try address()
        case "control": control = try address()
        case "domain":
            let isName = value.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".") }
            guard isName, !value.isEmpty else { throw ControlRefusal("--domain: \(value) is no domain.") }
            domain = value.lowercased()
        case "tenant":
            guard !value.isEmpty, !value.contains("/") else { throw ControlRefusal("--tenant: \(value) is no name.") }
            tenant = value
        case "host":
            let isName = value.allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "." || $0 == "*")
            }
            guard isName, !value.isEmpty else { throw ControlRefusal("--host: \(value) is no name of a host.") }
            hosts.append(value)
        case "state-dir": stateDirectory = value
        case "users-count":
            guard let count = Int(value), (1...1_000_000).contains(count) else {
                throw ControlRefusal("--users-count: \(value) is no number from 1 to 1000000.")
            }
            usersCount = count
        case "user":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[0].contains("/"), !parts[1].isEmpty else {
                throw ControlRefusal("--user wants NAME=PASSWORD.")
            }
            users[parts[0].lowercased()] = String(parts[1])
        case "token-lifetime": tokenLifetime = try DurationText.required(name, value)
        default:
            guard try limits.set(name, value) else { throw ControlRefusal("There is no option --\(name).") }
        }
    }

    /// Gives names their domain, and passwords to those who have none.
    mutating func settle(_ chance: inout Chance) {
        if users.isEmpty {
            for name in Self.administrators {
                users[name] = String(chance.next(), radix: 36) + "-" + String(chance.next(), radix: 36)
            }
        }
        let named = users.map { ($0.key.contains("@") ? $0.key : "\($0.key)@\(domain)", $0.value) }
        users = Dictionary(named) { first, _ in first }
    }
}
