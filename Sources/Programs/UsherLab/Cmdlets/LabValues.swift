internal import CLIXML

/// One value of every type, and those that clients get wrong.
enum LabValues {
    static let all: [(String, PSValue)] = [
        ("Null", .null), ("String", .string("plain")), ("Empty", .string("")), ("Blank", .string(" ")),
        ("Unicode", .string("Zoë €𝄞🦆 日本語 עברית")), ("LikeAnEscape", .string("a_x0041_b _X _x")),
        ("Markup", .string("<Obj RefId=\"0\">&amp;</Obj>]]>")), ("Lines", .string("first\r\nsecond\nthird\ttab")),
        ("Terminal", .string("\u{1B}[31mred\u{1B}[0m \u{1B}]0;title\u{7} \u{9B}2J \u{202E}turned round\u{202C}")),
        ("Control", .string("\u{0}\u{1}\u{8}\u{B}\u{1F}\u{7F}\u{85}")), ("HalfPair", .utf16([0x61, 0xD83E, 0x62])),
        ("Char", .char(0x20AC)), ("True", .bool(true)), ("False", .bool(false)), ("Byte", .byte(255)),
        ("SByte", .sbyte(-128)), ("UInt16", .uint16(65535)), ("Int16", .int16(-32768)), ("UInt32", .uint32(.max)),
        ("Int32", .int32(.min)), ("UInt64", .uint64(.max)), ("Int64", .int64(.min)),
        ("Beyond53Bits", .int64(9_007_199_254_740_993)), ("Single", .single(0.1)), ("Double", .double(0.1)),
        ("NaN", .double(.nan)), ("Infinity", .double(.infinity)), ("MinusInfinity", .double(-.infinity)),
        ("Tiny", .double(.leastNonzeroMagnitude)), ("Decimal", decimal("79228162514264337593543950335")),
        ("DecimalScale", decimal("1.10")), ("DateUTC", .dateTime(PSDateTime("2013-11-21T10:11:12.1234567Z"))),
        ("DateLocal", .dateTime(PSDateTime("2013-11-21T10:11:12.5+01:00"))),
        ("DateUnspecified", .dateTime(PSDateTime("2013-11-21T10:11:12"))),
        ("DateMinimum", .dateTime(PSDateTime("0001-01-01T00:00:00"))),
        ("TimeSpan", .duration(PSDuration(ticks: 937_840_000_001))),
        ("TimeSpanNegative", .duration(PSDuration(ticks: -15_000_000))),
        ("Bytes", .bytes([0, 1, 127, 128, 255])),
        ("Guid", .guid(Directory.guid("bf19b7db-6960-41e5-a139-2aa373474354"))),
        ("Uri", .uri("https://admin0d.litwareinc.com/OcsPowershellOAuth?a=1&b=2")),
        ("Version", .version(PSVersion("5.1.14393.2248") ?? PSVersion(5, 1))), ("Xml", .xml("<a b=\"c\">d</a>")),
        ("ScriptBlock", .scriptBlock("param($x) $x")),
        (
            "Enum", .object(PSObject(enumeration: "System.DayOfWeek", name: "Thursday", number: 4))
        ),
        ("Array", .object(PSObject(array: [.int32(1), .string("two"), .null, .object(PSObject(array: [.int32(3)]))]))),
        ("EmptyArray", .object(PSObject(array: []))),
        (
            "List",
            .object(
                PSObject(
                    typeNames: ["System.Collections.ArrayList", "System.Object"],
                    content: .list([.int32(1), .int32(2)])))
        ),
        (
            "Queue",
            .object(
                PSObject(
                    typeNames: ["System.Collections.Queue", "System.Object"], content: .queue([.int32(1), .int32(2)])))
        ),
        (
            "Stack",
            .object(
                PSObject(
                    typeNames: ["System.Collections.Stack", "System.Object"], content: .stack([.int32(2), .int32(1)])))
        ),
        (
            "Dictionary",
            .object(
                PSObject(hashtable: [
                    PSEntry(.string("name"), .string("Ken")),
                    PSEntry(.int32(7), .object(PSObject(array: [.bool(true)]))),
                ]))
        ),
        (
            "Nested",
            .object(
                PSObject(custom: [
                    "Inner": .object(PSObject(custom: ["Deep": .object(PSObject(custom: ["Value": .int32(1)]))]))
                ]))
        ),
        (
            "StringWithMembers",
            .object(PSObject(content: .value(.string("text")), extended: [PSProperty("Note", .string("added"))]))
        ),
    ]

    private static func decimal(_ text: String) -> PSValue { PSDecimal(text).map(PSValue.decimal) ?? .null }
}
