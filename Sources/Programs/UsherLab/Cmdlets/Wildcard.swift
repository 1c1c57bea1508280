/// A pattern with `*` and `?`, compared without regard to case.
struct Wildcard {
    private let pattern: [Character]

    init(_ pattern: String) { self.pattern = Array(pattern.lowercased()) }

    func matches(_ text: String) -> Bool {
        let text = Array(text.lowercased())
        // The last star, and how far it has swallowed: to come back to when what follows does not match.
        var (place, star, index, swallowed) = (0, -1, 0, 0)
        while index < text.count {
            if place < pattern.count, pattern[place] == "*" {
                star = place
                swallowed = index
                place += 1
            } else if place < pattern.count, pattern[place] == "?" || pattern[place] == text[index] {
                place += 1
                index += 1
            } else if star >= 0 {
                swallowed += 1
                index = swallowed
                place = star + 1
            } else {
                return false
            }
        }
        return pattern[place...].allSatisfy { $0 == "*" }
    }
}
