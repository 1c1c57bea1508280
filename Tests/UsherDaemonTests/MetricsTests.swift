import Testing
import UsherAPI
import UsherTestKit
import Varlink

@testable import UsherCore
@testable import UsherDaemon

/// Numbers for those who watch the broker over weeks.
@Suite struct MetricsTests {
    var tally = Tally()

    private func metrics(_ tenants: [TenantView] = Array(TenantView.all.prefix(2))) -> JSONObject {
        let about = About(version: "1.2", url: "", since: .start)
        return Metrics(about: about, startedAt: 1_700_000_000, connections: 5, .sample, tenants, tally).values
    }

    @Test func `each name is there once, and what belongs to one name stands together`() {
        let names = metrics().map(\.key)
        #expect(Set(names).count == names.count)
        let families = names.map { name in
            String(name.prefix { $0 != "{" }).replacing(/_(bucket|sum|count)$/, with: "")
        }
        let runs = families.indices.count { $0 == 0 || families[$0] != families[$0 - 1] }
        #expect(runs == Set(families).count)
    }

    @Test func `the broker's state, its tenants and their accounts are told`() {
        let metrics = metrics()
        #expect(metrics["usher_info{version=\"1.2\"}"] == 1)
        #expect(metrics["usher_start_time_seconds"] == 1_700_000_000)
        #expect(metrics["usher_state{state=\"draining\"}"] == 1)
        #expect(metrics["usher_state{state=\"running\"}"] == 0)
        #expect(metrics["usher_grants_blocked"] == 1)
        #expect(metrics["usher_connections"] == 5)
        #expect(metrics["usher_sessions{tenant=\"litware\",state=\"unconfirmed\"}"] == 1)
        #expect(metrics["usher_sessions{tenant=\"litware\",state=\"busy\"}"] == 0)
        #expect(metrics["usher_seats_in_use{tenant=\"litware\",admin=\"kenmyer\"}"] == 3)
        #expect(metrics["usher_seats_limit{tenant=\"litware\",scope=\"organization\"}"] == 9)
        #expect(metrics["usher_tenant_locked{tenant=\"litware\"}"] == 1)
    }

    @Test mutating func `a grant is counted in every bound that it is not beyond`() {
        for span in [Duration.milliseconds(5), .milliseconds(6), .seconds(3), .hours(2)] {
            tally.granted(.litware, after: span)
        }
        let metrics = metrics()
        let counts = ["0.005", "0.05", "0.5", "2.0", "10.0", "60.0", "300.0", "1800.0", "+Inf"].map {
            metrics["usher_acquire_seconds_bucket{tenant=\"litware\",le=\"\($0)\"}"]
        }
        #expect(counts == [1, 2, 2, 2, 3, 3, 3, 3, 4])
        #expect(metrics["usher_acquire_seconds_sum{tenant=\"litware\"}"] == .double(7203.011))
        #expect(metrics["usher_acquire_seconds_count{tenant=\"litware\"}"] == 4)
    }

    @Test mutating func `refusals are told of those tenants that the caller sees`() {
        for _ in 1...3 { tally.refused(.litware, APIError.quotaExceeded.qualifiedName) }
        tally.refused(.litware, APIError.draining.qualifiedName)
        tally.refused(.console, APIError.quotaExceeded.qualifiedName)
        let seen = metrics([TenantView.all[0]])
        #expect(seen["usher_refusals_total{tenant=\"litware\",error=\"QuotaExceeded\"}"] == 3)
        #expect(seen["usher_refusals_total{tenant=\"litware\",error=\"Draining\"}"] == 1)
        #expect(!seen.contains { $0.key.contains("tenant=\"console\"") })
    }

    @Test mutating func `beginnings and ends are those that were recorded`() throws {
        var desk = Desk()
        let ids = try (1...3).map { _ in try desk.open(.ken(), "console", lease: .detached) }
        var records: [Record] = []
        for id in ids { records.append(.taken(try #require(desk.broker.records.first { $0.identity.id == id }))) }
        records += [.ended(ids[0], .closed, at: .start), .ended(ids[1], .idleTimeout, at: .start)]
        tally.wrote(records)
        let metrics = metrics()
        #expect(metrics["usher_sessions_began_total"] == 3)
        #expect(metrics["usher_sessions_ended_total{reason=\"closed\"}"] == 1)
        #expect(metrics["usher_sessions_ended_total{reason=\"idleTimeout\"}"] == 1)
        #expect(metrics["usher_sessions_ended_total{reason=\"evicted\"}"] == 0)
    }

    @Test func `a label is harmless whatever is in it`() {
        let about = About(version: "a\"b\\c\nd", url: "", since: .start)
        let values = Metrics(about: about, startedAt: 0, connections: 0, .sample, [], tally).values
        #expect(values.map(\.key).first == "usher_info{version=\"a\\\"b\\\\c\\nd\"}")
    }
}
