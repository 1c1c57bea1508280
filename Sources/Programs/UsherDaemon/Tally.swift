internal import UsherCore

/// What became of requests and sessions since the daemon started.
///
/// Beside the broker and not in it: a failed commit sets the broker back, and what people were told is not untold.
struct Tally {
    /// By tenants that are, or were, configured.
    private(set) var tenants: [TenantName: OfTenant] = [:]
    private(set) var began = 0
    private(set) var ended: [EndReason: Int] = [:]

    struct OfTenant {
        /// How long those waited who got a session, from the request to the answer.
        var grants = Histogram()
        /// Those who got none, by the full name of the error they were told.
        var refusals: [String: Int] = [:]
    }

    /// How many lasted how long.
    struct Histogram {
        /// A grant takes milliseconds, an opening seconds, a wait up to an hour.
        static let bounds: [Duration] = [
            .milliseconds(5), .milliseconds(50), .milliseconds(500), .seconds(2), .seconds(10), .seconds(60),
            .seconds(300), .seconds(1800),
        ]
        /// One for each bound, and one for all beyond.
        private(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
        private(set) var sum = Duration.zero

        mutating func add(_ span: Duration) {
            counts[Self.bounds.firstIndex { span <= $0 } ?? Self.bounds.count] += 1
            sum += span
        }
    }

    mutating func granted(_ tenant: TenantName, after span: Duration) {
        tenants[tenant, default: OfTenant()].grants.add(span)
    }

    mutating func refused(_ tenant: TenantName, _ error: String) {
        tenants[tenant, default: OfTenant()].refusals[error, default: 0] += 1
    }

    /// These are durable.
    mutating func wrote(_ records: [Record]) {
        for record in records {
            switch record {
            case .taken: began += 1
            case .ended(_, let reason, _): ended[reason, default: 0] += 1
            default: break
            }
        }
    }
}
