import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Words for the shell to complete, asked from the daemon: quickly, and none where it does not answer.
enum Completion {
    /// A person waits with a finger on the tab key.
    private static let within: Duration = .milliseconds(300)

    /// The tenants the caller may use.
    @Sendable static func tenants(_ arguments: [String], _ index: Int, _ prefix: String) -> [String] {
        names("tenants", "tenant", .listTenants, arguments, prefix)
    }

    /// The sessions the caller may see; after --mine the tenants.
    @Sendable static func sessions(_ arguments: [String], _ index: Int, _ prefix: String) -> [String] {
        guard !arguments.contains("--mine") else { return tenants(arguments, index, prefix) }
        return names("sessions", "session", .listSessions, arguments, prefix)
    }

    /// Both, where either may stand.
    @Sendable static func targets(_ arguments: [String], _ index: Int, _ prefix: String) -> [String] {
        tenants(arguments, index, prefix) + names("sessions", "session", .listSessions, arguments, prefix)
    }

    private static func names(
        _ list: String, _ field: String, _ method: Method, _ arguments: [String], _ prefix: String
    ) -> [String] {
        let address = BrokerAddress.choose(asked: socket(arguments)) { name in getenv(name).map { String(cString: $0) }
        }
        guard let client = try? BrokerClient.connectAtOnce(to: address),
            let reply = try? client.call(method.call(), within: within)
        else { return [] }
        return (reply[list]?.array ?? []).compactMap { $0.object?[field]?.string }
            .filter { $0.hasPrefix(prefix) && $0 == $0.madeVisible }
    }

    private static func socket(_ arguments: [String]) -> String? {
        if let index = arguments.firstIndex(of: "--socket"), index + 1 < arguments.count { return arguments[index + 1] }
        return arguments.first { $0.hasPrefix("--socket=") }.map { String($0.dropFirst("--socket=".count)) }
    }
}
