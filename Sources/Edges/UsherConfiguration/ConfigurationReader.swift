import UsherCore

/// Reads the configuration: the main file, then the files of `usher.d` beside it in the order of their names.
///
/// The files are first laid over each other as texts that know their lines (`Setting`), later ones winning key by
/// key. A tenant is then laid over its profile in the same way, and only the result is understood (`Section`,
/// `Reading`): so every value is checked once, by one rule, and a fault names the line that somebody wrote.
///
/// Nothing stops at the first fault; whoever mends a file wants to hear of all of them.
public struct ConfigurationReader {
    /// Where the configuration is unless another file is named.
    public static let standardPath = "/etc/usher/usher.yaml"

    /// Either the whole configuration or everything that is wrong with it.
    public static func read(
        _ path: String, identities: some Identities
    ) -> Result<Configuration, ConfigurationFaults> {
        let findings = Findings()
        var files = [path]
        var whole = Setting(place: Place(file: path, line: 1, key: ""), content: .section([]))
        if let setting = settings(of: path, findings) {
            whole.lay(setting)
            let further = SettingsFolder.files(beside: path, into: findings)
            files += further
            for file in further {
                if let setting = settings(of: file, findings) { whole.lay(setting) }
            }
        }
        // A file that could not be taken apart hides what it would have set, so nothing is said about the rest.
        if let faults = findings.result(inOrderOf: files) { return .failure(faults) }
        var reading = Reading(findings, identities)
        reading.read(whole)
        if let faults = findings.result(inOrderOf: files) { return .failure(faults) }
        return .success(reading.configuration)
    }

    private static func settings(of file: String, _ findings: Findings) -> Setting? {
        SettingsFile.read(file, into: findings).flatMap { SettingsText(file: file, findings: findings).settings($0) }
    }
}

/// The understanding of the settings, once they are laid over each other.
struct Reading {
    let findings: Findings
    var acquaintances: Acquaintances
    var configuration = Configuration(rules: Rules(), settings: BrokerSettings(), endpoints: [:], users: [:])
    /// Those shipped, with what the files change in them.
    var profiles: [String: Setting] = [:]
    /// Where each account and domain was first written: a tenant counts them, so each belongs to one of ours.
    var upns: [String: Place] = [:]
    var domains: [String: Place] = [:]

    init(_ findings: Findings, _ identities: some Identities) {
        self.findings = findings
        acquaintances = Acquaintances(identities)
    }

    mutating func read(_ whole: Setting) {
        let section = Section(whole, findings)
        section.expect(Keys.top, elsewhere: Keys.home)
        readBroker(Section(section["broker"] ?? Self.nothing, findings))
        readProfiles(Section(section["profiles"] ?? Self.nothing, findings))
        readTenants(Section(section["tenants"] ?? Self.nothing, findings))
        configuration.users = acquaintances.names
    }

    private static let nothing = Setting(place: Place(file: "", line: 0, key: ""), content: .empty)
}

/// The keys there are, by section.
enum Keys {
    static let top = ["broker", "profiles", "tenants"]
    static let broker = [
        "socket", "state", "operators", "credentials", "open_deadline", "stop_timeout", "reveal_holders",
        "waiting_max", "waiting_max_per_user", "wait_max", "connections_max", "connections_per_user", "slow_reader",
        "audit_keep",
    ]
    /// What a tenant has in common with others of its kind.
    static let profile = [
        "sessions_per_admin", "sessions_per_organization", "reserve", "idle_timeout", "tenant_idle", "maximum_age",
        "keep_warm", "creates_per_minute", "at_limit", "configuration_name", "auth", "token_as", "grant",
        "token_endpoint", "client_id", "scope", "token_hosts", "redirect_hosts",
        "affinity_cookies",
    ]
    /// What only a tenant has, besides all that a profile may say.
    static let tenant = [
        "profile", "protocol", "domain", "discovery_uri", "endpoint", "ca_file", "proxy", "capture", "admins",
    ]
    static let admin = ["upn", "users", "credential"]
    /// What says something about a connection, and so nothing where there is none.
    static let connection = [
        "domain", "discovery_uri", "endpoint", "ca_file", "proxy", "capture", "configuration_name", "auth", "token_as",
        "grant", "token_endpoint", "client_id", "scope", "token_hosts", "redirect_hosts", "affinity_cookies",
        "at_limit", "tenant_idle", "keep_warm",
    ]

    /// Where a key would have been right, as the end of a sentence.
    static func home(of key: String) -> String? {
        if broker.contains(key) { return " here: it belongs to the section broker" }
        if profile.contains(key) { return " here: it belongs to a tenant or a profile" }
        if tenant.contains(key) { return " here: it belongs to a tenant" }
        if admin.contains(key) { return " here: it belongs to an account, below admins" }
        return nil
    }
}
