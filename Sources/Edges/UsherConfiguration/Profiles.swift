/// A kind of tenant, by name: what is known of its limits. Values as they would stand in a file.
struct Profile {
    let name: String
    let settings: [(key: String, value: Value)]

    enum Value: Hashable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        case text(String)
        case list([String])

        init(stringLiteral value: String) { self = .text(value) }
        init(arrayLiteral elements: String...) { self = .list(elements) }
    }
}

/// The profiles that come with Usher. `config/profiles.yaml` tells where each value is from; a test holds the two
/// together.
///
/// `tenant_idle` is what the tenant says; `idle_timeout` is a little less, so that we close a session and know it,
/// instead of losing it and keeping its seat until we can be sure.
extension Profile {
    static let shipped: [Profile] = [
        Profile("lync-online-2013", cloud(organization: "9", age: nil, atLimit: "hang", host: "online.lync.com")),
        Profile("sfb-online-2020", cloud(organization: "20", age: "60m", atLimit: "fault", host: "online.lync.com")),
        Profile(
            "exchange-online-rps",
            cloud(
                organization: "9", age: "60m", atLimit: "after_create", host: "outlook.office365.com",
                cookies: exchangeCookies)
                + [
                    ("creates_per_minute", "5"), ("configuration_name", "Microsoft.Exchange"), ("token_as", "exchange"),
                ]),
        Profile(
            "compliance-rps",
            cloud(
                organization: "9", age: "60m", atLimit: "after_create", host: "compliance.protection.outlook.com",
                cookies: exchangeCookies)
                + [("configuration_name", "Microsoft.Exchange"), ("token_as", "exchange")]),
        Profile(
            "exchange-onprem",
            host(perAdmin: "18", idle: ("14m", "15m"), age: nil, reserve: "2")
                + [("configuration_name", "Microsoft.Exchange"), ("affinity_cookies", .list(exchangeCookies))]),
        Profile(
            "sfb-server-onprem",
            host(perAdmin: "25", idle: ("115m", "2h"), age: nil, reserve: "2") + [("affinity_cookies", ["MS-WSMAN"])]),
        Profile("winrm-modern", host(perAdmin: "30", idle: ("115m", "2h"), age: nil, reserve: "2")),
        Profile("jea", host(perAdmin: "30", idle: ("115m", "2h"), age: nil, reserve: "2")),
        Profile("winrm-2.0", host(perAdmin: "5", idle: ("2m", "3m"), age: "8h", reserve: "1")),
        Profile(
            "winrm-spec-floor",
            host(perAdmin: "25", idle: ("2m", "3m"), age: "8h", reserve: "1") + [("sessions_per_organization", "25")]),
    ]

    private init(_ name: String, _ settings: [(key: String, value: Value)]) {
        self.init(name: name, settings: settings)
    }

    /// Exchange's front ends find the back end that has a shell by the second one.
    private static let exchangeCookies = ["MS-WSMAN", "X-BackEndCookie"]

    /// What the hosted services had in common: three shells an account, fifteen minutes, a load balancer in front,
    /// and one token authority under its old and its later name.
    private static func cloud(
        organization: String, age: String?, atLimit: String, host: String, cookies: [String] = ["MS-WSMAN"]
    ) -> [(key: String, value: Value)] {
        [
            ("sessions_per_admin", "3"), ("sessions_per_organization", .text(organization)),
            ("idle_timeout", "14m"), ("tenant_idle", "15m"), ("at_limit", .text(atLimit)),
            ("token_hosts", ["login.windows.net", "login.microsoftonline.com"]),
            ("redirect_hosts", .list([host])), ("affinity_cookies", .list(cookies)),
        ] + (age.map { [("maximum_age", .text($0))] } ?? [])
    }

    /// A server of one's own: it counts each account's shells, and people work there without us.
    private static func host(
        perAdmin: String, idle: (String, String), age: String?, reserve: String
    ) -> [(key: String, value: Value)] {
        [
            ("sessions_per_admin", .text(perAdmin)), ("idle_timeout", .text(idle.0)), ("tenant_idle", .text(idle.1)),
            ("at_limit", "fault"), ("reserve", .text(reserve)),
        ] + (age.map { [("maximum_age", .text($0))] } ?? [])
    }

    /// The profile as if it had been read, with places that nobody wrote.
    var setting: Setting {
        let place = Place(file: "", line: 0, key: "profiles.\(name)")
        let entries = settings.map { key, value in
            let inner = place.inside(key, line: 0)
            return switch value {
            case .text(let text): Setting.Entry(name: key, value: Setting(place: inner, content: .text(text)))
            case .list(let texts):
                Setting.Entry(
                    name: key,
                    value: Setting(
                        place: inner, content: .list(texts.map { Setting(place: inner, content: .text($0)) })))
            }
        }
        return Setting(place: place, content: .section(entries))
    }
}
