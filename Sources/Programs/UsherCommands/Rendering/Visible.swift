// What tenants and other users write ends up on our screens: purposes, names, messages. Escape sequences in it could
// hide a line or fake another one, bidirectional controls could turn it round. So every text that came over the socket
// goes through here on its way to a screen, and nothing else in this target decides what is harmless.

extension String {
    /// This text with everything a terminal would act upon written out: C0 and C1 controls, DEL, line and paragraph
    /// separators, bidirectional controls. The escapes are those of JSON, so a script and a person see the same.
    var madeVisible: String {
        // Nearly all text is plain ASCII, and then nothing has to be looked at twice.
        guard utf8.contains(where: { $0 < 0x20 || $0 >= 0x7F }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09: text += #"\t"#
            case 0x0A: text += #"\n"#
            case 0x0D: text += #"\r"#
            case 0..<0x20, 0x7F...0x9F, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069:
                let digits = String(scalar.value, radix: 16)
                text += #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }
}
