internal import Glibc
internal import UsherConfiguration
internal import UsherCore
internal import UsherTenant

/// The files that a configuration names and that somebody else puts there, before or after it.
extension Configuration {
    /// The name of the file with the secret of each account that has one.
    var secretFiles: [Account: String] {
        var files: [Account: String] = [:]
        for tenant in rules.tenants {
            for (admin, file) in endpoints[tenant.name]?.credentials ?? [:] {
                files[Account(tenant.name, admin)] = file
            }
        }
        return files
    }

    /// Where those are. What the service manager gives us goes first.
    var secretDirectories: [CredentialBook.Directory] {
        let own = CredentialBook.Directory(path: settings.credentials, isGuarded: false)
        guard let given = getenv("CREDENTIALS_DIRECTORY") else { return [own] }
        return [CredentialBook.Directory(path: String(cString: given), isGuarded: true), own]
    }

    /// What of all that cannot be used as it is, for `usherd --check`: no fault of the configuration, because a file may come
    /// later, or be there only for the service.
    var missingFiles: [String] {
        let authorities = rules.tenants.compactMap { tenant -> String? in
            guard let file = endpoints[tenant.name]?.caFile, access(file, R_OK) != 0 else { return nil }
            let why = String(cString: strerror(errno))
            return "\(tenant.name): ca_file: \(file): \(why). Until it can be read, no session is opened there."
        }
        let book = CredentialBook()
        book.configure(directories: secretDirectories, files: secretFiles)
        let secrets = book.troubles.map { account, why in
            "\(account.tenant): no secret for \(account.admin): \(why). "
                + "Until there is one, whoever opens as \(account.admin) needs usher login."
        }
        return authorities + secrets
    }
}
