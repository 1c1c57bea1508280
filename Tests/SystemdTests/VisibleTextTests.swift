import Testing

@testable import Systemd

@Suite struct VisibleTextTests {
    @Test(arguments: [
        ("one\ntwo\r\n\tthree", #"one\ntwo\r\n\tthree"#),
        ("\u{1b}[2J\u{0}\u{7}\u{8}", #"\u{1b}[2J\u{0}\u{7}\u{8}"#),
        ("a\u{7f}b\u{80}c\u{9b}d\u{9f}e\u{a0}f", "a\\u{7f}b\\u{80}c\\u{9b}d\\u{9f}e\u{a0}f"),
        ("\u{61c}\u{200e}\u{200f}", #"\u{61c}\u{200e}\u{200f}"#),
        ("\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}", #"\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}"#),
        ("\u{2066}\u{2067}\u{2068}\u{2069}", #"\u{2066}\u{2067}\u{2068}\u{2069}"#),
        ("\u{2028}\u{2029}", #"\u{2028}\u{2029}"#),
        // A combining mark makes one character with a control, and must not hide it.
        ("\u{1b}\u{301}\n\u{301}", "\\u{1b}\u{301}\\n\u{301}"),
    ])
    func `what cannot be seen is spelled out`(_ text: String, _ spelled: String) {
        #expect(visible(text) == spelled)
    }

    @Test(arguments: [
        "", "plain text", #"CORP\ken, "quoted" and 100 %"#, "Grüße, привет, 日本語, שלום, 👩‍👩‍👧", "\u{200d}\u{200b}",
    ])
    func `what can be seen stays as it is`(_ text: String) {
        #expect(visible(text) == text)
    }

    @Test func `no scalar that acts on a terminal is left, whichever it was`() {
        for value in (0 as UInt32)...0x2fff {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let text = visible(String(scalar))
            #expect(text == String(scalar) || text.utf8.allSatisfy { (0x20...0x7e).contains($0) })
            #expect(text != String(scalar) || !["Cc", "Zl", "Zp"].contains(category(of: scalar)))
        }
    }

    private func category(of scalar: Unicode.Scalar) -> String {
        switch scalar.properties.generalCategory {
        case .control: "Cc"
        case .lineSeparator: "Zl"
        case .paragraphSeparator: "Zp"
        default: "other"
        }
    }
}
