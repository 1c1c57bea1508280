import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// List the tenants you may use
struct TenantsCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "tenants", abstract: "List the tenants you may use",
        discussion: "Shows your admins at each with their use, and how much of the organization's quota is taken.")

    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        let reply = try shared.connect(console).call(Method.listTenants.call())
        let writer = writer(Self.columns, in: console)
        for tenant in reply["tenants"]?.array ?? [] { try tenant.object.map(writer.add) }
        try writer.finish()
        if writer.isEmpty { shared.say("No tenant maps you.", on: console) }
    }

    static var columns: [Column] {
        [
            Column("TENANT", "tenant"),
            Column("IN USE", "inUse") { value, tenant, _ in
                value.plainText + (tenant["limit"]?.int.map { "/\($0)" } ?? "")
            },
            Column("WAITING", "waiting"), Column("UNCONFIRMED", "unconfirmed", fit: .leaveOut),
            Column("ADMINS", "admins", fit: .shrinkLast) { value, tenant, _ in
                (value.array ?? []).compactMap(\.object).map { admin in
                    "\(admin.name("admin")) \(admin.number("inUse"))/\(tenant.number("limitPerAdmin"))"
                }.joined(separator: ", ")
            },
            Column("LOCKED", "locked", fit: .shrinkLast) { value, tenant, _ in
                let left = tenant["lockedForSeconds"]?.int.map { ", for \(Span(seconds: $0))" } ?? ""
                return value.plainText + left
            },
            Column("PROFILE", "profile", fit: .leaveOut),
        ]
    }
}
