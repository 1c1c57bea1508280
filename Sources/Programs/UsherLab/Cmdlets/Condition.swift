internal import CLIXML

/// A comparison as PowerShell makes it: case does not count, and a number is compared as one.
struct Comparison {
    var property: String
    var operation: String
    var wanted: PSValue

    static let operations: Set<String> = ["eq", "ne", "like", "notlike", "gt", "ge", "lt", "le", "match", "contains"]

    func holds(for value: PSValue) -> Bool {
        let found = value[property] ?? .null
        switch operation {
        case "eq": return found.isEqual(to: wanted)
        case "ne": return !found.isEqual(to: wanted)
        case "like": return Wildcard(wanted.text).matches(found.text)
        case "notlike": return !Wildcard(wanted.text).matches(found.text)
        // Regular expressions are more than a lab needs: a part of the text is enough.
        case "match": return found.text.lowercased().contains(wanted.text.lowercased())
        case "contains": return found.values?.contains { $0.isEqual(to: wanted) } ?? found.isEqual(to: wanted)
        default:
            guard let order = found.order(to: wanted) else { return false }
            return switch operation {
            case "gt": order > 0
            case "ge": order >= 0
            case "lt": order < 0
            default: order <= 0
            }
        }
    }
}

/// Comparisons that must all hold: the text of -Filter.
struct Condition {
    private var comparisons: [Comparison] = []

    /// Nil for anything but `Property -eq "value"`, several joined by -and. Braces around it do not count.
    init?(_ text: String) {
        guard let tokens = try? ScriptTokens.tokens(of: text) else { return nil }
        var rest = tokens.filter { $0 != .openBrace && $0 != .closeBrace && $0 != .end }[...]
        while !rest.isEmpty {
            guard case .word(let property)? = rest.popFirst(), case .parameter(let operation)? = rest.popFirst(),
                Comparison.operations.contains(operation.lowercased()), let value = rest.popFirst()?.literal
            else { return nil }
            comparisons.append(Comparison(property: property, operation: operation.lowercased(), wanted: value))
            guard let joint = rest.popFirst() else { return }
            guard case .parameter(let word) = joint, word.lowercased() == "and", !rest.isEmpty else { return nil }
        }
        if comparisons.isEmpty { return nil }
    }

    func holds(for value: PSValue) -> Bool { comparisons.allSatisfy { $0.holds(for: value) } }
}

extension PSValue {
    /// Whether -eq holds.
    func isEqual(to other: PSValue) -> Bool {
        if let left = number, let right = other.number { return left == right }
        if let left = bool { return left == (other.truth ?? !left) }
        return text.isSameName(as: other.text)
    }

    /// Below, at or above zero as this comes before, with or after the other. Nil where no order is.
    func order(to other: PSValue) -> Int? {
        if let left = decimal, let right = other.decimal { return left < right ? -1 : left > right ? 1 : 0 }
        let (left, right) = (text.lowercased(), other.text.lowercased())
        return left < right ? -1 : left > right ? 1 : 0
    }

    private var decimal: Double? {
        if case .double(let value) = unwrapped { return value }
        if case .decimal(let value) = unwrapped { return Double(value.description) }
        return number.map { Double($0) }
    }
}
