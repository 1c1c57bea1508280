internal import UsherAPI
internal import UsherCore
internal import Varlink

/// The broker in numbers, under the names by which Prometheus knows them, labels included; what belongs to one name stands
/// together.
struct Metrics {
    private(set) var values = JSONObject()

    init(
        about: About, startedAt: Int64, connections: Int, _ status: StatusView, _ tenants: [TenantView], _ tally: Tally
    ) {
        add("info", [("version", about.version)], 1)
        add("start_time_seconds", [], startedAt)
        for phase in StatusView.Phase.allCases {
            add("state", [("state", phase.rawValue)], status.phase == phase ? 1 : 0)
        }
        add("grants_blocked", [], status.trouble == nil ? 0 : 1)
        add("connections", [], connections)
        for tenant in tenants {
            for state in SessionState.allCases where state != .closed {
                add("sessions", [label(tenant), ("state", state.rawValue)], tenant.states[state] ?? 0)
            }
        }
        for tenant in tenants {
            for admin in tenant.admins {
                add("seats_in_use", [label(tenant), ("admin", "\(admin.name)")], admin.inUse)
            }
        }
        for tenant in tenants {
            add("seats_limit", [label(tenant), ("scope", Scope.admin.rawValue)], tenant.rules.limitPerAdmin)
            if let limit = tenant.rules.limitPerOrganization {
                add("seats_limit", [label(tenant), ("scope", Scope.organization.rawValue)], limit)
            }
        }
        for tenant in tenants { add("waiting", [label(tenant)], tenant.waiting) }
        for tenant in tenants { add("tenant_locked", [label(tenant)], tenant.lock == nil ? 0 : 1) }
        for tenant in tenants { add(tally.tenants[tenant.rules.name]?.grants ?? Tally.Histogram(), of: tenant) }
        for tenant in tenants {
            let refusals = tally.tenants[tenant.rules.name]?.refusals ?? [:]
            for (error, count) in refusals.sorted(by: { $0.key < $1.key }) {
                add(
                    "refusals_total", [label(tenant), ("error", String(error.dropFirst(Interface.name.count + 1)))],
                    count)
            }
        }
        add("sessions_began_total", [], tally.began)
        for reason in EndReason.allCases {
            add("sessions_ended_total", [("reason", reason.rawValue)], tally.ended[reason] ?? 0)
        }
    }

    private func label(_ tenant: TenantView) -> (String, String) { ("tenant", "\(tenant.rules.name)") }

    /// A histogram as Prometheus has it: each count includes those before it.
    private mutating func add(_ histogram: Tally.Histogram, of tenant: TenantView) {
        var below = 0
        for (count, bound) in zip(histogram.counts, Tally.Histogram.bounds.map { "\($0.seconds)" } + ["+Inf"]) {
            below += count
            add("acquire_seconds_bucket", [label(tenant), ("le", bound)], below)
        }
        values.append(Self.name("acquire_seconds_sum", [label(tenant)]), .double(histogram.sum.seconds))
        add("acquire_seconds_count", [label(tenant)], below)
    }

    private mutating func add(_ name: String, _ labels: [(String, String)], _ value: some BinaryInteger) {
        values.append(Self.name(name, labels), .int(Int64(value)))
    }

    private static func name(_ name: String, _ labels: [(String, String)]) -> String {
        let pairs = labels.map { label, value in
            // The three that the exposition format escapes.
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
            return "\(label)=\"\(escaped)\""
        }
        return "usher_\(name)" + (pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}")
    }
}

extension Duration {
    fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
