import Testing
import Varlink

@testable import UsherCommands

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("plain text, 日本 too", "plain text, 日本 too"),
        ("\u{1B}[31mred", #"\u001b[31mred"#),
        ("two\nlines\r\tand a tab", #"two\nlines\r\tand a tab"#),
        ("bell\u{07}", #"bell\u0007"#),
        ("DEL\u{7F}", #"DEL\u007f"#),
        ("C1 \u{9B}31m", #"C1 \u009b31m"#),
        ("turned \u{202E}round\u{2069}", #"turned \u202eround\u2069"#),
        ("marks \u{200E}\u{200F}\u{061C}", #"marks \u200e\u200f\u061c"#),
    ])
    func `what a terminal would act upon is written out`(_ text: String, _ visible: String) {
        #expect(text.madeVisible == visible)
    }

    @Test func `an escape sequence in a record reaches no screen in any format`() throws {
        let record: JSONObject = ["session": "s7k2", "purpose": "\u{1B}]0;owned\u{07}\u{9B}2J\u{202E}\n"]
        for format in OutputFormat.allCases {
            var options = try SharedOptions.parse([])
            options.format = format
            let output = Output(keepingFor: 80)
            let console = Console(
                output: output, diagnostics: Output(keepingFor: 80), environment: { _ in nil },
                now: { Instant(seconds: 0) })
            let writer = RecordWriter(
                [Column("SESSION", "session"), Column("PURPOSE", "purpose", fit: .shrink)], single: false,
                options: options, console: console)
            try writer.add(record)
            try writer.finish()
            let harmful = output.kept.unicodeScalars.filter {
                $0.value < 0x20 && $0 != "\n" && $0 != "\t" || (0x7F...0x9F).contains($0.value) || $0.value == 0x202E
            }
            #expect(harmful.isEmpty, "\(format)")
            #expect(output.kept.split(separator: "\n").count <= 2)
        }
    }
}

@Suite struct SpanTests {
    @Test(arguments: [
        ("90s", 90), ("2m", 120), ("1h", 3600), ("1h30m", 5400), ("45", 45), ("0", 0), ("1d2h3m4s", 93784),
    ])
    func `a duration is read as people write it`(_ text: String, _ seconds: Int64) {
        #expect(Span(text)?.seconds == seconds)
    }

    @Test(arguments: [
        "", "m", "-5", "1m1", "1m2h", "1m1m", "2 m", "1.5h", "99999999999999999999", "9999d", "1x", "forever",
    ])
    func `what is no duration is refused`(_ text: String) {
        #expect(Span(text) == nil)
    }

    @Test(arguments: [
        (0, "0s"), (58, "58s"), (60, "1m"), (842, "14m 02s"), (3600, "1h"), (11100, "3h 05m"), (86400, "1d"),
        (183_600, "2d 03h"),
    ])
    func `a duration is told in its two largest units`(_ seconds: Int64, _ text: String) {
        #expect(Span(seconds: seconds).description == text)
    }
}

@Suite struct TableTests {
    private static let columns = [
        Column("SESSION", "session"), Column("USER", "user", fit: .shrink), Column("LEASE", "lease", fit: .leaveOut),
        .span("IDLE", "idleSeconds"), Column("PURPOSE", "purpose", fit: .shrink),
    ]
    private static let record: JSONObject = [
        "session": "s7k2", "user": "ken", "lease": "console", "idleSeconds": 842,
        "purpose": "moving the mailboxes of everybody on the third floor",
    ]

    private func lines(width: Int?, _ records: [JSONObject], header: Bool = true) -> [String] {
        var table = Table(
            Self.columns,
            layout: .init(
                width: width, hasHeader: header, emphasis: Emphasis(allowed: false), now: Instant(seconds: 0)))
        var lines: [String] = []
        for record in records { lines += table.add(record) }
        return lines + table.settle()
    }

    @Test func `away from a terminal nothing is cut`() {
        #expect(
            lines(width: nil, [Self.record]) == [
                "SESSION  USER  LEASE    IDLE     PURPOSE",
                "s7k2     ken   console  14m 02s  moving the mailboxes of everybody on the third floor",
            ])
    }

    @Test func `on a terminal what people wrote is cut first, then columns that can be spared go`() {
        #expect(
            lines(width: 50, [Self.record]) == [
                "SESSION  USER  LEASE    IDLE     PURPOSE",
                "s7k2     ken   console  14m 02s  moving the mailb…",
            ])
        #expect(
            lines(width: 36, [Self.record]) == [
                "SESSION  USER  IDLE     PURPOSE",
                "s7k2     ken   14m 02s  moving the …",
            ])
        #expect(lines(width: 12, [Self.record]).allSatisfy { $0.terminalColumns <= 12 })
    }

    @Test func `what must be read whole is cut after all others`() {
        let columns = [
            Column("ID", "id"), Column("WHY", "why", fit: .shrinkLast), Column("PURPOSE", "purpose", fit: .shrink),
            Column("LEASE", "lease", fit: .leaveOut),
        ]
        let record: JSONObject = [
            "id": "s7k2", "why": "the tenant has not answered", "purpose": "moving the mailboxes", "lease": "console",
        ]
        func line(_ width: Int) -> String {
            let layout = Table.Layout(
                width: width, hasHeader: false, emphasis: Emphasis(allowed: false), now: Instant(seconds: 0))
            var table = Table(columns, layout: layout)
            return (table.add(record) + table.settle()).joined()
        }
        #expect(line(58) == "s7k2  the tenant has not answered  moving the mailboxes", "room that was made is used")
        #expect(line(46) == "s7k2  the tenant has not answered  moving the…")
        #expect(line(30) == "s7k2  the tenant ha…  moving …")
    }

    @Test func `a column that says nothing is left out`() {
        var record = Self.record
        record["purpose"] = nil
        record["lease"] = .null
        #expect(lines(width: nil, [record]) == ["SESSION  USER  IDLE", "s7k2     ken   14m 02s"])
    }

    @Test func `after a hundred rows the widths stand and each row goes out as it comes`() {
        var table = Table(
            [Column("SESSION", "session")],
            layout: .init(width: nil, hasHeader: true, emphasis: Emphasis(allowed: false), now: Instant(seconds: 0)))
        for _ in 1...99 { #expect(table.add(Self.record).isEmpty) }
        #expect(table.add(Self.record).count == 101)
        #expect(table.add(Self.record) == ["s7k2"])
        #expect(table.settle().isEmpty)
    }

    @Test func `without a header there are rows only, and none makes no header`() {
        #expect(lines(width: nil, [Self.record], header: false).count == 1)
        #expect(lines(width: nil, []).isEmpty)
    }

    @Test(arguments: [("ken", 3), ("日本", 4), ("e\u{301}", 1), ("", 0)])
    func `width is counted in columns of a terminal`(_ text: String, _ columns: Int) {
        #expect(text.terminalColumns == columns)
    }

    @Test func `a wide letter is not cut in half`() {
        #expect("日本語".fitted(to: 4) == "日…")
        #expect("日本語".fitted(to: 6) == "日本語")
    }
}

@Suite struct NearMissTests {
    @Test(arguments: [
        ("opne", "open"), ("lst", "list"), ("stauts", "status"), ("Close", "close"), ("tenant", "tenants"),
    ])
    func `a slip or two are recognised`(_ typed: String, _ meant: String) {
        #expect(NearMiss.nearest(to: typed, among: Usher.verbs.map { $0._commandName }) == meant)
    }

    @Test(arguments: ["frobnicate", "x", ""])
    func `something else is not`(_ typed: String) {
        #expect(NearMiss.nearest(to: typed, among: Usher.verbs.map { $0._commandName }) == nil)
    }
}

@Suite struct InstantTests {
    @Test func `a time is read with and without a fraction`() {
        #expect(Instant(rfc3339: "1970-01-02T00:00:01Z")?.seconds == 86401)
        #expect(Instant(rfc3339: "2026-11-23T10:00:00.123456Z") == Instant(rfc3339: "2026-11-23T10:00:00Z"))
    }

    @Test(arguments: ["", "tomorrow", "2026-11-23", "2026-11-23T10:00:00+01:00", "nightly syncT with a Z"])
    func `other text is no time`(_ text: String) {
        #expect(Instant(rfc3339: text) == nil)
    }

    @Test func `a time is read as it is shown`() {
        for seconds in [Int64(0), 1_700_000_000, 1_720_000_000] {
            let instant = Instant(seconds: seconds)
            #expect(Instant(local: instant.local) == instant)
            #expect(Instant(local: String(instant.local.dropLast(3)))?.seconds == seconds - seconds % 60)
        }
        #expect(Instant(local: "2026-11-23")?.local == "2026-11-23 00:00:00")
    }

    @Test(arguments: ["", "tomorrow", "2026-02-31", "2026-11-23 25:00", "2026-11-23 10:00:00 and more"])
    func `what is shown like no time is none`(_ text: String) { #expect(Instant(local: text) == nil) }
}
