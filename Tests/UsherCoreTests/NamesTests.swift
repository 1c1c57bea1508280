import Testing
import UsherTestKit

@testable import UsherCore

@Suite struct NamesTests {
    @Test(arguments: [
        "litware", "a", "0", "x-1_b.c", "s", "sales", "s7k", "s0k2", "s7ki", String(repeating: "x", count: 63),
    ])
    func `a tenant may be called so`(text: String) {
        #expect(TenantName(text)?.description == text)
    }

    @Test(arguments: [
        "", "s7k2", "s1000", "Litware", "-x", ".x", "_x", "a b", "a/b", "a\n", "a\u{0}", "\u{e4}", "a\u{301}",
        String(repeating: "x", count: 64),
    ])
    func `a tenant may not be called so`(text: String) {
        #expect(TenantName(text) == nil)
    }

    @Test func `an admin may be called like a session`() {
        #expect(AdminName("s7k2") != nil)
        #expect(AdminName("") == nil)
    }

    @Test(arguments: [
        (1024, "s100"), (1025, "s101"), (1055, "s10z"), (1056, "s110"), (2047, "s1zz"), (2048, "s200"),
        (10 << 10, "s1000"), (UInt64(1) << 62, "s450359962737049600"),
    ])
    func `an id is written as s, a number, and two letters`(number: UInt64, text: String) {
        #expect(SessionID(number: number).description == text)
        #expect(SessionID(text) == SessionID(number: number))
    }

    @Test func `every id reads back as itself, and neighbours differ in the last letter`() {
        var random = SeededRandom(seed: 1)
        for _ in 1...2000 {
            let id = SessionID(number: UInt64.random(in: 1024...(1 << 50), using: &random))
            #expect(SessionID(id.description) == id)
            #expect(id.next.description.last != id.description.last)
            #expect(TenantName(id.description) == nil)
            #expect(SessionReference(id.description) != nil)
        }
    }

    @Test(arguments: [
        "", "s", "s7k", "7k2a", "s0k2", "S7k2", "s7kl", "s7ko", "s7ki", "s7ku", "s7K2", "s7 2", "sk72",
        "s7k2\n", "s99999999999999999zz", "s9999999999999999999zz",
    ])
    func `no id is written so`(text: String) {
        #expect(SessionID(text) == nil)
    }

    @Test(arguments: [
        ("r", true), ("!~", true), (String(repeating: "r", count: 64), true), ("", false), ("a b", false),
        ("\u{7f}", false), ("\u{e4}", false), (String(repeating: "r", count: 65), false),
    ])
    func `a request is called by 1 to 64 printable letters`(text: String, isName: Bool) {
        #expect((RequestID(text) != nil) == isName)
    }

    @Test(arguments: [
        (Duration.zero, "0s"), (.seconds(30), "30s"), (.minutes(15), "15m"), (.seconds(90), "90s"), (.hours(1), "1h"),
        (.hours(90 * 24), "90d"), (.milliseconds(250), "250ms"), (.milliseconds(1500), "1500ms"),
    ])
    func `a duration is spelled as in the configuration`(duration: Duration, text: String) {
        #expect(duration.spelledOut == text)
    }

    @Test func `time to wait is rounded up, time gone by down`() {
        #expect(Duration.milliseconds(1).secondsToWait == 1)
        #expect(Duration.milliseconds(1999).wholeSeconds == 1)
        #expect(Duration.seconds(2).secondsToWait == 2)
        #expect(Duration.seconds(-5).secondsToWait == 0)
    }

    @Test func `no span is so long that it traps`() {
        let long = Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999)
        #expect(long.nanoseconds == .max)
        #expect(
            Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 999_999_999_999_999_999).nanoseconds == .max
        )
        #expect((Moment.start + .hours(1) + long).nanoseconds == .max)
    }
}
