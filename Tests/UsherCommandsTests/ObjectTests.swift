import Testing
import Varlink

@testable import UsherCommands

@Suite struct ReadableTimeTests {
    @Test(arguments: [
        ("2013-12-13T08:00:00Z", "2013-12-13 08:00:00"), ("2013-12-13T08:00:00.1234567Z", "2013-12-13 08:00:00"),
        ("2013-12-13T09:30:00+01:30", "2013-12-13 08:00:00"), ("2013-12-12T23:00:00-0900", "2013-12-13 08:00:00"),
        ("2013-12-13T08:00:00", "2013-12-13 08:00:00"), ("2013-12-13T08:00:00.5", "2013-12-13 08:00:00"),
        ("2013-12-13", "2013-12-13"), ("yesterday", "yesterday"), ("", ""),
        ("2013-12-13T08:00:00 now", "2013-12-13T08:00:00 now"),
        ("2013-12-13T08:00:00+99:00", "2013-12-13T08:00:00+99:00"),
    ])
    func `a time is read in the time zone of whoever looks`(text: String, read: String) {
        #expect(ReadableTime.dateTime(text) == read)
    }

    @Test(arguments: [
        ("PT15M", "00:15:00"), ("P1DT2H3M4.5S", "1.02:03:04.5"), ("PT0S", "00:00:00"), ("-PT1H", "-01:00:00"),
        ("PT90M", "01:30:00"), ("PT36H", "1.12:00:00"), ("P10675199D", "10675199.00:00:00"),
        ("PT0.0000001S", "00:00:00.0000001"), ("P", "P"), ("PT", "PT"), ("15 minutes", "15 minutes"), ("P1Y", "P1Y"),
        ("PT1.5H", "PT1.5H"), ("PT5", "PT5"), ("", ""),
    ])
    func `a duration reads as PowerShell writes it`(text: String, read: String) {
        #expect(ReadableTime.duration(text) == read)
    }
}

@Suite struct ValueTextTests {
    @Test(
        arguments: [
            (.null, ""), (true, "True"), (5, "5"), (2.0, "2"), (2.5, "2.5"), ("x", "x"), ([1, "a", nil], "{1, a, }"),
            (["A": 1, "B": ["C": true]], "@{A=1; B=@{C=True}}"), ([[[[[1]]]]], "{{{{{...}}}}}"), ([], "{}"),
        ] as [(JSON, String)])
    func `values in one line`(value: JSON, text: String) {
        #expect(ValueText.text(value) == text)
    }

    @Test func `a long list is cut where there is little room`() {
        #expect(ValueText.text([1, 2, 3, 4, 5], elementsMax: 4) == "{1, 2, 3, 4, ...}")
        #expect(ValueText.text([1, 2, 3, 4], elementsMax: 4) == "{1, 2, 3, 4}")
    }

    @Test(
        arguments: [
            ([:], nil), (["int": 5], 5), (["list": [["string": "a"], [:]]], ["a", nil]),
            (["map": ["A": ["bool": true]]], ["A": true]), (["string": nil, "float": 1.5], 1.5), ("no value", nil),
        ] as [(JSON, JSON)])
    func `a value of the interface as JSON`(value: JSON, json: JSON) {
        #expect(ValueText.json(of: value) == json)
    }

    @Test(arguments: [
        ("abcdef", 4, ["abcd", "ef"]), ("漢字漢", 4, ["漢字", "漢"]), ("abc", 3, ["abc"]), ("", 3, [""]), ("漢", 1, ["漢"]),
    ])
    func `text is wrapped by columns`(text: String, width: Int, pieces: [String]) {
        #expect(text.wrapped(to: width) == pieces)
    }
}

@Suite struct ObjectTableTests {
    private func table(_ names: [String], width: Int?) -> ObjectTable {
        ObjectTable(
            names,
            layout: Table.Layout(
                width: width, hasHeader: true, emphasis: Emphasis(allowed: false), now: Instant(seconds: 0)))
    }

    @Test func `the widths come from the first hundred rows, and later ones go out as they come`() {
        var table = table(["A", "B"], width: nil)
        for row in 1..<100 { #expect(table.add(["A": .int(Int64(row)), "B": "x"], types: [:]).isEmpty) }
        #expect(table.isWaiting)
        let lines = table.add(["A": 100, "B": "longer"], types: [:])
        #expect(lines.count == 102 && lines[0] == "  A B" && lines[1] == "  - -" && lines[101] == "100 longer")
        #expect(!table.isWaiting)
        #expect(table.add(["A": 100000, "B": "x"], types: [:]) == ["100000 x"])
        #expect(table.settle().isEmpty)
    }

    @Test(arguments: 1..<80)
    func `no line is wider than the terminal`(width: Int) {
        var table = table(["Name", "Number", "Text", "Wide"], width: width)
        _ = table.add(
            [
                "Name": "a name that is long", "Number": 123456, "Text": .string(String(repeating: "x", count: 60)),
                "Wide": "漢字漢字",
            ],
            types: [:])
        for line in table.settle() { #expect(line.terminalColumns <= max(8, width), "\(line)") }
    }

    @Test func `a number of another type stands at the right`() {
        var table = table(["Quota"], width: nil)
        _ = table.add(["Quota": "12.50"], types: ["Quota": "decimal"])
        _ = table.add(["Quota": "1200.50"], types: ["Quota": "decimal"])
        #expect(table.settle() == ["  Quota", "  -----", "  12.50", "1200.50"])
    }
}
