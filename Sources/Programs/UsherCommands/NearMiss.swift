/// Names that somebody may have meant.
enum NearMiss {
    /// The nearest of `names`, nil when none is near: more than two slips, or more than a third of the word.
    static func nearest(to word: String, among names: [String]) -> String? {
        let typed = Array(word.lowercased())
        let scored = names.map { (name: $0, slips: slips(typed, Array($0.lowercased()))) }
        guard let best = scored.min(by: { $0.slips < $1.slips }) else { return nil }
        return best.slips <= min(2, max(1, typed.count / 3)) ? best.name : nil
    }

    /// How many letters have to be put in, left out, changed, or swapped with a neighbour.
    private static func slips(_ a: [Character], _ b: [Character]) -> Int {
        var before: [Int] = []
        var above = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var least = min(above[j + 1] + 1, row[j] + 1, above[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, before[j - 1] + 1) }
                row.append(least)
            }
            (before, above) = (above, row)
        }
        return above[b.count]
    }
}
