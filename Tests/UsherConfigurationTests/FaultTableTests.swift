import Testing
import UsherConfiguration

/// One file, and what must be found wrong in it: `line: key`, and a part of the words.
struct FaultCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let text: String
    let places: [String]
    let words: [String]

    init(_ name: String, _ text: String, _ places: [String], _ words: [String] = []) {
        testDescription = name
        self.text = text
        self.places = places
        self.words = words
    }

    /// A tenant of shells with nothing wrong, and further lines below it. The lines begin at 3.
    static func tenant(
        _ name: String, _ lines: String, _ places: [String], _ words: [String] = [],
        admins: String = "{kenmyer: {upn: ken@litwareinc.com, users: [ken]}}"
    ) -> FaultCase {
        let indented = lines.split(separator: "\n").map { "    " + $0 }.joined(separator: "\n")
        return FaultCase(name, "tenants:\n  litware:\n\(indented)\n    admins: \(admins)\n", places, words)
    }
}

@Suite struct FaultTableTests {
    @Test(arguments: broker + tenants + limits + endpoints + accounts)
    func `each fault is found at its line and key`(_ fault: FaultCase) {
        let folder = ConfigurationFolder().write(fault.text)
        let faults = folder.faults
        #expect(faults.map { "\($0.line): \($0.key)" } == fault.places)
        for (found, words) in zip(faults, fault.words) { #expect(found.message.contains(words)) }
    }

    static let broker: [FaultCase] = [
        FaultCase(
            "an unknown section", "tenant:\n  x: 1\n", ["1: tenant"], ["unknown key. Did you mean tenants?"]),
        FaultCase(
            "an unknown key", "broker:\n  wait_max: 1h\n  waiting_mx: 3\n", ["3: broker.waiting_mx"],
            ["unknown key. Did you mean waiting_max?"]),
        FaultCase(
            "a key of another section", "broker:\n  idle_timeout: 3m\n", ["2: broker.idle_timeout"],
            ["unknown key here: it belongs to a tenant or a profile"]),
        FaultCase(
            "a duration without unit", "broker:\n  wait_max: 15\n", ["2: broker.wait_max"], ["as 15s or 15m"]),
        FaultCase("a duration out of bounds", "broker:\n  wait_max: 8d\n", ["2: broker.wait_max"], ["from 0s to 7d"]),
        FaultCase("a number that is none", "broker:\n  waiting_max: many\n", ["2: broker.waiting_max"], ["\"many\""]),
        FaultCase("a negative number", "broker:\n  waiting_max: -1\n", ["2: broker.waiting_max"], ["whole number"]),
        FaultCase(
            "a word of a closed set", "broker:\n  reveal_holders: operator\n", ["2: broker.reveal_holders"],
            ["it can be all, operators. Did you mean operators?"]),
        FaultCase("a relative path", "broker:\n  socket: broker.sock\n", ["2: broker.socket"], ["from the root"]),
        FaultCase(
            "a socket's path too long for the kernel", "broker:\n  socket: /\(String(repeating: "s", count: 107))\n",
            ["2: broker.socket"], ["107 are possible"]),
        FaultCase(
            "an unknown group of operators", "broker:\n  operators: ghosts\n", ["2: broker.operators"],
            ["there is no group \"ghosts\" on this host"]),
        FaultCase(
            "one user could take every connection", "broker:\n  connections_max: 8\n  connections_per_user: 9\n",
            ["3: broker.connections_per_user"]),
        FaultCase("a key without a value", "broker:\n  wait_max:\n", ["2: broker.wait_max"], ["has no value"]),
        FaultCase("a list for a value", "broker:\n  wait_max: [1h]\n", ["2: broker.wait_max"], ["a single value"]),
        FaultCase("a value for a section", "broker: yes\n", ["1: broker"], ["should be a section"]),
        FaultCase(
            "several faults, in the order of lines",
            "broker:\n  wait_max: 9\n  waiting_max: x\ntenants:\n  s7k2:\n    protocol: none\nprofile: 1\n",
            ["2: broker.wait_max", "3: broker.waiting_max", "5: tenants.s7k2", "7: profile"]),
    ]

    static let tenants: [FaultCase] = [
        FaultCase(
            "a tenant called like a session", "tenants:\n  s7k2: {protocol: none}\n", ["2: tenants.s7k2"],
            ["it has the form of a session's id"]),
        FaultCase(
            "a tenant with capitals", "tenants:\n  Litware: {protocol: none}\n", ["2: tenants.Litware"], ["a-z"]),
        FaultCase(
            "a tenant without anything", "tenants:\n  litware:\n",
            [
                "2: tenants.litware.sessions_per_admin", "2: tenants.litware.idle_timeout",
                "2: tenants.litware.tenant_idle", "2: tenants.litware.domain", "2: tenants.litware.auth",
                "2: tenants.litware.admins",
            ]),
        .tenant(
            "an unknown profile", "profile: lync-online-2031\ndomain: litwareinc.com\nauth: basic",
            ["3: tenants.litware.profile"], ["Did you mean lync-online-2013?"]),
        .tenant(
            "an unknown protocol", "protocol: nine", ["3: tenants.litware.protocol"], ["Did you mean none?"]
        ).adding(places: [
            "2: tenants.litware.sessions_per_admin", "2: tenants.litware.idle_timeout",
            "2: tenants.litware.tenant_idle", "2: tenants.litware.domain", "2: tenants.litware.auth",
        ]),
        .tenant(
            "keys that mean nothing without a connection",
            "protocol: none\ndomain: litwareinc.com\nauth: basic\nkeep_warm: 1m\ntenant_idle: 15m\ntoken_hosts: [a.b]",
            [
                "4: tenants.litware.domain", "5: tenants.litware.auth", "6: tenants.litware.keep_warm",
                "7: tenants.litware.tenant_idle", "8: tenants.litware.token_hosts",
            ], ["means nothing with `protocol: none`"]),
        .tenant(
            "a secret for a seat", "protocol: none", ["4: tenants.litware.admins.desk.credential"],
            admins: "{desk: {users: [ken], credential: x}}"),
        FaultCase(
            "a profile with faults, once for all its tenants",
            "profiles:\n  own:\n    tenant_idle: 15\n    upn: x\ntenants:\n"
                + "  a: {profile: own, protocol: none, admins: {x: {users: []}}}\n"
                + "  b: {profile: own, protocol: none, admins: {x: {users: []}}}\n",
            ["3: profiles.own.tenant_idle", "4: profiles.own.upn"]),
        FaultCase(
            "two tenants with one domain",
            """
            tenants:
              litware: {profile: jea, domain: litwareinc.com, auth: basic, admins: {a: {upn: a@b.c, users: []}}}
              other: {profile: jea, domain: LITWAREINC.com, auth: basic, admins: {a: {upn: b@b.c, users: []}}}
            """, ["3: tenants.other.domain"], ["already tenants.litware.domain"]),
    ]

    static let limits: [FaultCase] = [
        .tenant(
            "idle_timeout too near to the tenant's", basic("idle_timeout: 871s"), ["6: tenants.litware.idle_timeout"],
            ["idle_timeout is 871s, and tenant_idle 15m: at most 870s"]),
        .tenant("idle_timeout as near as may be", basic("idle_timeout: 870s"), []),
        .tenant("no idle_timeout at all", basic("idle_timeout: none"), ["6: tenants.litware.idle_timeout"]),
        .tenant("a tenant_idle of its own, on purpose", basic("idle_timeout: 20m\ntenant_idle: 10m"), []),
        FaultCase(
            "a profile that closes too late",
            """
            profiles:
              lync-online-2013: {tenant_idle: 10m}
            tenants:
              litware:
                profile: lync-online-2013
                domain: litwareinc.com
                auth: basic
                admins: {a: {upn: a@b.c, users: []}}
            """, ["2: profiles.lync-online-2013.tenant_idle"], ["idle_timeout is 14m, and tenant_idle 10m"]),
        .tenant("no seat at all", basic("sessions_per_admin: 0"), ["6: tenants.litware.sessions_per_admin"]),
        .tenant(
            "a reserve of every seat", basic("reserve: 9"), ["6: tenants.litware.reserve"],
            ["reserve is 9, and sessions_per_organization 9"]),
        .tenant(
            "a reserve of every seat of an account", basic("sessions_per_organization: none\nreserve: 3"),
            ["7: tenants.litware.reserve"], ["reserve is 3, and sessions_per_admin 3"]),
        .tenant("more seats for an account than for all", basic("sessions_per_organization: 2"), []),
        .tenant("no creates", basic("creates_per_minute: 0"), ["6: tenants.litware.creates_per_minute"]),
        .tenant("an age without unit", basic("maximum_age: 0"), ["6: tenants.litware.maximum_age"]),
        .tenant("a warm week", basic("keep_warm: 7d"), ["6: tenants.litware.keep_warm"]),
    ]

    static func basic(_ lines: String) -> String {
        "profile: lync-online-2013\ndomain: litwareinc.com\nauth: basic\n" + lines
    }

    static let endpoints: [FaultCase] = [
        .tenant(
            "oauth that trusts nobody", "profile: winrm-modern\ndomain: litwareinc.com\nauth: oauth",
            ["5: tenants.litware.auth"], ["there are no token_hosts"]),
        .tenant(
            "oauth that trusts nobody by an empty list", basic("token_hosts: []").replacing("basic", "oauth"),
            ["5: tenants.litware.auth"]),
        .tenant(
            "no way to find it", "profile: winrm-modern\nauth: basic", ["2: tenants.litware.domain"],
            ["is missing: domain for autodiscovery, or discovery_uri, or endpoint"]),
        .tenant("no way to prove who we are", "profile: jea\ndomain: a.b", ["2: tenants.litware.auth"], ["basic"]),
        .tenant(
            "an endpoint and a discovery", basic("discovery_uri: http://a.b/\nendpoint: https://a.b/"),
            ["7: tenants.litware.endpoint"]),
        .tenant(
            "an endpoint in the clear", basic("endpoint: http://a.b/wsman"), ["6: tenants.litware.endpoint"],
            ["it should be as https://host[:port]/path"]),
        .tenant(
            "a user in an address", basic("endpoint: https://ken:x@a.b/wsman"), ["6: tenants.litware.endpoint"]),
        .tenant("a port beyond all ports", basic("endpoint: https://a.b:65536/"), ["6: tenants.litware.endpoint"]),
        .tenant("a domain that is none", "profile: jea\ndomain: a..b\nauth: basic", ["4: tenants.litware.domain"]),
        .tenant(
            "a host with a star", basic(#"redirect_hosts: ["*.lync.com"]"#), ["6: tenants.litware.redirect_hosts"],
            ["Leave out the `*.`"]),
        .tenant("a host for a list", basic("token_hosts: a.b"), ["6: tenants.litware.token_hosts"], ["a list"]),
        .tenant("a cookie with a space", basic("affinity_cookies: [a b]"), ["6: tenants.litware.affinity_cookies"]),
        .tenant("an unknown way at the limit", basic("at_limit: hung"), ["6: tenants.litware.at_limit"], ["hang?"]),
        .tenant("a relative certificate", basic("ca_file: ca.pem"), ["6: tenants.litware.ca_file"]),
        .tenant(
            "a proxy without a scheme", basic("proxy: proxy.example:3128"), ["6: tenants.litware.proxy"],
            ["http://host:port"]),
        .tenant(
            "a proxy with a secret", basic("proxy: http://ken:secret@proxy.example:3128"), ["6: tenants.litware.proxy"]),
        .tenant("a relative folder", basic("capture: wire"), ["6: tenants.litware.capture"], ["from the root"]),
        .tenant(
            "an unknown form of a token", basic("token_as: header"), ["6: tenants.litware.token_as"],
            ["\"header\""]),
        .tenant(
            "an unknown grant", basic("grant: client_credential"), ["6: tenants.litware.grant"],
            ["Did you mean client_credentials?"]),
        .tenant(
            "an application without a name", basic("grant: client_credentials"), ["6: tenants.litware.grant"],
            ["there is no client_id"]),
        .tenant("an application with a name", basic("grant: client_credentials\nclient_id: usher"), []),
        .tenant("a name that is no word", basic("client_id: üsher"), ["6: tenants.litware.client_id"], ["ASCII"]),
        .tenant("an empty scope", basic(#"scope: """#), ["6: tenants.litware.scope"]),
        .tenant(
            "tokens in the clear", basic("token_endpoint: http://a.b/token"), ["6: tenants.litware.token_endpoint"],
            ["it should be as https://host[:port]/path"]),
        .tenant(
            "a bad name of a configuration", basic("configuration_name: a/b"), ["6: tenants.litware.configuration_name"]
        ),
    ]

    static let accounts: [FaultCase] = [
        account("a user who is not there", "upn: a@b.c\nusers: [ken, ghost]", ["9: K.users"], ["no user \"ghost\""]),
        account("two users who are not there", "upn: a@b.c\nusers: [gh, ost]", ["9: K.users", "9: K.users"]),
        account("a group that is not there", #"upn: a@b.c\#nusers: ["@gh"]"#, ["9: K.users"], ["no group \"gh\""]),
        account("the user that stands for all", "upn: a@b.c\nusers: [nobody]", ["9: K.users"], ["uid 65534"]),
        account("its number", "upn: a@b.c\nusers: [65534]", ["9: K.users"], ["uid 65534"]),
        account("the group that stands for all", #"upn: a@b.c\#nusers: ["@nogroup"]"#, ["9: K.users"]),
        account("a number beyond all users", "upn: a@b.c\nusers: [4294967295]", ["9: K.users"]),
        account("a name with a zero byte", #"upn: a@b.c\#nusers: ["root\0x"]"#, ["9: K.users"], [#""root\0x""#]),
        account("no users", "upn: a@b.c", ["7: K.users"], ["is missing"]),
        account("no upn", "users: [ken]", ["7: K.upn"], ["is missing"]),
        account("a upn without domain", "upn: kenmyer\nusers: []", ["8: K.upn"], ["as kenmyer@litwareinc.com"]),
        account("a upn with a colon", #"upn: "a:b@c.d"\#nusers: []"#, ["8: K.upn"]),
        account("a secret's file elsewhere", "upn: a@b.c\nusers: []\ncredential: ../x", ["10: K.credential"]),
        account("an unknown key", "upn: a@b.c\nuser: [ken]\nusers: []", ["9: K.user"], ["Did you mean users?"]),
        FaultCase(
            "two accounts with one upn, at two tenants",
            """
            tenants:
              litware: {profile: jea, domain: a.b, auth: basic, admins: {a: {upn: Ken@litwareinc.com, users: []}}}
              other: {profile: jea, domain: a.c, auth: basic, admins: {b: {upn: ken@LITWAREINC.com, users: []}}}
            """, ["3: tenants.other.admins.b.upn"], ["is already tenants.litware.admins.a.upn"]),
    ]

    /// One account of a sound tenant; its lines begin at 8, and K stands for its key.
    static func account(
        _ name: String, _ lines: String, _ places: [String], _ words: [String] = []
    ) -> FaultCase {
        let indented = lines.split(separator: "\n").map { "        " + $0 }.joined(separator: "\n")
        return FaultCase(
            name,
            "tenants:\n  litware:\n    profile: jea\n    domain: a.b\n    auth: basic\n    admins:\n"
                + "      kenmyer:\n\(indented)\n",
            places.map { $0.replacing("K.", "tenants.litware.admins.kenmyer.") }, words)
    }
}

extension FaultCase {
    /// The same with places that are found before.
    func adding(places earlier: [String]) -> FaultCase {
        FaultCase(testDescription, text, earlier + places, earlier.map { _ in "is missing" } + words)
    }
}

extension String {
    fileprivate func replacing(_ old: String, _ new: String) -> String {
        var result = ""
        var rest = self[...]
        while !rest.isEmpty {
            if rest.hasPrefix(old) {
                result += new
                rest = rest.dropFirst(old.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }
}
