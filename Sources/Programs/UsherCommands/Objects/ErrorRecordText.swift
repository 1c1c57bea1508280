import Varlink

/// An error record of a pipeline, as PowerShell shows it.
enum ErrorRecordText {
    /// The lines: the command that wrote it and what it says, its category, its name for programs.
    static func lines(_ record: JSONObject) -> [String] {
        let facts = record["error"]?.object ?? [:]
        func fact(_ name: String) -> String { facts[name]?.string?.madeVisible ?? "" }
        var lines = (record["text"]?.string ?? "").visibleLines
        let command = fact("activity").isEmpty && isUnknownCommand(facts) ? fact("targetName") : fact("activity")
        if !command.isEmpty { lines[0] = "\(command) : \(lines[0])" }
        guard let category = facts["category"]?.string?.madeVisible else { return lines }
        let target = "\(fact("targetName")):\(fact("targetType"))"
        let reason = fact("reason")
        lines.append(
            "    + CategoryInfo          : \(category): (\(target)) [\(fact("activity"))]"
                + (reason.isEmpty ? "" : ", \(reason)"))
        if !fact("id").isEmpty { lines.append("    + FullyQualifiedErrorId : \(fact("id"))") }
        if !fact("recommendedAction").isEmpty {
            lines.append("    + RecommendedAction     : \(fact("recommendedAction"))")
        }
        return lines
    }

    /// The same for a program.
    static func object(_ record: JSONObject) -> JSONObject {
        let facts = record["error"]?.object ?? [:]
        let id = facts["id"]?.string ?? facts["reason"]?.string ?? "PipelineError"
        // `NotSpecified,Get-CsUser`: what is behind the comma names the command, which is told by itself.
        var object: JSONObject = [
            "code": .string(id.split(separator: ",").first.map(String.init) ?? id),
            "message": .string(record["text"]?.string ?? ""), "origin": "pipeline",
        ]
        for fact in facts where object[fact.key] == nil { object[fact.key] = fact.value }
        return object
    }

    /// Whether the endpoint refused script text because it takes commands only.
    static func refusesScripts(_ record: JSONObject) -> Bool {
        let id = record["error"]?.object?["id"]?.string ?? ""
        let text = (record["text"]?.string ?? "").lowercased()
        return id.contains("ScriptsNotAllowed") || text.contains("no-language mode") || text.contains("nolanguage")
    }

    private static func isUnknownCommand(_ facts: JSONObject) -> Bool {
        facts["id"]?.string?.hasPrefix("CommandNotFoundException") ?? false
    }
}
