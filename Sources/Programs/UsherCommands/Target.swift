import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// What a verb works on: a session that is named, or a tenant at which there is one or can be one.
enum Target: Hashable, Sendable, ExpressibleByArgument {
    case session(String)
    case tenant(String)

    init(argument: String) { self = Self.isSession(argument) ? .session(argument) : .tenant(argument) }

    var text: String {
        switch self {
        case .session(let text), .tenant(let text): text
        }
    }

    /// Whether `text` has the form of a session's id: `s`, a number that does not begin with 0, and two digits of base
    /// 32. No tenant has a name of that form.
    private static func isSession(_ text: String) -> Bool { hasForm(text, lowerDigits: 2) }

    /// Whether a session's id may begin so. A tenant may be called so, too.
    private static func mayBeginSession(_ text: String) -> Bool { (0...1).contains { hasForm(text, lowerDigits: $0) } }

    private static func hasForm(_ text: String, lowerDigits: Int) -> Bool {
        let bytes = Array(text.utf8)
        guard (2 + lowerDigits...20).contains(bytes.count), bytes[0] == UInt8(ascii: "s"), bytes[1] != UInt8(ascii: "0")
        else {
            return false
        }
        let base32 = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        return bytes[1..<bytes.count - lowerDigits].allSatisfy { (0x30...0x39).contains($0) }
            && bytes.suffix(lowerDigits).allSatisfy(base32.contains)
    }

    /// Inside `usher hold` at this tenant the session that is held; where no tenant is called so, the session whose id
    /// begins so; itself otherwise.
    ///
    /// Who names an admin means that one: then the held session is taken only if it is his.
    func resolved(as admin: String?, at address: BrokerAddress, console: Console) throws -> Target {
        guard case .tenant(let tenant) = self else { return self }
        if admin == nil, Self.mayBeginSession(tenant) {
            let tenants = try BrokerClient.connect(to: address).call(Method.listTenants.call())["tenants"]?.array ?? []
            return tenants.contains { $0.object?["tenant"]?.string == tenant } ? self : .session(tenant)
        }
        guard console.environment("USHER_TENANT") == tenant,
            let held = console.environment("USHER_SESSION"), Self.isSession(held)
        else { return self }
        guard let admin else { return .session(held) }
        let reply = try BrokerClient.connect(to: address).call(
            Method.listSessions.call(["tenant": .string(tenant)]))
        let owner = reply["sessions"]?.array?.compactMap(\.object).first { $0["session"]?.string == held }
        return owner?["admin"]?.string == admin ? .session(held) : self
    }
}

/// What `run`, `import`, `commands` and `shell` take: where, and how to get a session there.
struct TargetOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("The tenant, or one of your sessions.", valueName: "tenant|session"),
        completion: .custom(Completion.targets))
    var target: Target

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "Act as this admin; else as $USHER_ADMIN says, else as the first one that maps you.", valueName: "admin"))
    var admin: String?

    @Option(help: ArgumentHelp("Wait for a seat for so long: 90s, 2m, 1h30m.", valueName: "duration"))
    var wait: Span?

    @Option(help: ArgumentHelp("Tell the others who hold sessions what yours is for.", valueName: "text"))
    var purpose: String?

    func validate() throws {
        guard case .session = target else { return }
        let given = [("--as", admin != nil), ("--wait", wait != nil), ("--purpose", purpose != nil)].filter(\.1)
        guard given.isEmpty else {
            throw ValidationError("\(given[0].0) goes with a tenant; \(target.text) is a session, which has its own.")
        }
    }

    /// The request for a session at `tenant`.
    func acquisition(at tenant: String, reusing: Bool, _ console: Console) -> Acquisition {
        Acquisition(
            tenant: tenant, admin: admin ?? console.namedAdmin, purpose: purpose,
            patience: wait.map { .seconds($0.seconds) }, reuses: reusing, runsPipelines: true)
    }

    /// What somebody would type again.
    func attempt(_ verb: String, tail: String = "") -> Attempt {
        let named = admin.map { " --as \($0.madeVisible)" } ?? ""
        return Attempt(verb: verb, target: target.text.madeVisible + named, tail: tail)
    }
}
