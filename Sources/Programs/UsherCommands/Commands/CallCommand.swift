import ArgumentParser
import Glibc
import UsherAPI
import UsherClient
import Varlink

/// Call a method of the broker's interface
struct CallCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "call", abstract: "Call a method of the broker's interface",
        discussion: """
            Prints what is returned, one JSON object a line. A method without dots is one of \(Interface.name), any \
            other is named in full: org.varlink.service.GetInfo tells the interfaces, and \
            org.varlink.service.GetInterfaceDescription, with {"interface":"\(Interface.name)"}, what is in one. The \
            lease of a session that is acquired so ends with the call.
            """)

    @Argument(
        help: "The method, as GetStatus or org.varlink.service.GetInfo.",
        completion: .list(Method.allCases.map(\.rawValue)))
    var method: String

    @Argument(
        help: ArgumentHelp(
            "Its parameters as one JSON object, or - to read them from standard input.", valueName: "json"))
    var parameters: String?

    @Flag(help: "Take several replies.") var more = false
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        let name = method.contains(".") ? method : "\(Interface.name).\(method)"
        let call = Call(method: name, parameters: try parsedParameters(), more: more)
        let client = try shared.connect(console)
        guard let format = shared.format else {
            return try client.stream(call, silence: BrokerClient.tenantAnswersWithin) { reply, _ in
                try console.output.write(line: JSON.object(reply).text)
                try console.output.flush()
            }
        }
        var writer: RecordWriter?
        try client.stream(call, silence: BrokerClient.tenantAnswersWithin) { reply, _ in
            // Which columns there are is known once the first reply is.
            let present =
                writer
                ?? RecordWriter(
                    reply.map { Column($0.key.madeVisible, $0.key) }, single: !more, options: shared, console: console)
            writer = present
            try present.add(reply)
            if format == .jsonl { try console.output.flush() }
        }
        try writer?.finish()
    }

    private func parsedParameters() throws -> JSONObject {
        guard let parameters else { return [:] }
        let bytes = parameters == "-" ? try Self.standardInput() : Array(parameters.utf8)
        let value: JSON
        do {
            value = try JSON(parsing: bytes)
        } catch {
            throw CommandError(
                code: "BadData", message: "The parameters are not JSON.", causes: ["\(error)"], status: .badData)
        }
        guard let object = value.object else {
            throw CommandError(
                code: "BadData", message: "The parameters have to be one JSON object.", status: .badData)
        }
        return object
    }

    private static let inputBytesMax = 16 << 20

    private static func standardInput() throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while bytes.count <= inputBytesMax {
            let count = read(STDIN_FILENO, &buffer, buffer.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
        }
        throw CommandError(
            code: "BadData", message: "The parameters on standard input are larger than 16 MiB.", status: .badData)
    }
}
