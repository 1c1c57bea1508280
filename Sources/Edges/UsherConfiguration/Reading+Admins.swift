import UsherCore

extension Reading {
    /// The tenant's accounts, in file order.
    mutating func admins(of tenant: TenantRules, _ section: Section) -> [AdminRules] {
        let accounts = section["admins"].map { Section($0, findings) }
        guard let accounts, !accounts.entries.isEmpty else {
            let place = section["admins"]?.place ?? section.place.inside("admins", line: section.place.line)
            findings.add(place, "is missing: name at least one account")
            return []
        }
        return accounts.entries.compactMap { admin($0.name, Section($0.value, findings), tenant) }
    }

    private mutating func admin(_ text: String, _ section: Section, _ tenant: TenantRules) -> AdminRules? {
        section.expect(Keys.admin, elsewhere: Keys.home)
        guard let name = AdminName(text) else {
            findings.add(
                section.place,
                "\(quoted(text)) cannot be an account's short name: "
                    + "it should be 1 to 63 of a-z, 0-9, - _ and ., the first a letter or digit")
            return nil
        }
        var admin = AdminRules(name: name)
        admin.upn = upn(section, isRequired: tenant.kind == .shells)
        readUsers(section, into: &admin)
        if let credential = section.text("credential") {
            if tenant.kind == .seats {
                findings.add(credential.place, "means nothing with `protocol: none`: nobody logs in")
            } else if isFileName(credential.value) {
                configuration.endpoints[tenant.name]?.credentials[name] = credential.value
            } else {
                findings.add(
                    credential.place,
                    "is \(quoted(credential.value)): it should be the name of a file in the credentials directory, "
                        + "of a-z, A-Z, 0-9, - _ and .")
            }
        }
        return admin
    }

    /// The full name of the account. No other account may have it, here or at another tenant: the seats would be
    /// counted twice over, once for each.
    private mutating func upn(_ section: Section, isRequired: Bool) -> String? {
        guard let text = section.text("upn") else {
            if isRequired, section["upn"] == nil {
                findings.add(
                    section.place.inside("upn", line: section.place.line),
                    "is missing: the account's name at the tenant, as in kenmyer@litwareinc.com")
            }
            return nil
        }
        let parts = text.value.utf8.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        // A colon would end the name early in basic authentication.
        let isPlain = text.value.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != UInt8(ascii: ":") }
        guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty, isPlain, text.value.utf8.count <= 256 else {
            findings.add(text.place, "is \(quoted(text.value)): it should be as kenmyer@litwareinc.com")
            return nil
        }
        // Tenants do not tell capitals apart in a name.
        if let first = upns.updateValue(text.place, forKey: text.value.lowercased()) {
            upns[text.value.lowercased()] = first
            findings.add(
                text.place, "\(text.value) is already \(escaped(first.key)) (\(escaped(first.file)):\(first.line))")
        }
        return text.value
    }

    /// Who may act as the account. An empty list is nobody, on purpose; none at all is an oversight.
    private mutating func readUsers(_ section: Section, into admin: inout AdminRules) {
        guard let names = section.list("users") else {
            findings.add(
                section.place.inside("users", line: section.place.line),
                #"is missing: the local users who may act as this account, as in [ken, "@netops"]"#)
            return
        }
        for name in names {
            if name.value.hasPrefix("@") {
                let group = group(Text(place: name.place, value: String(name.value.dropFirst())))
                if let group { admin.groups.insert(group) }
            } else if let user = user(name) {
                admin.users.insert(user)
            }
        }
    }

    private func isFileName(_ name: String) -> Bool {
        guard (1...255).contains(name.utf8.count), name != ".", name != ".." else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
    }
}
