import Testing
import UsherConfiguration
import UsherCore

@Suite struct ReadingTests {
    let folder = ConfigurationFolder()

    @Test func `a sound file gives the tenants in file order with their profile's values`() throws {
        let configuration = try folder.write(soundText).read().get()
        let rules = configuration.rules
        #expect(rules.tenants.map(\.name.description) == ["litware", "console"])

        let litware = try #require(TenantName("litware").flatMap { rules[$0] })
        #expect(litware.kind == .shells && litware.profile == "lync-online-2013")
        #expect(litware.sessionsPerAdmin == 3 && litware.sessionsPerOrganization == 9 && litware.reserve == 0)
        #expect(litware.idleTimeout == .minutes(14) && litware.tenantIdle == .minutes(15))
        #expect(litware.maximumAge == nil && litware.keepWarm == .zero && litware.createsPerMinute == nil)
        let kenmyer = try #require(litware.admins.first)
        #expect(kenmyer.upn == "kenmyer@litwareinc.com")
        #expect(kenmyer.users == [UserID(1001), UserID(1003)] && kenmyer.groups == [GroupID(2001)])

        let console = try #require(TenantName("console").flatMap { rules[$0] })
        #expect(console.kind == .seats && console.profile == nil)
        #expect(console.sessionsPerAdmin == 1 && console.sessionsPerOrganization == nil && console.idleTimeout == nil)
        #expect(console.admins.first?.users == [UserID(1002), UserID(1234)] && console.admins.first?.upn == nil)
    }

    @Test func `an endpoint is read where there is a connection, and nowhere else`() throws {
        let configuration = try folder.write(soundText).read().get()
        let litware = try #require(TenantName("litware"))
        let kenmyer = try #require(AdminName("kenmyer"))
        #expect(Set(configuration.endpoints.keys) == [litware])
        let endpoint = try #require(configuration.endpoints[litware])
        #expect(endpoint.location == .domain("litwareinc.com") && endpoint.domain == "litwareinc.com")
        #expect(endpoint.auth == .oauth && endpoint.atLimit == .hang && endpoint.caFile == nil)
        #expect(endpoint.configurationName == "Microsoft.PowerShell")
        #expect(endpoint.tokenHosts == ["login.windows.net", "login.microsoftonline.com"])
        #expect(endpoint.redirectHosts == ["online.lync.com"] && endpoint.affinityCookies == ["MS-WSMAN"])
        #expect(endpoint.credentials == [kenmyer: "litware-kenmyer"])
    }

    @Test func `users are remembered by the names they were written by, and a number is no name`() throws {
        let users = try folder.write(soundText).read().get().users
        #expect(users == [UserID(1001): "ken", UserID(1003): "build", UserID(1002): "pilar"])
    }

    @Test func `what is not written has the default of the contract`() throws {
        let configuration = try folder.write("").read().get()
        #expect(configuration.rules == Rules().with(operators: GroupID(2002)))
        let settings = configuration.settings
        #expect(settings == BrokerSettings())
        #expect(settings.socket == "/run/usher/broker.sock" && settings.state == "/var/lib/usher/state.sqlite")
        #expect(settings.credentials == "/etc/usher/credentials" && settings.operatorsGroupName == "usher-operators")
        #expect(settings.connectionsMax == 4096 && settings.connectionsPerUser == 128)
        #expect(settings.slowReader == .minutes(15))
        #expect(configuration.rules.auditKeep == .hours(90 * 24) && configuration.rules.waitMax == .hours(1))
    }

    @Test func `every key of the section broker is heard`() throws {
        folder.write(
            """
            broker:
              socket: /run/other.sock
              state: /srv/state.sqlite
              operators: netops
              credentials: /srv/credentials
              open_deadline: 45s
              stop_timeout: 5s
              reveal_holders: operators
              waiting_max: 3
              waiting_max_per_user: 2
              wait_max: 10m
              connections_max: 100
              connections_per_user: 10
              slow_reader: 250ms
              audit_keep: 7d
            """)
        // A slow reader gets a second at least, so that one value is refused, and by that seen to be read.
        #expect(folder.faultPlaces == ["usher.yaml:14: broker.slow_reader"])
        folder.write(
            """
            broker:
              {socket: /run/other.sock, state: /srv/state.sqlite, operators: netops, credentials: /srv/credentials,
               open_deadline: 45s, stop_timeout: 5s, reveal_holders: operators, waiting_max: 3,
               waiting_max_per_user: 2, wait_max: 10m, connections_max: 100, connections_per_user: 10,
               slow_reader: 1500ms, audit_keep: 7d}
            """)
        let configuration = try folder.read().get()
        let (rules, settings) = (configuration.rules, configuration.settings)
        #expect(settings.socket == "/run/other.sock" && settings.state == "/srv/state.sqlite")
        #expect(settings.credentials == "/srv/credentials" && settings.operatorsGroupName == "netops")
        #expect(settings.connectionsMax == 100 && settings.connectionsPerUser == 10)
        #expect(settings.slowReader == .milliseconds(1500) && rules.operators == GroupID(2001))
        #expect(rules.openDeadline == .seconds(45) && rules.stopTimeout == .seconds(5))
        #expect(rules.revealHolders == .operators && rules.waitingMax == 3 && rules.waitingMaxPerUser == 2)
        #expect(rules.waitMax == .minutes(10) && rules.auditKeep == .hours(7 * 24))
    }

    @Test func `a tenant's own values win over its profile's, and none takes a limit away`() throws {
        folder.write(
            """
            tenants:
              litware:
                profile: sfb-online-2020
                endpoint: https://admin0a.example:8443/OcsPowershellOAuth?x=1
                domain: LitwareInc.com
                auth: oauth
                configuration_name: Own.Name
                ca_file: /etc/usher/ca.pem
                proxy: http://proxy.example:3128
                at_limit: fault
                token_hosts: [Login.Example]
                affinity_cookies: []
                sessions_per_admin: 2
                sessions_per_organization: none
                reserve: 1
                maximum_age: none
                idle_timeout: 5m
                keep_warm: 2m
                creates_per_minute: 5
                admins: {kenmyer: {upn: kenmyer@litwareinc.com, users: []}}
            """)
        let configuration = try folder.read().get()
        let tenant = try #require(configuration.rules.tenants.first)
        #expect(tenant.sessionsPerAdmin == 2 && tenant.sessionsPerOrganization == nil && tenant.reserve == 1)
        #expect(tenant.maximumAge == nil && tenant.idleTimeout == .minutes(5) && tenant.keepWarm == .minutes(2))
        #expect(tenant.createsPerMinute == 5 && tenant.tenantIdle == .minutes(15))
        let endpoint = try #require(configuration.endpoints[tenant.name])
        #expect(
            endpoint.location
                == .endpoint(uri: "https://admin0a.example:8443/OcsPowershellOAuth?x=1", domain: "litwareinc.com"))
        #expect(endpoint.tokenHosts == ["login.example"] && endpoint.affinityCookies.isEmpty)
        #expect(endpoint.configurationName == "Own.Name" && endpoint.caFile == "/etc/usher/ca.pem")
        #expect(endpoint.proxy == .at("http://proxy.example:3128"))
        #expect(endpoint.redirectHosts == ["online.lync.com"])
    }

    @Test func `a thousand tenants with twenty accounts each are read within seconds`() throws {
        // The main file may not be so long; the tenants are spread over files as they would be.
        folder.write("")
        for file in 0..<10 {
            var text = "tenants:\n"
            for tenant in file * 100..<(file + 1) * 100 {
                text += "  tenant-\(tenant):\n    profile: lync-online-2013\n    domain: t\(tenant).example\n"
                text += "    auth: oauth\n    admins:\n"
                for admin in 0..<20 {
                    text += "      admin-\(admin):\n        upn: a\(admin)@t\(tenant).example\n"
                    text += "        users: [ken, pilar, \"@netops\"]\n"
                }
            }
            folder.write(text, as: "usher.d/\(file).yaml")
        }
        var configuration: Configuration?
        let duration = try ContinuousClock().measure { configuration = try folder.read().get() }
        #expect(configuration?.rules.tenants.count == 1000)
        #expect(configuration?.rules.tenants.allSatisfy { $0.admins.count == 20 } == true)
        // Far above what it takes, so that a busy machine does not fail the test; a square of the size would be hours.
        #expect(duration < .seconds(60), "it took \(duration)")
    }
}

extension Rules {
    fileprivate func with(operators: GroupID) -> Rules {
        var rules = self
        rules.operators = operators
        return rules
    }
}
