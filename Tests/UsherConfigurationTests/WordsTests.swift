import Testing

@testable import UsherConfiguration

@Suite struct DurationTextTests {
    @Test(
        arguments: [
            ("15m", .seconds(900)), ("30s", .seconds(30)), ("90d", .seconds(90 * 86400)), ("250ms", .milliseconds(250)),
            ("2h", .seconds(7200)), ("0s", .zero), ("999999999d", .seconds(999_999_999 * 86400)), ("007s", .seconds(7)),
        ] as [(String, Duration)])
    func `a number and a unit are a duration`(_ text: String, _ duration: Duration) {
        #expect(DurationText.duration(text) == duration)
    }

    @Test(arguments: [
        "", "m", "15", "15 m", " 15m", "15m ", "-15m", "+15m", "1.5h", "1h30m", "15M", "15min", "1_000s", "0x10s",
        "1000000000d", "99999999999999999999s", "\u{0661}m", "15m\u{0301}",
    ])
    func `anything else is none`(_ text: String) {
        #expect(DurationText.duration(text) == nil)
    }
}

@Suite struct NearMissTests {
    private let keys = ["idle_timeout", "tenant_idle", "reserve", "users", "upn"]

    @Test(arguments: [
        ("idle_timout", "idle_timeout"), ("idle-timeout", "idle_timeout"), ("Idle_Timeout", "idle_timeout"),
        ("tenant_idel", "tenant_idle"), ("user", "users"), ("reserv", "reserve"), ("up", "upn"),
    ])
    func `a slip finds the word that was meant`(_ word: String, _ meant: String) {
        #expect(NearMiss.nearest(to: word, among: keys) == meant)
    }

    @Test(arguments: ["x", "", "timeout", "limit", String(repeating: "u", count: 100_000)])
    func `a word of its own finds none`(_ word: String) {
        #expect(NearMiss.nearest(to: word, among: keys) == nil)
    }
}
