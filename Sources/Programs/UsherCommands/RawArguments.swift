import Glibc

/// The words that the process was started with, as bytes. Swift's own have a replacement character where bytes are no UTF-8, and
/// a command that got such a word would work on something else than was typed.
enum RawArguments {
    /// The first word that is no UTF-8, as far as it can be shown. What stands behind `--` of a command that runs another is that
    /// one's, and may be anything.
    static func firstThatIsNoText(passesTail: Bool) -> String? {
        for word in words {
            if passesTail, strcmp(word, "--") == 0 { return nil }
            if String(validatingCString: word) == nil { return String(cString: word) }
        }
        return nil
    }

    /// What stands behind the first `--`.
    static var tail: ArraySlice<UnsafeMutablePointer<CChar>> {
        let words = words
        guard let terminator = words.firstIndex(where: { strcmp($0, "--") == 0 }) else { return [] }
        return words[(terminator + 1)...]
    }

    private static var words: [UnsafeMutablePointer<CChar>] {
        (1..<max(1, Int(CommandLine.argc))).compactMap { CommandLine.unsafeArgv[$0] }
    }
}
