internal import CLinux
internal import Glibc
internal import Systemd
internal import UsherCore
internal import UsherTenant

/// Secrets that people gave, across a restart of the daemon: each in sealed memory that the service manager holds meanwhile.
/// They are never on disk. Where nobody holds them, a restart forgets them and `usher login` gives them anew.
struct LoginVault {
    private let store = DescriptorStore()

    /// One line each: whose, for which account, the secret.
    private static let heading = "usher login 1"
    private static let bytesMax = 64 << 10

    /// Has a secret kept, or forgotten.
    func keep(_ owner: UserID, _ account: Account, _ secret: Secret?) {
        let name = "login-\(owner)-\(account.tenant)-\(account.admin)"
        guard let secret else { return store.drop(name) }
        let lines = [Self.heading, "\(owner)", "\(account.tenant)", "\(account.admin)", secret.reveal()]
        var bytes = Array(lines.joined(separator: "\n").utf8)
        defer { for index in bytes.indices { bytes[index] = 0 } }
        let memory = usher_sealed_memory("usher-login", bytes, bytes.count)
        guard memory >= 0 else { return }
        store.keep(memory, name: name)
        close(memory)
    }

    /// What an earlier life had kept. Descriptors of ours are closed; the service manager has its own until they are dropped.
    static func open(_ inherited: [InheritedSockets.Named]) -> [Login] {
        inherited.compactMap { named in
            defer { close(named.descriptor) }
            guard named.name.hasPrefix(DescriptorStore.namePrefix + "login-") else { return nil }
            return Login(named.descriptor)
        }
    }

    /// A secret and whose it is.
    struct Login {
        let owner: UserID
        let account: Account
        let secret: Secret

        /// Nil for what is not ours: only memory that nobody could have changed is believed.
        init?(_ descriptor: Int32) {
            guard usher_is_sealed_memory(descriptor) != 0 else { return nil }
            var bytes = [UInt8](repeating: 0, count: LoginVault.bytesMax)
            defer { for index in bytes.indices { bytes[index] = 0 } }
            let count = pread(descriptor, &bytes, bytes.count, 0)
            guard let text = String(validating: bytes.prefix(max(0, count)), as: UTF8.self) else { return nil }
            let lines = text.split(separator: "\n", maxSplits: 4, omittingEmptySubsequences: false).map(String.init)
            guard lines.count == 5, lines[0] == LoginVault.heading, let owner = UInt32(lines[1]),
                let tenant = TenantName(lines[2]), let admin = AdminName(lines[3])
            else { return nil }
            self.owner = UserID(owner)
            account = Account(tenant, admin)
            secret = Secret(lines[4])
        }
    }
}
