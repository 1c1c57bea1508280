import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// List the commands of a session
struct CommandsCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "commands", abstract: "List the commands of a session",
        discussion: """
            Shows their names and modules, with --verbose their parameters, too. At a tenant it takes the session of usher \
            hold, else your most recently used idle session; one that had to be opened for it is closed at the end.
            """)

    @OptionGroup var options: TargetOptions
    @Argument(help: "Only commands of such names: * and ? stand for anything.") var pattern: String?
    @Flag(help: "Show parameters, and tell the steps on standard error.") var verbose = false
    @OptionGroup var shared: SharedOptions

    var attempt: Attempt { options.attempt("commands") }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        let signals = try signalsThatEnd()
        let borrowed = try borrow(options, at: address, signals: signals, verbose: verbose, console: console)
        // Our connection keeps it until it is closed.
        defer { withExtendedLifetime(borrowed) { if borrowed.isOurs { end(borrowed.session, at: address) } } }
        let writer = writer(Self.columns, in: console)
        var found = false
        try CommandListing(session: borrowed.session, pattern: pattern).fetch(
            on: borrowed.client, progress: ProgressLine(format: shared.format, console: console),
            wake: signals.descriptor
        ) { command in
            found = true
            if verbose, shared.format == nil {
                try show(command, console)
            } else {
                try writer.add(command)
            }
        }
        if verbose, shared.format == nil { try console.output.flush() } else { try writer.finish() }
        if !found { shared.say("No commands" + (pattern.map { " like \($0.madeVisible)" } ?? "") + ".", on: console) }
    }

    private static var columns: [Column] {
        [Column("NAME", "name"), Column("MODULE", "module", fit: .shrink), Column("KIND", "kind", fit: .leaveOut)]
    }

    /// A command and under it its parameters, as many a line as there is room for.
    private func show(_ command: JSONObject, _ console: Console) throws {
        let module = command["module"]?.string.map { "  (\($0.madeVisible))" } ?? ""
        let emphasis = console.emphasis(on: console.output)
        try console.output.write(line: emphasis.strong(command.name("name")) + module)
        let width = (console.output.terminalWidth ?? 80) - 1
        var line = "   "
        let parameters = (command["parameters"]?.array ?? []).compactMap(\.object).map(CommandParameter.init)
        let common = parameters.contains(where: \.isCommon) ? ["[<CommonParameters>]"] : []
        for text in parameters.filter({ !$0.isCommon }).map(\.text.madeVisible) + common {
            if line.terminalColumns + 1 + text.terminalColumns > width, line.terminalColumns > 3 {
                try console.output.write(line: line)
                line = "   "
            }
            line += " " + text
        }
        if line.terminalColumns > 3 { try console.output.write(line: line) }
    }
}

/// A parameter of a command, as the interface has it.
struct CommandParameter: Hashable, Sendable {
    let name: String
    let type: String
    let isSwitch: Bool
    let aliases: [String]

    init(_ facts: JSONObject) {
        name = facts["name"]?.string ?? ""
        type = facts["type"]?.string ?? ""
        isSwitch = facts["isSwitch"]?.bool ?? false
        aliases = facts["aliases"]?.array?.compactMap(\.string) ?? []
    }

    /// Whether each cmdlet has it (about_CommonParameters).
    var isCommon: Bool { Self.commonNames.contains(name) }

    private static let commonNames: Set = [
        "Verbose", "Debug", "ErrorAction", "WarningAction", "InformationAction", "ProgressAction", "ErrorVariable",
        "WarningVariable", "InformationVariable", "OutVariable", "OutBuffer", "PipelineVariable",
    ]

    /// `-ResultSize <Int32>`, `[-Force]`: as the syntax of PowerShell has it, without the type's namespace.
    var text: String {
        if isSwitch { return "[-\(name)]" }
        return type.isEmpty ? "-\(name)" : "-\(name) <\(Self.short(type))>"
    }

    /// `System.Nullable`1[System.UInt32]` as `UInt32`: what may be left out at the tenant is no other type to a person.
    private static func short(_ type: String) -> String {
        var (text, word) = ("", "")
        for character in type {
            switch character {
            case ".": word = ""
            case "[", "]", ",", " ":
                text += word + String(character)
                word = ""
            default: word.append(character)
            }
        }
        text += word
        return text.hasPrefix("Nullable`1[") ? String(text.dropFirst("Nullable`1[".count).dropLast()) : text
    }
}
