import Varlink

/// One object as lines of `Name : value`, in the server's order. What is long goes on under itself; nothing is cut.
enum ObjectList {
    /// The lines. `width` is that of the terminal, nil away from one.
    static func lines(_ object: JSONObject, types: JSONObject, width: Int?) -> [String] {
        let names = object.map(\.key.madeVisible)
        let longest = names.lazy.map(\.terminalColumns).max() ?? 0
        let room = width.map { max(8, $0 - longest - 3) }
        let margin = String(repeating: " ", count: longest + 3)
        return zip(names, object).flatMap { name, property in
            let text = ValueText.text(property.value, type: types[property.key]?.string)
            let lines = text.visibleLines.flatMap { line in room.map { line.wrapped(to: $0) } ?? [line] }
            return lines.enumerated().map { place, line in
                var whole = place == 0 ? "\(name.padded(to: longest)) : \(line)" : margin + line
                while whole.last == " " { whole.removeLast() }
                return whole
            }
        }
    }
}
