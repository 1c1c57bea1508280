import UsherAPI
import Varlink

/// The words for a question of a pipeline that nobody was there to answer.
enum UnansweredPrompt {
    static func error(_ prompt: JSONObject) -> CommandError {
        var error = CommandError(
            code: "PromptUnanswered", message: "The pipeline asks for \(what(prompt)), and nobody can answer here.",
            hint: "Give it as a parameter, or run it on a terminal.", status: .failed)
        error.causes = QuestionDialog.heading(of: prompt)
        let fields = (prompt["fields"]?.array ?? []).compactMap(\.object).map { QuestionField($0).label }
        if !fields.isEmpty { error.causes.append(fields.joined(separator: ", ")) }
        let choices = (prompt["choices"]?.array ?? []).compactMap { $0.object?["label"]?.string }
        if !choices.isEmpty {
            error.causes.append(choices.map { $0.filter { $0 != "&" } }.joined(separator: ", "))
            error.hint = "Run it on a terminal, or, where it asks you to confirm, with -Confirm:$false."
        }
        return error
    }

    private static func what(_ prompt: JSONObject) -> String {
        switch prompt["kind"]?.string {
        case "line": "a line"
        case "secret": "a secret"
        case "choice": "a choice"
        case "choices": "choices"
        case "credential": "a credential"
        case "fields": "values"
        default: "something"
        }
    }
}
