import Testing

@testable import UsherConfiguration

@Suite struct SettingsTextTests {
    let folder = ConfigurationFolder()

    @Test(arguments: [
        ("broker:\n  socket: /a\n  socket: /b\n", "3: socket", "written twice in one section (first in line 2)"),
        ("tenants:\n  a:\n    domain: x\n  b: {}\n  a: {}\n", "5: a", "first in line 2"),
        ("broker: {wait_max: 1h, wait_max: 2h}\n", "1: wait_max", "written twice"),
        ("broker:\r\n  socket: /a\r\n  socket: /b\r\n", "3: socket", "first in line 2"),
        ("broker:\n\twait_max: 1h\n", "2: ", "is not YAML"),
        ("broker: [\n", "2: ", "is not YAML"),
        ("broker: {}\n---\nbroker: {}\n", "2: ", "is not YAML"),
        ("broker:\n  a: \u{7}\n", "2: ", "is not YAML"),
        ("- broker\n", "1: ", "should begin with broker:"),
        ("broker\n", "1: ", "should begin with broker:"),
        ("a: &x 1\n", "1: ", "\"&x\" is an anchor or alias"),
        ("a: 1\nb: [*x]\n", "2: ", "\"*x\" is an anchor or alias"),
        ("a: 1\nb: 'c # d' # \"e\n\n<<: *x # f\n", "4: ", "\"*x\""),
        ("? [a]\n: b\n", "1: ", "has a key that is not a word"),
        ("a: {b: {c: {d: {e: {f: {g: {h: {i: {j: {k: {l: {m: 1}}}}}}}}}}}}\n", "1: a.b.c.d.e.f.g.h.i.j.k.l", "deeper"),
    ])
    func `what is no configuration is told with its line`(_ text: String, _ place: String, _ words: String) {
        folder.write(text)
        #expect(folder.faults.map { "\($0.line): \($0.key)" } == [place])
        #expect(folder.faults.first?.message.contains(words) == true)
    }

    @Test(arguments: ["", "\n", "# only words\n", "---\n", "~\n", "{}\n", "broker:\n", "\u{FEFF}broker:\n"])
    func `a file that says nothing changes nothing`(_ text: String) {
        #expect(folder.write(text).faults.isEmpty)
    }

    @Test func `stars and ampersands in words and comments are no aliases`() {
        folder.write("# *see* &here\nbroker: {state: \"/a&b*c\"} # or *there*\n")
        #expect(folder.faults.isEmpty)
    }

    @Test func `bytes that are not UTF-8 are told`() {
        folder.write([0x61, 0x3a, 0x20, 0xff])
        #expect(folder.faults.map(\.message) == ["is not UTF-8 text"])
    }

    @Test func `aliases of aliases keep nobody busy`() {
        var text = "a0: &a0 [x, x]\n"
        for level in 1...60 { text += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
        #expect(folder.write(text + "? *a60\n: x\n").faultPlaces == ["usher.yaml:1: "])
    }

    @Test func `aliases hidden in a quoted text are stopped by their number`() {
        // The lines that begin with # are inside quotes, so the parser sees aliases where a reader sees comments.
        var text = "a0: [\"\n#\", &a0 [x, x]]\n"
        for level in 1...60 { text += "a\(level): [\"\n#\", &a\(level) [*a\(level - 1), *a\(level - 1)]]\n" }
        #expect(folder.write(text).faults.contains { $0.message.contains("repeats itself") })
    }

    @Test(arguments: ["[", "{a: ", "- ", "? ", "a:\n"])
    func `nesting without end is refused`(_ opening: String) {
        var text = ""
        if opening == "a:\n" {
            for depth in 0..<1400 { text += String(repeating: " ", count: depth) + opening }
        } else {
            text = String(repeating: opening, count: 100_000)
        }
        #expect(!folder.write(text).faults.isEmpty)
    }

    @Test func `a file of another kind gives as many faults as anyone reads`() {
        folder.write((0..<50_000).map { "key\($0): 1\n" }.joined())
        guard case .failure(let faults) = folder.read() else { return #expect(Bool(false)) }
        #expect(faults.faults.count == 200 && faults.omitted == 49_800)
        #expect(faults.description.hasSuffix("\nand 49800 more"))
    }

    @Test func `what a fault quotes cannot move a cursor`() {
        folder.write("broker:\n  reveal_holders: \"\\e[2J\\u202e\\n\"\n  \"wait\\e\": 1\n")
        let texts = folder.faults.map(\.description)
        #expect(texts.count == 2)
        #expect(texts.allSatisfy { $0.utf8.allSatisfy { (0x20...0x7e).contains($0) } })
        #expect(texts[0].contains(#"\u{1B}[2J\u{202E}\n"#) && texts[1].contains(#"broker.wait\u{1B}"#))
    }

    /// One byte changed anywhere gives a configuration or faults, never a trap.
    @Test func `a file with any byte changed is read or refused`() {
        let sound = Array((soundText + "broker: {wait_max: 1h, operators: netops}\n").utf8)
        for position in sound.indices {
            for byte in [0x00, 0x09, 0x0a, 0x20, 0x22, 0x27, 0x26, 0x2a, 0x3a, 0x5b, 0x7b, 0x7c, 0xff] as [UInt8] {
                var bytes = sound
                bytes[position] = byte
                _ = folder.write(bytes).read()
            }
        }
    }
}
