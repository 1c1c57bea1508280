import Glibc

/// A question that a person answers before something is done that cannot be undone.
enum Confirmation {
    /// Whether somebody is there to ask: on both sides of the conversation.
    static func isPossible(_ console: Console) -> Bool {
        isatty(STDIN_FILENO) == 1 && console.diagnostics.terminalWidth != nil
    }

    /// Whether the answer is yes. Nothing said is no.
    static func ask(_ question: String, on console: Console) throws(OutputFailure) -> Bool {
        try console.output.flush()
        try console.diagnostics.write("\(question) [y/N] ")
        try console.diagnostics.flush()
        let answer = readLine(strippingNewline: true)?.lowercased() ?? ""
        return answer == "y" || answer == "yes"
    }
}
