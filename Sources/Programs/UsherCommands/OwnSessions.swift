import Glibc
import Varlink

/// The caller's own sessions. The uid decides whose a session is; names are for display.
enum OwnSessions {
    static func isOwn(_ session: JSONObject) -> Bool {
        session["uid"]?.int == Int64(getuid())
    }

    /// Of the holders that a refusal names, the caller's own that nobody would miss at once: the longest idle one
    /// first, then the oldest. A running one is not offered.
    static func closable(_ refusal: JSONObject) -> [String] {
        let holders = refusal["holders"]?.array?.compactMap(\.object) ?? []
        return holders.filter { isOwn($0) && $0["state"]?.string == "ready" }
            .sorted { left, right in
                let idle = (left["idleSeconds"]?.int ?? 0, right["idleSeconds"]?.int ?? 0)
                return idle.0 == idle.1
                    ? (left["since"]?.string ?? "") < (right["since"]?.string ?? "") : idle.0 > idle.1
            }
            .compactMap { $0["session"]?.string }
    }
}
