/// The candidate that `text` was probably meant to be: at most a third of its letters differ, and no other is as near.
func nearest<Candidate>(
    to text: String, among candidates: [Candidate], by name: (Candidate) -> String
) -> Candidate? {
    // What nobody would type is not searched for: the cost grows with the product of the lengths.
    guard text.utf8.count <= 64 else { return nil }
    let distances = candidates.map { (candidate: $0, distance: editDistance(text, name($0))) }
    guard let best = distances.min(by: { $0.distance < $1.distance }), best.distance <= max(1, text.utf8.count / 3),
        distances.count(where: { $0.distance == best.distance }) == 1
    else { return nil }
    return best.candidate
}

/// How many letters must be changed, added, left out or swapped with their neighbour to turn one into the other.
private func editDistance(_ left: String, _ right: String) -> Int {
    let left = Array(left.utf8)
    let right = Array(right.utf8)
    var beforeLast = [Int](repeating: 0, count: right.count + 1)
    var last = Array(0...right.count)
    for row in 0..<left.count {
        var present = [row + 1]
        for column in 0..<right.count {
            let same = left[row] == right[column]
            var cost = min(last[column] + (same ? 0 : 1), last[column + 1] + 1, present[column] + 1)
            if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                cost = min(cost, beforeLast[column - 1] + 1)
            }
            present.append(cost)
        }
        beforeLast = last
        last = present
    }
    return last[right.count]
}
