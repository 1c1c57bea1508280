import UsherCore

extension Reading {
    /// The section `broker`: the daemon's own settings, and what the broker decides by for all tenants alike.
    mutating func readBroker(_ section: Section) {
        section.expect(Keys.broker, elsewhere: Keys.home)
        readSettings(section)
        var rules = Rules()
        rules.operators = operators(section)
        rules.openDeadline = section.duration(
            "open_deadline", in: .seconds(1) ... .minutes(10), else: rules.openDeadline)
        rules.stopTimeout = section.duration("stop_timeout", in: .zero ... .hours(1), else: rules.stopTimeout)
        rules.revealHolders = section.choice("reveal_holders", of: RevealHolders.self) ?? rules.revealHolders
        // Zero is a choice: nobody waits.
        rules.waitingMax = section.number("waiting_max", in: 0...10_000, else: rules.waitingMax)
        rules.waitingMaxPerUser = section.number(
            "waiting_max_per_user", in: 0...10_000, else: rules.waitingMaxPerUser)
        rules.waitMax = section.duration("wait_max", in: .zero ... .hours(7 * 24), else: rules.waitMax)
        rules.auditKeep = section.duration("audit_keep", in: .hours(1) ... .hours(3650 * 24), else: rules.auditKeep)
        configuration.rules = rules
    }

    private mutating func readSettings(_ section: Section) {
        var settings = BrokerSettings()
        // The kernel's address of a socket holds 108 bytes, the last of them zero.
        settings.socket = section.path("socket", bytesMax: 107, else: settings.socket)
        settings.state = section.path("state", else: settings.state)
        settings.credentials = section.path("credentials", else: settings.credentials)
        settings.connectionsMax = section.number("connections_max", in: 1...65_536, else: settings.connectionsMax)
        settings.connectionsPerUser = section.number(
            "connections_per_user", in: 1...65_536, else: min(settings.connectionsPerUser, settings.connectionsMax))
        if settings.connectionsPerUser > settings.connectionsMax {
            findings.add(
                section.place(of: "connections_per_user"),
                "is \(settings.connectionsPerUser), more than connections_max (\(settings.connectionsMax)): "
                    + "one user could keep everybody out")
        }
        settings.slowReader = section.duration(
            "slow_reader", in: .seconds(1) ... .hours(24), else: settings.slowReader)
        configuration.settings = settings
    }

    /// The operators' group. The one of the shipped configuration need not exist, since it is made on
    /// installation; one that was written must.
    private mutating func operators(_ section: Section) -> GroupID? {
        guard let text = section.text("operators") else {
            return acquaintances.group(configuration.settings.operatorsGroupName)
        }
        let name = text.value.hasPrefix("@") ? String(text.value.dropFirst()) : text.value
        configuration.settings.operatorsGroupName = name
        return group(Text(place: text.place, value: name))
    }

    /// The group of that name, or nil after noting why not.
    mutating func group(_ text: Text) -> GroupID? {
        guard isAccountName(text.value), let group = acquaintances.group(text.value) else {
            findings.add(text.place, "there is no group \(quoted(text.value)) on this host")
            return nil
        }
        guard group.rawValue != UserID.nobody.rawValue else {
            findings.add(text.place, "group \(quoted(text.value)) stands for groups the kernel cannot name")
            return nil
        }
        return group
    }

    /// The user of that name, or nil after noting why not.
    mutating func user(_ text: Text) -> UserID? {
        guard isAccountName(text.value), let user = acquaintances.user(text.value) else {
            findings.add(text.place, "there is no user \(quoted(text.value)) on this host")
            return nil
        }
        guard user != .nobody else {
            findings.add(
                text.place,
                "user \(quoted(text.value)) has uid \(user), which stands for everybody the kernel cannot name")
            return nil
        }
        return user
    }

    /// Whether the system may be asked about this name. A zero byte would end it early and make it another's.
    private func isAccountName(_ name: String) -> Bool {
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f && $0 != 0x3a }
    }
}
