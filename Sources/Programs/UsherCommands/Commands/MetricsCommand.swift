import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Print counters and gauges
struct MetricsCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Print counters and gauges",
        discussion: """
            Prints them as Prometheus reads them, for the textfile collector of its node exporter for example; with \
            --format as records. Of the tenants you may see; counters begin with the daemon.
            """)

    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        let metrics = try shared.connect(console).call(Method.getMetrics.call())["metrics"]?.object ?? [:]
        guard shared.format == nil else {
            let writer = writer([Column("NAME", "name"), Column("VALUE", "value")], in: console)
            for metric in metrics { try writer.add(["name": .string(metric.key), "value": metric.value]) }
            return try writer.finish()
        }
        for line in Exposition.lines(metrics) { try console.output.write(line: line) }
        try console.output.flush()
    }
}

/// The text format of Prometheus.
enum Exposition {
    /// A line for each value, and before those of one name what it means and what it is.
    static func lines(_ metrics: JSONObject) -> [String] {
        var lines: [String] = []
        var family = ""
        for metric in metrics {
            let name = metric.key.madeVisible
            let (base, type) = Self.family(String(name.prefix { $0 != "{" }))
            if base != family {
                family = base
                if let help = help[base] { lines.append("# HELP \(base) \(help)") }
                lines.append("# TYPE \(base) \(type)")
            }
            lines.append("\(name) \(metric.value.plainText.madeVisible)")
        }
        return lines
    }

    /// What a name belongs to, and of which kind that is: the ends of names say so.
    private static func family(_ name: String) -> (base: String, type: String) {
        if name.hasSuffix("_total") { return (name, "counter") }
        for end in ["_bucket", "_sum", "_count"] where name.hasSuffix(end) {
            return (String(name.dropLast(end.count)), "histogram")
        }
        return (name, "gauge")
    }

    /// Of names that a newer broker has as well, nothing is said.
    private static let help = [
        "usher_info": "The version of usherd, as a label.",
        "usher_start_time_seconds": "When usherd started, in seconds since 1970.",
        "usher_state": "1 for the state that usherd is in.",
        "usher_grants_blocked": "1 while something stands in the way of all new sessions.",
        "usher_connections": "Clients that are connected.",
        "usher_sessions": "Sessions by their state.",
        "usher_seats_in_use": "Seats that an account has in use.",
        "usher_seats_limit": "Seats there are, for one account and for the organization.",
        "usher_waiting": "Requests that wait for a seat.",
        "usher_tenant_locked": "1 while an operator has the tenant locked.",
        "usher_acquire_seconds": "How long it took those who got a session, from asking to having it.",
        "usher_refusals_total": "Requests for a session that were refused, by the error.",
        "usher_sessions_began_total": "Sessions that began.",
        "usher_sessions_ended_total": "Sessions that ended, by the reason.",
    ]
}
