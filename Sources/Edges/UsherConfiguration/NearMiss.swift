/// The word somebody probably meant.
enum NearMiss {
    /// The candidate nearest to `word`, or nil when none is near: at most two slips, and fewer in a short word.
    static func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
        // A very long word is no slip of the pen, and comparing it would take its time.
        guard word.utf8.count <= 64 else { return nil }
        let slipsMax = word.utf8.count < 4 ? 1 : 2
        var best: (candidate: String, slips: Int)?
        for candidate in candidates {
            let slips = self.slips(from: folded(word), to: folded(candidate))
            if slips <= slipsMax, slips < best?.slips ?? .max { best = (candidate, slips) }
        }
        return best?.candidate
    }

    /// `Did you mean`, with a space before it, or nothing.
    static func hint(for word: String, among candidates: some Sequence<String>) -> String {
        nearest(to: word, among: candidates).map { ". Did you mean \(escaped($0))?" } ?? ""
    }

    /// Capitals and the kind of dash are not what makes two words different here.
    private static func folded(_ word: String) -> [UInt8] {
        word.lowercased().utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }
    }

    /// Letters left out, put in, changed, or swapped with their neighbour (optimal string alignment).
    private static func slips(from word: [UInt8], to other: [UInt8]) -> Int {
        var older = [Int](repeating: 0, count: other.count + 1)
        var previous = Array(0...other.count)
        for (i, byte) in word.enumerated() {
            var row = [i + 1]
            for (j, otherByte) in other.enumerated() {
                var slips = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (byte == otherByte ? 0 : 1))
                if i > 0, j > 0, byte == other[j - 1], word[i - 1] == otherByte { slips = min(slips, older[j - 1] + 1) }
                row.append(slips)
            }
            (older, previous) = (previous, row)
        }
        return previous[other.count]
    }
}
