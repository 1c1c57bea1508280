// The organization that the lab plays, and its people. Nobody is stored: a person is made from a number, the same each
// time, and only what was changed is remembered. So a directory of ten thousand costs nothing until it is asked for.

internal import CLIXML

/// An organization.
struct Directory: Sendable {
    let domain: String
    /// How many people there are; the administrators come first.
    let usersCount: Int
    let administrators: [String]
    /// What was changed, by the principal name and the property.
    private var changes: [String: [String: PSValue]] = [:]
    /// Meeting rooms that were switched, by principal name.
    private(set) var rooms: [String: Bool] = [:]

    static let changesMax = 100_000

    init(domain: String, usersCount: Int, administrators: [String]) {
        self.domain = domain
        self.administrators = administrators
        self.usersCount = max(usersCount, administrators.count)
    }

    /// `litwareinc.com` calls itself `Litwareinc`.
    var name: String {
        let label = domain.prefix { $0 != "." }
        return label.prefix(1).uppercased() + label.dropFirst()
    }

    var tenantID: PSGuid { Self.guid("bf19b7db-6960-41e5-a139-2aa373474354") }

    static func guid(_ text: String) -> PSGuid { PSGuid(text) ?? .zero }

    /// A number that looks like chance and is the same each time.
    static func scramble(_ number: Int, _ salt: UInt64) -> UInt64 {
        var word = UInt64(truncatingIfNeeded: number) &+ salt &* 0x9E37_79B9_7F4A_7C15
        word = (word ^ word >> 30) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ word >> 27) &* 0x94D0_49BB_1331_11EB
        return word ^ word >> 31
    }

    static func guid(_ number: Int, _ salt: UInt64) -> PSGuid {
        PSGuid(
            high: scramble(number, salt) & ~0xF000 | 0x4000,
            low: scramble(number, salt &+ 1) & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000)
    }
}

/// Somebody in the directory.
struct Person {
    var index: Int
    var first: String
    var last: String
    var principalName: String
    var department: String
    var title: String

    var displayName: String { "\(first) \(last)" }
}

extension Directory {
    private static let firsts = [
        "Adam", "Aisha", "Ana", "Bjorn", "Carla", "Chen", "Dana", "David", "Elena", "Erik", "Fatima", "Gita", "Hugo",
        "Ines",
        "Ivan", "Jae", "Jonas", "Karin", "Kofi", "Lara", "Luis", "Maja", "Marek", "Nadia", "Nils", "Olga", "Omar",
        "Pia",
        "Rafael", "Rosa", "Sven", "Tariq", "Uma", "Vera", "Wanda", "Yuki", "Zoë",
    ]
    private static let lasts = [
        "Adams", "Berg", "Castillo", "Diaz", "Eriksen", "Fischer", "Garcia", "Hansen", "Ito", "Jensen", "Kovacs",
        "Lind",
        "Moreau", "Novak", "Okafor", "Petrov", "Quist", "Rossi", "Schmidt", "Tanaka", "Urban", "Varga", "Weber", "Xu",
        "Young",
        "Zimmer",
    ]
    private static let departments = ["Sales", "Finance", "Engineering", "Legal", "Operations", "Research", "Support"]
    private static let titles = ["Manager", "Analyst", "Engineer", "Assistant", "Director", "Consultant"]
    private static let founders: [String: (String, String)] = [
        "kenmyer": ("Ken", "Myer"), "pilar": ("Pilar", "Ackerman"), "dana": ("Dana", "Burnell"),
        "jonas": ("Jonas", "Hasselberg"), "chris": ("Chris", "Ashton"),
    ]

    /// The person with a number from 0.
    func person(_ index: Int) -> Person {
        let department = Self.departments[Int(Self.scramble(index, 3) % UInt64(Self.departments.count))]
        let title = Self.titles[Int(Self.scramble(index, 5) % UInt64(Self.titles.count))]
        if index < administrators.count {
            let principal = administrators[index]
            let local = String(principal.prefix { $0 != "@" })
            let (first, last) = Self.founders[local] ?? (local.prefix(1).uppercased() + local.dropFirst(), "Admin")
            return Person(
                index: index, first: first, last: last, principalName: principal, department: "IT",
                title: "Administrator")
        }
        let number = index - administrators.count
        let count = Self.firsts.count * Self.lasts.count
        // Both lists are walked at once, so that the first page of a listing does not have one first name alone.
        let first = Self.firsts[number % Self.firsts.count]
        let last = Self.lasts[(number / Self.firsts.count + number % Self.firsts.count) % Self.lasts.count]
        let round = number / count
        let suffix = round == 0 ? "" : "\(round + 1)"
        let local = "\(first).\(last)\(suffix)".lowercased().map { $0 == "ë" ? "e" : String($0) }.joined()
        return Person(
            index: index, first: first, last: last + (suffix.isEmpty ? "" : " \(suffix)"),
            principalName: "\(local)@\(domain)", department: department, title: title)
    }

    /// Somebody by principal name, SIP address, display name, or number of the directory.
    func person(identity: String) -> Person? {
        var wanted = identity.lowercased()
        if wanted.hasPrefix("sip:") { wanted.removeFirst(4) }
        if wanted.hasPrefix("cn="), let end = wanted.firstIndex(of: ",") {
            wanted = String(wanted[wanted.index(wanted.startIndex, offsetBy: 3)..<end])
        }
        for index in 0..<usersCount {
            let person = person(index)
            if person.principalName == wanted || person.displayName.lowercased() == wanted
                || Self.guid(index, 11).description == wanted
            {
                return person
            }
        }
        return nil
    }

    /// Remembers what a cmdlet set. What it says of the person from now on.
    mutating func change(_ person: Person, _ property: String, to value: PSValue) {
        guard changes[person.principalName] != nil || changes.count < Self.changesMax else { return }
        changes[person.principalName, default: [:]][property] = value
    }

    mutating func setRoom(_ principalName: String, isEnabled: Bool) {
        guard rooms[principalName] != nil || rooms.count < Self.changesMax else { return }
        rooms[principalName] = isEnabled
    }

    /// The person as Get-CsOnlineUser shows one.
    func user(_ person: Person) -> PSObject {
        let changes = changes[person.principalName]
        func set(_ name: String, _ value: PSValue) -> PSProperty { PSProperty(name, changes?[name] ?? value) }
        let number = 1000 + person.index
        return PSObject(
            typeNames: Self.userTypes, toString: "CN=\(person.displayName),OU=\(domain),DC=lync,DC=local",
            adapted: [
                set("Identity", .string("CN=\(person.displayName),OU=\(domain),DC=lync,DC=local")),
                set("DisplayName", .string(person.displayName)), set("FirstName", .string(person.first)),
                set("LastName", .string(person.last)), set("UserPrincipalName", .string(person.principalName)),
                set("SipAddress", .string("sip:\(person.principalName)")), set("Enabled", .bool(true)),
                set("Department", .string(person.department)), set("Title", .string(person.title)),
                set("Phone", .string("+1 (425) 555-\(number)")), set("Company", .string(name)),
                set("UsageLocation", .string("US")), set("HideFromAddressLists", .bool(false)),
                set("TenantId", .guid(tenantID)), set("ObjectId", .guid(Self.guid(person.index, 11))),
                set("HostingProvider", .string("sipfed.online.lync.com")),
                set("RegistrarPool", .string("sippoolbl20a07.infra.lync.com")),
                set("EnterpriseVoiceEnabled", .bool(person.index % 3 == 0)), set("AudioVideoDisabled", .bool(false)),
                set("VoicePolicy", .null), set("MobilityPolicy", .string("MobilityEnableOutsideVoice")),
                set("ConferencingPolicy", .string("BposSAllModality")), set("PresencePolicy", .null),
                set("VoiceRoutingPolicy", .null), set("DialPlan", .null), set("LocationPolicy", .null),
                set("ClientPolicy", .null), set("ClientVersionPolicy", .null), set("ArchivingPolicy", .null),
                set("PinPolicy", .null), set("ExternalAccessPolicy", .string("FederationAndPICDefault")),
                set("ProxyAddresses", .strings(["SIP:\(person.principalName)", "smtp:\(person.principalName)"])),
                set("WhenCreated", .dateTime(Calendar.dateTime(1_380_000_000 + Int64(person.index) * 3671))),
                set("WhenChanged", .dateTime(Calendar.dateTime(1_384_000_000 + Int64(person.index) * 977))),
            ])
    }

    private static let userTypes = ["Microsoft.Rtc.Management.ADConnect.Schema.OCSADUser", "System.Object"]
}
