import Glibc
import UsherAPI
import UsherClient
import Varlink

/// The caller's own sessions. The uid decides whose a session is; names are for display.
enum OwnSessions {
    static func isOwn(_ session: JSONObject) -> Bool {
        session["uid"]?.int == Int64(getuid())
    }

    /// Those that would make room for what was refused, the longest idle one first. None when that can't be learned:
    /// a hint is not worth an error.
    static func closable(_ refusal: JSONObject, asking client: BrokerClient) -> [String] {
        let holders = Set(refusal["holders"]?.array?.compactMap { $0.object?["session"]?.string } ?? [])
        guard !holders.isEmpty, let tenant = refusal["tenant"]?.string,
            let reply = try? client.call(
                Method.listSessions.call(["tenant": .string(tenant)]), within: .milliseconds(500))
        else { return [] }
        let sessions = reply["sessions"]?.array?.compactMap(\.object) ?? []
        return
            sessions
            .filter { isOwn($0) && holders.contains($0["session"]?.string ?? "") && $0["idleSeconds"]?.int != nil }
            .sorted { ($0["idleSeconds"]?.int ?? 0) > ($1["idleSeconds"]?.int ?? 0) }
            .compactMap { $0["session"]?.string }
    }
}
