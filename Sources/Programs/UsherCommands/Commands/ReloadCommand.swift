import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Read the broker's configuration again
struct ReloadCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload", abstract: "Read the broker's configuration again",
        discussion: """
            For operators. Where the configuration has faults, each is told as file:line: key: what is wrong, the one \
            before stays in force, and the exit status is 78. Live sessions are left alone.
            """)

    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        let reply = try shared.connect(console).call(
            Method.reload.call(), within: BrokerClient.tenantAnswersWithin)
        let faults = reply["faults"]?.array?.compactMap(\.object) ?? []
        guard faults.isEmpty else {
            throw CommandError(
                code: "ConfigurationFaults",
                message: "The configuration has faults; the one before stays in force.",
                details: faults.map(Self.line), status: .configuration, facts: reply)
        }
        guard shared.format == nil else {
            let writer = singleWriter([Column("FAULTS", "faults")], in: console)
            try writer.add(reply)
            return try writer.finish()
        }
        shared.say("The configuration was read again.", on: console)
    }

    /// `file:line: key: what is wrong`, as compilers write it, so that editors can jump there.
    private static func line(_ fault: JSONObject) -> String {
        "\(fault.name("file")):\(fault.number("line")): \(fault.name("key")): \(fault.name("message"))"
    }
}
