import Testing
import WSMan

@Suite struct GUIDTests {
    static let text = "0F1E2D3C-4B5A-4978-8697-A5B4C3D2E1F0"

    @Test(arguments: [text, text.lowercased(), "{\(text)}", "uuid:\(text)", "UUID:\(text.lowercased())"])
    func `every way to write one is read, and one is written`(text: String) {
        #expect(GUID(text)?.description == Self.text)
        #expect(GUID(text)?.uri == "uuid:\(Self.text)")
    }

    @Test(arguments: [
        "", "0F1E2D3C", "0F1E2D3C4B5A49788697A5B4C3D2E1F0", "0F1E2D3C-4B5A-4978-8697-A5B4C3D2E1F", "\(text)0",
        "0F1E2D3C-4B5A-4978-8697_A5B4C3D2E1F0", "GF1E2D3C-4B5A-4978-8697-A5B4C3D2E1F0", "{\(text)", "uuid:",
        " \(text)", "urn:uuid:\(text)", "０F1E2D3C-4B5A-4978-8697-A5B4C3D2E1F0",
    ])
    func `anything else is none`(text: String) {
        #expect(GUID(text) == nil)
    }

    @Test func `ids of messages differ and can be told beforehand`() throws {
        let first = try #require(GUID("AAAAAAAA-BBBB-4CCC-8DDD-FFFFFFFFFFFE"))
        var ids = MessageIDs(from: first)
        #expect(ids.next() == first)
        #expect(ids.next().description == "AAAAAAAA-BBBB-4CCC-8DDD-FFFFFFFFFFFF")
        #expect(ids.next().description == "AAAAAAAA-BBBB-4CCC-8DDD-000000000000")
        var again = MessageIDs(from: first)
        #expect(Set((0..<1000).map { _ in again.next() }).count == 1000)
    }
}

@Suite struct XMLDurationTests {
    @Test(
        arguments: [
            ("PT20S", .seconds(20)), ("PT180.000S", .seconds(180)), ("P0DT0H0M2S", .seconds(2)), ("PT0S", .zero),
            ("PT7200.000S", .seconds(7200)), ("PT2147483.647S", .milliseconds(2_147_483_647)), ("P1D", .seconds(86400)),
            ("P1DT2H3M4.5S", .milliseconds(93_784_500)), ("PT1H", .seconds(3600)), ("PT15M", .seconds(900)),
            ("PT0.000000001S", .nanoseconds(1)), ("PT0.0000000019S", .nanoseconds(1)), ("PT0020S", .seconds(20)),
        ] as [(String, Duration)])
    func `durations of servers are read`(text: String, duration: Duration) {
        #expect(XMLDuration.parse(text) == duration)
    }

    @Test(arguments: [
        "", "P", "PT", "P1DT", "T20S", "20S", "PT20", "PT-1S", "-PT1S", "P1Y", "P1M", "PT1D", "P1S", "PT1S1M", "PT1M1M",
        "PT1.5M", "PT.5S", "PT1.S", "PT 1S", "PT1S ", "P1DT1DT1S", "PTTS", "PT99999999999999999999S",
        "PT9223372036854775807S", "P9223372036854775807D", "P0DT0H0M2S junk", "pt1s",
    ])
    func `what is no duration of theirs is none`(text: String) {
        #expect(XMLDuration.parse(text) == nil)
    }

    @Test(
        arguments: [
            (.seconds(20), "PT20S"), (.zero, "PT0S"), (.milliseconds(180_050), "PT180.050S"),
            (.milliseconds(5), "PT0.005S"),
            (.nanoseconds(5), "PT0S"), (.seconds(-3), "PT0S"), (.milliseconds(-500), "PT0S"),
        ] as [(Duration, String)])
    func `durations are written in seconds`(duration: Duration, text: String) {
        #expect(XMLDuration.text(duration) == text)
    }
}
