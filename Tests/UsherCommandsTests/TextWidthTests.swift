import Testing

@testable import UsherCommands

@Suite struct TextWidthTests {
    @Test(arguments: [
        ("plain", 5), ("Zoë", 3), ("Zoe\u{308}", 3), ("日本語", 6), ("한국어", 6), ("\u{1112}\u{1161}\u{11AB}", 2), ("ｶﾅ", 2),
        ("Ａ", 2), ("🦆", 2), ("🚀", 2), ("🇩🇪", 2), ("👩‍👩‍👧‍👦", 2), ("👍🏽", 2), ("☀️", 2), ("☀", 1), ("⌚", 2),
        ("©", 1), ("a\u{200B}b", 2), ("שלום", 4), ("é\u{327}", 1), ("𠮷", 2), ("…", 1), ("", 0),
    ])
    func `text is as wide as a terminal shows it`(text: String, columns: Int) {
        #expect(text.terminalColumns == columns)
    }

    @Test func `what is cut is cut between characters`() {
        #expect("日本語".fitted(to: 5) == "日本…" && "日本語".fitted(to: 4) == "日…" && "日本語".fitted(to: 6) == "日本語")
        #expect("👩‍👩‍👧‍👦ab".fitted(to: 3) == "👩‍👩‍👧‍👦…")
        #expect("abc".fitted(to: 1) == "…" && "abc".fitted(to: 0) == "")
    }
}
