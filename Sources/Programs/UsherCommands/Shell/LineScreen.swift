/// Draws a line that is being typed, over as many rows of the terminal as it takes.
struct LineScreen {
    private let prompt: String
    /// The row the cursor was left in, counted from the prompt's.
    private var cursorRow = 0

    init(prompt: String) { self.prompt = prompt }

    /// What to write so that the terminal shows the line and the cursor stands at its place.
    mutating func drawing(_ editor: LineEditor, width: Int) -> String {
        let width = max(2, width)
        var drawn = (cursorRow > 0 ? "\u{1B}[\(cursorRow)A" : "") + "\r\u{1B}[J" + prompt
        var spot = Spot(column: prompt.terminalColumns % width, row: prompt.terminalColumns / width)
        var cursor = spot
        for (index, character) in editor.text.enumerated() {
            if index == editor.cursor { cursor = spot }
            let text = String(character).madeVisible
            drawn += text
            for part in text { spot.advance(by: String(part).terminalColumns, width: width) }
        }
        if editor.cursor == editor.text.count { cursor = spot }
        // Terminals wait at the right edge; a line break makes the next row the one we count.
        if spot.column == 0, spot.row > 0 { drawn += "\r\n" }
        drawn += "\r"
        if spot.row > cursor.row { drawn += "\u{1B}[\(spot.row - cursor.row)A" }
        if cursor.column > 0 { drawn += "\u{1B}[\(cursor.column)C" }
        cursorRow = cursor.row
        return drawn
    }

    /// What to write to go on under the line.
    mutating func leaving(_ editor: LineEditor, width: Int) -> String {
        var atEnd = editor
        _ = atEnd.press(.end)
        let drawn = drawing(atEnd, width: width)
        cursorRow = 0
        return drawn + "\r\n"
    }

    private struct Spot {
        var column: Int
        var row: Int

        mutating func advance(by columns: Int, width: Int) {
            // What is too wide for the rest of a row begins the next one.
            if column + columns > width { (column, row) = (0, row + 1) }
            column += columns
            if column == width { (column, row) = (0, row + 1) }
        }
    }
}
