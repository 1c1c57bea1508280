internal import NIOCore
internal import Systemd
internal import UsherCore

/// The line that `systemctl status` shows: `litware 7/9 · 1 unconfirmed`.
///
/// Told at most once a second: it is read by people, and a busy broker changes it thousands of times in that time.
final class StatusLine: @unchecked Sendable {
    // Only used on the event loop; the scheduled task is the one thing that carries it there from elsewhere.
    private let eventLoop: any EventLoop
    private let readiness: Readiness
    private let isWanted: Bool
    private var shown = ""
    private var isScheduled = false

    /// Tenants named in the line; the rest is summed up.
    private static let tenantsMax = 8

    init(eventLoop: any EventLoop, readiness: Readiness) {
        self.eventLoop = eventLoop
        self.readiness = readiness
        isWanted = readiness.isWanted
    }

    /// Asks for the broker when the line is due and keeps no copy: one that is held makes the broker copy itself.
    func show(_ loop: BrokerLoop) {
        guard isWanted, !isScheduled else { return }
        isScheduled = true
        eventLoop.scheduleTask(in: shown.isEmpty ? .zero : .seconds(1)) { [self] in
            isScheduled = false
            let text = Self.text(loop.broker)
            guard text != shown else { return }
            shown = text
            readiness.status(text)
        }
    }

    static func text(_ broker: Broker) -> String {
        let status = broker.status
        var parts: [String] = []
        let usage = broker.usage
        for tenant in usage.prefix(tenantsMax) {
            let limit = tenant.rules.limitPerOrganization.map { "/\($0)" } ?? ""
            parts.append("\(tenant.rules.name) \(tenant.inUse)\(limit)")
        }
        if usage.count > tenantsMax { parts.append("\(usage.count - tenantsMax) more tenants") }
        if usage.isEmpty { parts.append("no session") }
        if status.unconfirmed > 0 { parts.append("\(status.unconfirmed) unconfirmed") }
        if status.waiting > 0 { parts.append("\(status.waiting) waiting") }
        if status.phase != .running { parts.append(status.phase.rawValue) }
        if let trouble = status.trouble { parts.append(trouble) }
        return parts.joined(separator: " · ")
    }
}
