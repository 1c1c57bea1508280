import Testing
import UsherConfiguration
import UsherCore

@Suite struct MergingTests {
    let folder = ConfigurationFolder()

    @Test func `later files win key by key, in the order of their names`() throws {
        folder.write(soundText + "broker: {wait_max: 10m, waiting_max: 5}\n")
        folder.write("broker: {wait_max: 20m}\n", as: "usher.d/20.yaml")
        folder.write("broker: {wait_max: 30m, waiting_max_per_user: 1}\n", as: "usher.d/10.yaml")
        let rules = try folder.read().get().rules
        #expect(rules.waitMax == .minutes(20) && rules.waitingMax == 5 && rules.waitingMaxPerUser == 1)
    }

    @Test func `a later file may change one value of one account and add a tenant at the end`() throws {
        folder.write(soundText)
        folder.write(
            """
            tenants:
              fabrikam: {protocol: none, admins: {x: {users: []}}}
              litware: {sessions_per_admin: 2, admins: {kenmyer: {users: [pilar]}}}
            """, as: "usher.d/a.yaml")
        let rules = try folder.read().get().rules
        #expect(rules.tenants.map(\.name.description) == ["litware", "console", "fabrikam"])
        #expect(rules.tenants[0].sessionsPerAdmin == 2 && rules.tenants[0].sessionsPerOrganization == 9)
        #expect(rules.tenants[0].admins[0].upn == "kenmyer@litwareinc.com")
        // Lists are replaced whole: who is taken off one must be gone.
        #expect(rules.tenants[0].admins[0].users == [UserID(1002)] && rules.tenants[0].admins[0].groups.isEmpty)
    }

    @Test func `a shipped profile may be changed key by key, for all its tenants`() throws {
        folder.write(soundText + "profiles:\n  lync-online-2013: {sessions_per_organization: 20}\n")
        let tenant = try folder.read().get().rules.tenants[0]
        #expect(tenant.sessionsPerOrganization == 20 && tenant.sessionsPerAdmin == 3)
    }

    @Test func `a fault names the file whose value holds`() {
        folder.write("broker:\n  wait_max: 1x\n  waiting_max: y\n")
        folder.write("\nbroker:\n  waiting_max: z\n", as: "usher.d/a.yaml")
        #expect(folder.faultPlaces == ["usher.yaml:2: broker.wait_max", "usher.d/a.yaml:3: broker.waiting_max"])
    }

    @Test func `a heading whose lines are commented out takes nothing away`() throws {
        folder.write(soundText)
        folder.write("broker:\n#  wait_max: 1h\ntenants:\n  litware:\n", as: "usher.d/a.yaml")
        #expect(try folder.read().get().rules.tenants.count == 2)
    }

    @Test func `files that are not for us are passed over, and a slip in the name is told`() throws {
        folder.write(soundText)
        for name in [".a.yaml", "a.yaml~", "a.yaml.dpkg-old", "README"] { folder.write("x: 1", as: "usher.d/\(name)") }
        _ = try folder.read().get()
        folder.write("broker: {}", as: "usher.d/a.yml")
        #expect(folder.faultPlaces == ["usher.d/a.yml:1: "])
    }
}
