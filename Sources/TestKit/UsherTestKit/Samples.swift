public import UsherCore

// The people and places of the tests. litware counts 3 sessions per account and 9 in all, as Lync Online did;
// console counts licences and has no connection of ours (`protocol: none`).

extension TenantName {
    public static let litware = TenantName("litware")!
    public static let console = TenantName("console")!
}

extension AdminName {
    public static let kenmyer = AdminName("kenmyer")!
    public static let pilar = AdminName("pilar")!
    public static let dana = AdminName("dana")!
    public static let priya = AdminName("priya")!
}

extension GroupID {
    public static let operators = GroupID(500)
    public static let netops = GroupID(501)
}

extension Caller {
    /// Somebody on a connection.
    public static func person(
        _ user: String, _ uid: UInt32, on connection: UInt64, in groups: Set<GroupID> = []
    ) -> Caller {
        Caller(
            uid: UserID(uid), groups: groups, connection: ConnectionID(connection), user: user,
            pid: Int32(4000 + uid % 1000))
    }

    /// May act as kenmyer.
    public static func ken(_ connection: UInt64 = 1) -> Caller { .person("ken", 1001, on: connection) }
    /// May act as kenmyer, too.
    public static func build(_ connection: UInt64 = 2) -> Caller { .person("build", 1002, on: connection) }
    /// May act as dana, and as pilar by group.
    public static func dana(_ connection: UInt64 = 3) -> Caller {
        .person("dana", 1003, on: connection, in: [.netops])
    }
    /// May act as priya.
    public static func priya(_ connection: UInt64 = 4) -> Caller { .person("priya", 1004, on: connection) }
    /// May act as pilar by group only.
    public static func sam(_ connection: UInt64 = 5) -> Caller { .person("sam", 1005, on: connection, in: [.netops]) }
    /// An operator whom no account maps.
    public static func olga(_ connection: UInt64 = 6) -> Caller {
        .person("olga", 1006, on: connection, in: [.operators])
    }
    /// May connect, and that is all.
    public static func stranger(_ connection: UInt64 = 7) -> Caller { .person("stranger", 1007, on: connection) }
    public static func root(_ connection: UInt64 = 8) -> Caller { .person("root", 0, on: connection) }
    /// What the kernel calls those whom it cannot name, in every group there is.
    public static func nobody(_ connection: UInt64 = 9) -> Caller {
        .person("nobody", 65534, on: connection, in: [.operators, .netops])
    }
}

extension TenantRules {
    /// A tenant with the four accounts, for the tests to bend.
    public static func sample(_ name: TenantName, _ kind: Kind) -> TenantRules {
        var tenant = TenantRules(
            name: name,
            admins: [
                AdminRules(name: .kenmyer, upn: "kenmyer@litwareinc.com", users: [UserID(1001), UserID(1002)]),
                AdminRules(name: .dana, upn: "dana@litwareinc.com", users: [UserID(1003)]),
                AdminRules(name: .priya, upn: "priya@litwareinc.com", users: [UserID(1004)]),
                AdminRules(name: .pilar, upn: "pilar@litwareinc.com", groups: [.netops]),
            ])
        tenant.kind = kind
        tenant.sessionsPerAdmin = 3
        tenant.sessionsPerOrganization = 9
        tenant.idleTimeout = .minutes(14)
        tenant.tenantIdle = .minutes(15)
        return tenant
    }
}

extension Rules {
    /// litware with shells, console with seats; olga operates.
    public static var sample: Rules {
        var rules = Rules(tenants: [.sample(.litware, .shells), .sample(.console, .seats)])
        rules.operators = .operators
        return rules
    }

    /// The sample with litware bent.
    public static func litware(_ bend: (inout TenantRules) -> Void) -> Rules {
        var rules = sample
        bend(&rules.tenants[0])
        return rules
    }

    /// The sample with console bent.
    public static func console(_ bend: (inout TenantRules) -> Void) -> Rules {
        var rules = sample
        bend(&rules.tenants[1])
        return rules
    }

    /// These rules with anything bent.
    public func with(_ bend: (inout Rules) -> Void) -> Rules {
        var rules = self
        bend(&rules)
        return rules
    }
}

extension SessionReference {
    /// The whole name of a session.
    public init(_ id: SessionID) { self.init(id.description)! }
}

extension Console {
    /// A login session on a terminal of its own.
    public static func terminal(_ number: UInt64) -> Console {
        Console(id: number, leader: Int32(3000 + number), startTicks: 5000 + number)
    }
}

extension ShellRecord {
    /// A shell that some tenant has made.
    public static let sample = ShellRecord(
        shellID: "76056A84-51DC-4F24-9262-CA2A55464B2B", endpoint: "https://admin0d.example/OcsPowershellOAuth",
        resourceURI: "http://schemas.microsoft.com/powershell/Microsoft.PowerShell",
        clientID: ShellID(SIMD16(repeating: 1)), poolID: ShellID(SIMD16(repeating: 2)), protocolVersion: "2.3")

    /// That shell as if made for this session.
    public static func sample(of id: SessionID) -> ShellRecord {
        var record = sample
        record.shellID = id.description
        return record
    }
}
