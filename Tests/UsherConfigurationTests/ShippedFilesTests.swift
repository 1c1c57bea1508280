import Glibc
import Testing
import UsherCore

@testable import UsherConfiguration

/// What is in config/, held to what is built in.
@Suite struct ShippedFilesTests {
    let folder = ConfigurationFolder()

    @Test func `the example as shipped is the default configuration`() throws {
        let configuration = try folder.write(try shipped("usher.yaml")).read().get()
        #expect(configuration.settings == BrokerSettings())
        #expect(configuration.rules.tenants.isEmpty)
    }

    @Test func `the example with every setting taken in is sound, and changes no default`() throws {
        let configuration = try folder.write(uncommented(try shipped("usher.yaml"))).read().get()
        #expect(configuration.settings == BrokerSettings())
        var rules = configuration.rules
        rules.tenants = []
        var standard = Rules()
        standard.operators = GroupID(2002)
        #expect(rules == standard)

        #expect(configuration.rules.tenants.map(\.name.description) == ["console", "litware"])
        let console = try #require(configuration.rules.tenants.first)
        var seats = TenantRules(name: console.name, admins: console.admins)
        seats.kind = .seats
        #expect(console == seats)
        let litware = try #require(configuration.rules.tenants.last)
        folder.write(soundText)
        #expect(litware == (try folder.read().get().rules.tenants.first))
    }

    @Test func `the example has every key there is`() throws {
        let text = try shipped("usher.yaml")
        for key in Keys.top + Keys.broker + Keys.profile + Keys.tenant + Keys.admin {
            #expect(text.contains("\(key): ") || text.contains("\(key):\n"), "\(key) is not in config/usher.yaml")
        }
    }

    @Test func `profiles.yaml says what is built in`() throws {
        let findings = Findings()
        let bytes = Array(try shipped("profiles.yaml").utf8)
        let root = try #require(SettingsText(file: "profiles.yaml", findings: findings).settings(bytes))
        let written = try #require(Section(root, findings)["profiles"])
        #expect(values(of: written) == Profile.shipped.map { values(of: $0) }.reduce(into: [:]) { $0.merge($1) { $1 } })
        #expect(Section(written, findings).entries.map(\.name) == Profile.shipped.map(\.name))
    }

    @Test func `profiles.yaml can be read as a configuration, and a tenant of each profile is sound`() throws {
        folder.write(try shipped("profiles.yaml"))
        var text = "tenants:\n"
        for (index, profile) in Profile.shipped.enumerated() {
            text += "  t\(index): {profile: \(profile.name), domain: t\(index).example, auth: basic, "
            text += "admins: {a: {upn: a@t\(index).example, users: [ken]}}}\n"
        }
        folder.write(text, as: "usher.d/tenants.yaml")
        let rules = try folder.read().get().rules
        #expect(rules.tenants.compactMap(\.profile) == Profile.shipped.map(\.name))
        #expect(rules.tenants.allSatisfy { $0.limitPerAdmin > 0 && ($0.limitPerOrganization ?? 1) > 0 })
        #expect(rules.tenants.allSatisfy { $0.idleTimeout.map { $0.nanoseconds > 0 } == true })
    }

    /// The text of a file in config/.
    private func shipped(_ name: String) throws -> String {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/config/\(name)", "r"))
        defer { fclose(file) }
        var bytes: [UInt8] = []
        while true {
            let byte = fgetc(file)
            guard byte != EOF else { return String(decoding: bytes, as: UTF8.self) }
            bytes.append(UInt8(truncatingIfNeeded: byte))
        }
    }

    /// The text with each setting taken in: a `#` right before a key goes, one before a sentence stays.
    private func uncommented(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let indent = line.prefix { $0 == " " }
            let rest = line.dropFirst(indent.count)
            guard rest.hasPrefix("#"), rest.dropFirst().first.map({ $0 != " " }) == true else { return String(line) }
            return String(indent + rest.dropFirst())
        }.joined(separator: "\n")
    }

    /// The values by `profile.key`, lists as words with commas.
    private func values(of profiles: Setting) -> [String: String] {
        guard case .section(let entries) = profiles.content else { return [:] }
        return entries.reduce(into: [:]) { result, entry in
            guard case .section(let values) = entry.value.content else { return }
            for value in values { result["\(entry.name).\(value.name)"] = words(value.value) }
        }
    }

    private func values(of profile: Profile) -> [String: String] {
        values(
            of: Setting(
                place: Place(file: "", line: 0, key: ""),
                content: .section([.init(name: profile.name, value: profile.setting)])))
    }

    private func words(_ setting: Setting) -> String {
        switch setting.content {
        case .empty: ""
        case .text(let text): text
        case .list(let list): list.map(words).joined(separator: ",")
        case .section: "section"
        }
    }
}
