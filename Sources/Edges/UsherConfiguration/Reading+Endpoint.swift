import UsherCore

extension Reading {
    /// How the tenant is reached, or nil after noting what is missing.
    mutating func endpoint(of name: TenantName, _ section: Section) -> EndpointSettings? {
        let location = location(section)
        let auth = section.choice("auth", of: Authentication.self)
        if section["auth"] == nil {
            let all = Authentication.allCases.map(\.rawValue).joined(separator: ", ")
            findings.add(section.place.inside("auth", line: section.place.line), "is missing: one of \(all)")
        }
        let endpoint = endpoint(
            EndpointSettings(location: location ?? .domain(""), auth: auth ?? .basic), section)
        if auth == .oauth, endpoint.tokenHosts.isEmpty, section["token_hosts"].map({ isEmptyList($0) }) != false {
            findings.add(
                section.place(of: "auth"),
                "is oauth, and there are no token_hosts: "
                    + "without them any host that the tenant names would be handed the password")
        }
        return location == nil || auth == nil ? nil : endpoint
    }

    /// The values that a profile may give as well as a tenant.
    func endpoint(_ standard: EndpointSettings, _ section: Section) -> EndpointSettings {
        var endpoint = standard
        if let text = section.text("configuration_name") {
            let isName = (1...128).contains(text.value.utf8.count) && text.value.utf8.allSatisfy(isNameByte)
            if isName {
                endpoint.configurationName = text.value
            } else {
                findings.add(text.place, "is \(quoted(text.value)): it should be as Microsoft.PowerShell")
            }
        }
        // Kept even where a tenant names none of its own: an unknown word is noted here, for profiles too.
        endpoint.auth = section.choice("auth", of: Authentication.self) ?? endpoint.auth
        endpoint.atLimit = section.choice("at_limit", of: LimitBehaviour.self) ?? endpoint.atLimit
        if let path = section["ca_file"].map({ _ in section.path("ca_file", else: "") }), !path.isEmpty {
            endpoint.caFile = path
        }
        if let text = section.text("proxy") { endpoint.proxy = proxy(text) ?? endpoint.proxy }
        if let path = section["capture"].map({ _ in section.path("capture", else: "") }), !path.isEmpty {
            endpoint.capture = path
        }
        endpoint.tokens = tokens(section)
        endpoint.tokenHosts = hosts("token_hosts", section)
        endpoint.redirectHosts = hosts("redirect_hosts", section)
        endpoint.affinityCookies = cookies(section)
        return endpoint
    }

    private func tokens(_ section: Section) -> TokenSettings {
        var tokens = TokenSettings()
        tokens.grant = section.choice("grant", of: TokenSettings.Grant.self) ?? tokens.grant
        tokens.form = section.choice("token_as", of: TokenSettings.Form.self) ?? tokens.form
        tokens.endpoint = section.text("token_endpoint").flatMap { uri($0, schemes: ["https"]) }
        tokens.clientID = printable("client_id", section)
        tokens.scope = printable("scope", section)
        if tokens.grant == .clientCredentials, section["client_id"] == nil {
            findings.add(section.place(of: "grant"), "is client_credentials, and there is no client_id")
        }
        return tokens
    }

    /// A word or several that go into a form.
    private func printable(_ key: String, _ section: Section) -> String? {
        guard let text = section.text(key) else { return nil }
        guard (1...1024).contains(text.value.utf8.count), text.value.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else {
            findings.add(text.place, "is \(quoted(text.value)): it should be printable ASCII")
            return nil
        }
        return text.value
    }

    private mutating func location(_ section: Section) -> EndpointSettings.Location? {
        let domain = section.text("domain").flatMap { self.domain($0) }
        let discovery = section.text("discovery_uri").flatMap { uri($0, schemes: ["https", "http"]) }
        let endpoint = section.text("endpoint").flatMap { uri($0, schemes: ["https"]) }
        if section["discovery_uri"] != nil, let second = section["endpoint"] {
            findings.add(second.place, "skips discovery, and discovery_uri asks for it: give one of them")
            return nil
        }
        if let endpoint { return .endpoint(uri: endpoint, domain: domain) }
        if let discovery { return .discovery(uri: discovery, domain: domain) }
        if let domain { return .domain(domain) }
        if section["domain"] == nil, section["discovery_uri"] == nil, section["endpoint"] == nil {
            findings.add(
                section.place.inside("domain", line: section.place.line),
                "is missing: domain for autodiscovery, or discovery_uri, or endpoint")
        }
        return nil
    }

    /// A domain, which only one tenant may have: two would each count the same organization's sessions as their own.
    private mutating func domain(_ text: Text) -> String? {
        let domain = text.value.lowercased()
        guard isHostName(domain) else {
            findings.add(text.place, "is \(quoted(text.value)): it should be a domain, as litwareinc.com")
            return nil
        }
        if let first = domains[domain] {
            findings.add(
                text.place, "\(domain) is already \(escaped(first.key)) (\(escaped(first.file)):\(first.line))")
        } else {
            domains[domain] = text.place
        }
        return domain
    }

    /// An address with no user, no fragment and nothing unprintable in it, as it was written.
    private func uri(_ text: Text, schemes: [String]) -> String? {
        let scheme = schemes.first { text.value.hasPrefix("\($0)://") }
        let rest = text.value.dropFirst((scheme?.utf8.count ?? 0) + 3)
        let authority = rest.prefix { $0 != "/" && $0 != "?" }
        let isPlain = rest.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }
        guard scheme != nil, isPlain, isAuthority(authority), text.value.utf8.count <= 2048 else {
            let form = "\(schemes.joined(separator: " or "))://host[:port]/path"
            findings.add(text.place, "is \(quoted(text.value)): it should be as \(form)")
            return nil
        }
        return text.value
    }

    private func proxy(_ text: Text) -> EndpointSettings.Proxy? {
        if text.value == "none" { return EndpointSettings.Proxy.none }
        let scheme = ["http", "https", "socks5h"].first { text.value.hasPrefix("\($0)://") }
        guard let scheme, isAuthority(text.value.dropFirst(scheme.utf8.count + 3)) else {
            findings.add(
                text.place,
                "is \(quoted(text.value)): it should be as http://host:port, https or socks5h alike, or none")
            return nil
        }
        return .at(text.value)
    }

    private func isAuthority(_ text: Substring) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), isHostName(parts[0]) else { return false }
        return parts.count == 1 || parts[1].utf8.count <= 5 && (UInt16(parts[1]) ?? 0) > 0
    }

    /// Hosts as somebody lists them: a name, with a port where it is not that of https.
    private func hosts(_ key: String, _ section: Section) -> [String] {
        (section.list(key) ?? []).compactMap { text in
            let host = text.value.lowercased()
            if isAuthority(host[...]) { return host }
            let hint = host.hasPrefix("*.") ? ". Leave out the `*.`: hosts below it count anyway" : ""
            findings.add(text.place, "\(quoted(text.value)) is not the name of a host\(hint)")
            return nil
        }
    }

    private func cookies(_ section: Section) -> [String] {
        (section.list("affinity_cookies") ?? []).compactMap { text in
            if (1...128).contains(text.value.utf8.count), text.value.utf8.allSatisfy(isNameByte) { return text.value }
            findings.add(text.place, "\(quoted(text.value)) is not the name of a cookie")
            return nil
        }
    }

    /// Labels of letters, digits and inner dashes, by dots. Names in other scripts are written as DNS has them.
    private func isHostName(_ text: some StringProtocol) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { isNameByte($0) && $0 != UInt8(ascii: "_") && $0 != UInt8(ascii: ".") }
            }
    }

    private func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private func isEmptyList(_ setting: Setting) -> Bool {
        if case .list(let elements) = setting.content { elements.isEmpty } else { false }
    }
}
