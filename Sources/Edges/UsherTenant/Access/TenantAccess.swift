internal import Discovery
public import HTTP
public import UsherConfiguration
internal import WSMan

/// How one tenant is reached, with every list checked: what the configuration says, as this edge needs it.
public struct TenantAccess: Hashable, Sendable {
    let settings: EndpointSettings
    let tokenHosts: HostList
    let redirectHosts: HostList

    /// Throws the first name in a list of hosts that is none.
    public init(_ settings: EndpointSettings) throws(NotAHost) {
        self.settings = settings
        tokenHosts = try HostList(settings.tokenHosts)
        redirectHosts = try HostList(settings.redirectHosts)
    }

    /// The domain that an account administers: the configured one, or that of its name.
    func adminDomain(of upn: String) -> String {
        settings.domain ?? upn.split(separator: "@").last.map(String.init) ?? upn
    }

    /// What a shell is created as.
    var resourceURI: String { ResourceURI.powershell(configuration: settings.configurationName) }
}
