internal import CLIXML
internal import LocalSocket
internal import NIOCore
internal import PSRP
internal import UsherCore
internal import UsherTenant
internal import Varlink

/// The commands that sessions offer, kept for as long as these live. Only for use on the event loop.
final class CommandLists: @unchecked Sendable {
    private var lists: [SessionID: [CommandMetadata]] = [:]

    /// Commands of one session that are kept; nobody offers as many.
    static let countMax = 20_000

    func keep(_ commands: [CommandMetadata], of id: SessionID) { lists[id] = commands }

    func forget(_ id: SessionID) { lists[id] = nil }

    /// The commands whose names fit the pattern, in the server's order, in messages of bounded size.
    func replies(of id: SessionID, matching pattern: String?) -> [JSONObject] {
        let all = lists[id] ?? []
        let fitting = pattern.map { pattern in all.filter { NamePattern(pattern).matches($0.name) } } ?? all
        var messages: [JSONObject] = []
        var batch: [JSON] = []
        var size = 0
        for command in fitting {
            let json = JSON(command)
            size += command.name.utf8.count + 100 * (1 + command.parameters.count)
            batch.append(json)
            if size > 200_000 {
                messages.append(["commands": .array(batch)])
                (batch, size) = ([], 0)
            }
        }
        messages.append([
            "received": .int(Int64(fitting.count)), "expected": .int(Int64(all.count)), "commands": .array(batch),
        ])
        return messages
    }
}

/// A name with `*` and `?`, in any case, as PowerShell has it.
struct NamePattern {
    private let pattern: [UInt8]

    init(_ text: String) { pattern = Array(text.lowercased().utf8) }

    func matches(_ name: String) -> Bool {
        let text = Array(name.lowercased().utf8)
        // Greedy, with one place to come back to: the last star. So no pattern costs more than length times length.
        var (at, index, star, mark) = (0, 0, -1, 0)
        while index < text.count {
            if at < pattern.count, pattern[at] == UInt8(ascii: "?") || pattern[at] == text[index] {
                (at, index) = (at + 1, index + 1)
            } else if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
                (star, mark) = (at, index)
                at += 1
            } else if star >= 0 {
                mark += 1
                (at, index) = (star + 1, mark)
            } else {
                return false
            }
        }
        return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

extension JSON {
    /// A CommandInfo of the interface.
    fileprivate init(_ command: CommandMetadata) {
        var object: JSONObject = [
            "name": .string(command.name), "kind": .string(command.types.name),
        ]
        if !command.namespace.isEmpty { object["module"] = .string(command.namespace) }
        object["parameters"] = .array(
            command.parameters.map { parameter in
                [
                    "name": .string(parameter.name), "type": .string(parameter.type),
                    "isSwitch": .bool(parameter.isSwitch), "aliases": .array(parameter.aliases.map(JSON.string)),
                ]
            })
        self = .object(object)
    }
}

extension CommandTypes {
    /// The name PowerShell has for one kind, or for several of them.
    fileprivate var name: String {
        let names: [(CommandTypes, String)] = [
            (.alias, "Alias"), (.function, "Function"), (.filter, "Filter"), (.cmdlet, "Cmdlet"),
            (.externalScript, "ExternalScript"), (.application, "Application"), (.script, "Script"),
            (.workflow, "Workflow"), (.configuration, "Configuration"),
        ]
        let own = names.filter { contains($0.0) }.map(\.1)
        return own.isEmpty ? "Command" : own.joined(separator: ", ")
    }
}

/// Gathers the commands of a session while the tenant lists them, and tells how many there are by now.
final class CommandCollector: PipelineOutput, @unchecked Sendable {
    // The fields are used on the lane's thread; what is handed to the event loop are copies.
    private let connection: NIOLoopBound<Connection>
    private let call: UInt64
    private let eventLoop: any EventLoop
    private let lists: CommandLists
    private let id: SessionID
    private var commands: [CommandMetadata] = []
    private var expected: Int64?

    init(_ connection: Connection, eventLoop: any EventLoop, lists: CommandLists, of id: SessionID) {
        self.connection = NIOLoopBound(connection, eventLoop: eventLoop)
        call = connection.callNumber
        self.eventLoop = eventLoop
        self.lists = lists
        self.id = id
    }

    var hasRoom: Bool { true }

    func take(_ events: [PipelineEvent]) -> Taken {
        for case .output(let value) in events {
            if let command = CommandMetadata(value) {
                if commands.count < CommandLists.countMax { commands.append(command) }
            } else if let count = value["Count"]?.integer {
                expected = count
            }
        }
        var parameters: JSONObject = ["received": .int(Int64(commands.count))]
        if let expected { parameters["expected"] = .int(expected) }
        let message = Reply(parameters: parameters, continues: true).encoded()
        eventLoop.execute { [connection, call] in
            // One that does not read hears the sum at the end.
            if connection.value.isReadingReplies { connection.value.reply(continuing: message, to: call) }
        }
        return .all
    }

    func finish() {
        eventLoop.execute { [lists, id, commands] in
            if !commands.isEmpty { lists.keep(commands, of: id) }
        }
    }
}
