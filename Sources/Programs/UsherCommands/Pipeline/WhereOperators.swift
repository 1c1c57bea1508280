/// The comparison operators of Where-Object. They look like parameters that take what follows, and are switches: what
/// follows is the value by its position. Bound to them it would be lost without a word.
enum WhereOperators {
    private static let names: Set = [
        "eq", "ne", "gt", "ge", "lt", "le", "like", "notlike", "match", "notmatch", "contains", "notcontains", "in",
        "notin", "is", "isnot",
    ]

    /// Whether `name` is such an operator of `command`. With c or i before it, it minds the case or does not.
    static func has(_ name: String, in command: String) -> Bool {
        guard ["where-object", "where", "?"].contains(command.lowercased()) else { return false }
        let name = name.lowercased()
        return names.contains(name) || "ci".contains(name.prefix(1)) && names.contains(String(name.dropFirst()))
    }
}
