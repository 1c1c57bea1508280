internal import CLIXML

/// Get-Command, as clients ask it when they import: with names, kinds and modules, and Select-Object behind it.
extension Catalogue {
    static let getCommand = Cmdlet(
        name: "Get-Command", module: core,
        parameters: [
            .texts("Name", at: 0), .texts("Verb"), .texts("Noun"),
            .init(name: "Module", type: Cmdlet.Kind.strings, aliases: ["PSSnapin"]),
            .init(name: "CommandType", type: "System.Management.Automation.CommandTypes", aliases: ["Type"]),
            .number("TotalCount"), .flag("Syntax"),
            .init(name: "ArgumentList", type: "System.Object[]", aliases: ["Args"]),
            .flag("All"), .flag("ListImported"), .texts("ParameterName"), .any("FullyQualifiedModule"),
        ], outputTypes: ["System.Management.Automation.CommandInfo"]
    ) { arguments, _, _ in CallStage(arguments, call: listCommands) }

    private static let listCommands: @Sendable (BoundArguments, inout LabWorld) -> [Step] = { arguments, _ in
        func isOneOf(_ name: String, _ value: String) -> Bool {
            guard let patterns = arguments.strings(name), !patterns.isEmpty else { return true }
            return patterns.contains { Wildcard($0).matches(value) }
        }
        guard arguments["CommandType"].map(includesCmdlets) ?? true else { return [] }
        let found = all.filter { cmdlet in
            let parts = cmdlet.name.split(separator: "-", maxSplits: 1).map(String.init)
            return isOneOf("Name", cmdlet.name) && isOneOf("Module", cmdlet.module) && isOneOf("Verb", parts[0])
                && isOneOf("Noun", parts.last ?? "")
        }
        var steps: [Step] = []
        // A name without a pattern has to be there; a pattern that fits nothing is no error.
        for name in arguments.strings("Name") ?? [] where !name.contains("*") && !name.contains("?") {
            if cmdlet(named: name) == nil {
                steps.append(.record(.errorRecord, ErrorRecord.unknownCommand(name, byGetCommand: true).value))
            }
        }
        let count = arguments.integer("TotalCount").map { max(0, $0) } ?? .max
        return steps + found.prefix(count).map { .value(.object($0.commandObject)) }
    }

    /// Kinds come as a number, as an enumeration, or as words.
    private static func includesCmdlets(_ value: PSValue) -> Bool {
        if let number = value.integer { return number & 8 != 0 }
        let words = (value.values?.map(\.text) ?? [value.text]).joined(separator: ",").lowercased()
        return words.contains("cmdlet") || words.contains("all")
    }
}

extension Cmdlet {
    /// The cmdlet as an object of Get-Command.
    fileprivate var commandObject: PSObject {
        let metadata = metadata.value.object
        let properties = (metadata?.extended ?? []).filter { $0.name != "Namespace" }
        return PSObject(
            typeNames: [
                "System.Management.Automation.CmdletInfo", "System.Management.Automation.CommandInfo", "System.Object",
            ], toString: name,
            adapted: properties + [
                PSProperty("ModuleName", .string(module)), PSProperty("Source", .string(module)),
                PSProperty("PSSnapIn", .null), PSProperty("Version", .version(PSVersion(5, 0))),
                PSProperty("Verb", .string(String(name.prefix { $0 != "-" }))),
                PSProperty("Noun", .string(String(name.drop { $0 != "-" }.dropFirst()))),
                PSProperty(
                    "Visibility",
                    .object(
                        PSObject(
                            enumeration: "System.Management.Automation.SessionStateEntryVisibility", name: "Public",
                            number: 0))),
            ], extended: [PSProperty("Namespace", .string(module))])
    }
}

extension ErrorRecord {
    fileprivate static func unknownCommand(_ name: String, byGetCommand: Bool) -> ErrorRecord {
        ErrorRecord(
            message: unknownCommand(name).message,
            fullyQualifiedErrorID: "CommandNotFoundException,Microsoft.PowerShell.Commands.GetCommandCommand",
            category: .objectNotFound, activity: "Get-Command", reason: "CommandNotFoundException", targetName: name,
            targetType: "String", targetObject: .string(name))
    }
}
