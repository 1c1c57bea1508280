import UsherCore

/// What is at the other end of a tenant's sessions.
private enum TenantProtocol: String, CaseIterable {
    /// PowerShell remoting: shells.
    case shells = "psrp"
    /// Nothing of ours: seats.
    case seats = "none"
}

extension Reading {
    private static let lengths = Duration.seconds(1) ... .hours(365 * 24)

    /// Those shipped, changed and added to by those written. Each is checked by itself, used or not.
    mutating func readProfiles(_ section: Section) {
        for profile in Profile.shipped { profiles[profile.name] = profile.setting }
        for entry in section.entries {
            let own = Section(entry.value, findings)
            if AdminName(entry.name) == nil {
                findings.add(entry.value.place, "\(quoted(entry.name)) cannot be a profile's name: use a-z, 0-9 and -")
            }
            own.expect(Keys.profile, elsewhere: Keys.home)
            _ = rules(TenantRules(name: Self.anyName), own)
            _ = endpoint(EndpointSettings(location: .domain(""), auth: .basic), own)
            var profile = profiles[entry.name] ?? Setting(place: entry.value.place, content: .section([]))
            if case .section = entry.value.content { profile.lay(entry.value) }
            profiles[entry.name] = profile
        }
    }

    /// The tenants, in the order in which they were first written.
    mutating func readTenants(_ section: Section) {
        configuration.rules.tenants = section.entries.compactMap { tenant($0.name, $0.value) }
    }

    private mutating func tenant(_ text: String, _ setting: Setting) -> TenantRules? {
        let own = Section(setting, findings)
        guard let name = TenantName(text) else {
            let why =
                SessionID(text) == nil
                ? "it should be 1 to 63 of a-z, 0-9, - _ and ., the first a letter or digit"
                : "it has the form of a session's id, and commands take either"
            findings.add(setting.place, "\(quoted(text)) cannot be a tenant's name: \(why)")
            return nil
        }
        own.expect(Keys.tenant + Keys.profile, elsewhere: Keys.home)
        let isShells = own.choice("protocol", of: TenantProtocol.self) != .seats
        let profileName = own.text("profile").flatMap(profile)
        let section = Section(laidOverProfile(setting, profileName), findings)

        var tenant = TenantRules(name: name)
        tenant.kind = isShells ? .shells : .seats
        tenant.profile = profileName
        tenant = rules(tenant, section)
        if isShells {
            if profileName != nil { checkIdle(tenant, own, section) }
            if own["profile"] == nil { requireLimits(own) }
            if let endpoint = endpoint(of: name, section) { configuration.endpoints[name] = endpoint }
        } else {
            for entry in own.entries where Keys.connection.contains(entry.name) {
                findings.add(entry.value.place, "means nothing with `protocol: none`: there is no connection of ours")
            }
            tenant.tenantIdle = TenantRules(name: name).tenantIdle
            tenant.keepWarm = .zero
        }
        checkReserve(tenant, section)
        tenant.admins = admins(of: tenant, section)
        return tenant
    }

    /// The profile's name if there is such a profile; else nil after noting it.
    private func profile(_ text: Text) -> String? {
        if profiles[text.value] != nil { return text.value }
        let hint = NearMiss.hint(for: text.value, among: profiles.keys.sorted())
        findings.add(text.place, "there is no profile \(quoted(text.value))\(hint)")
        return nil
    }

    private func laidOverProfile(_ setting: Setting, _ profile: String?) -> Setting {
        guard case .section = setting.content, var whole = profile.flatMap({ profiles[$0] }) else { return setting }
        whole.lay(setting)
        whole.place = setting.place
        return whole
    }

    /// The values that a profile may give as well as a tenant.
    private func rules(_ standard: TenantRules, _ section: Section) -> TenantRules {
        var rules = standard
        rules.sessionsPerAdmin = section.number("sessions_per_admin", in: 1...10_000, else: rules.sessionsPerAdmin)
        rules.sessionsPerOrganization = section.numberOrNone(
            "sessions_per_organization", in: 1...100_000, else: rules.sessionsPerOrganization)
        rules.reserve = section.number("reserve", in: 0...100_000, else: rules.reserve)
        rules.idleTimeout = section.durationOrNone("idle_timeout", in: Self.lengths, else: rules.idleTimeout)
        rules.tenantIdle = section.duration("tenant_idle", in: Self.lengths, else: rules.tenantIdle)
        rules.maximumAge = section.durationOrNone("maximum_age", in: Self.lengths, else: rules.maximumAge)
        rules.keepWarm = section.duration("keep_warm", in: .zero ... .hours(24), else: rules.keepWarm)
        rules.createsPerMinute = section.numberOrNone(
            "creates_per_minute", in: 1...10_000, else: rules.createsPerMinute)
        return rules
    }

    /// Facts about somebody else's machine that no default can know.
    private func requireLimits(_ own: Section) {
        for key in ["sessions_per_admin", "idle_timeout", "tenant_idle"] where own[key] == nil {
            findings.add(
                own.place.inside(key, line: own.place.line), "is missing: give it, or a profile that knows it")
        }
    }

    /// We must close a session before the tenant forgets it, with time for the Delete to arrive. A tenant whose
    /// own `tenant_idle` says otherwise has been thought about.
    private func checkIdle(_ tenant: TenantRules, _ own: Section, _ section: Section) {
        guard own["tenant_idle"] == nil else { return }
        let latest = tenant.tenantIdle - .seconds(30)
        if let timeout = tenant.idleTimeout, timeout <= latest { return }
        let timeout = tenant.idleTimeout?.spelledOut ?? "none"
        findings.add(
            firstWritten(["idle_timeout", "tenant_idle", "profile"], section),
            "idle_timeout is \(timeout), and tenant_idle \(tenant.tenantIdle.spelledOut): "
                + "at most \(max(.zero, latest).spelledOut), or the tenant forgets a session before we close it. "
                + "If it does not, set tenant_idle on this tenant")
    }

    private func checkReserve(_ tenant: TenantRules, _ section: Section) {
        let (key, limit) =
            tenant.sessionsPerOrganization.map { ("sessions_per_organization", $0) }
            ?? ("sessions_per_admin", tenant.sessionsPerAdmin)
        guard tenant.reserve >= limit else { return }
        findings.add(
            firstWritten(["reserve", key, "profile"], section),
            "reserve is \(tenant.reserve), and \(key) \(limit): no seat would be left")
    }

    /// Where the first of the keys stands that a person wrote; else the tenant.
    private func firstWritten(_ keys: [String], _ section: Section) -> Place {
        keys.lazy.compactMap { section[$0]?.place }.first { $0.isWritten } ?? section.place
    }

    /// A profile is read by the same rules as a tenant, which have to have a name.
    private static let anyName = TenantName("profile")!
}
