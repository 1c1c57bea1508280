import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Tell how the broker is
struct StatusCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Tell how the broker is",
        discussion: "Everybody who may connect may ask. What stands in the way of new sessions is told as trouble.")

    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        let reply = try shared.connect(console).call(Method.getStatus.call())
        let writer = singleWriter(Self.columns, in: console)
        try writer.add(reply)
        try writer.finish()
    }

    private static var columns: [Column] {
        [
            Column("STATE", "state"), Column("SESSIONS", "sessions"), Column("UNCONFIRMED", "unconfirmed"),
            Column("WAITING", "waiting"), Column("CONNECTIONS", "connections"), .age("UP", "since"),
            Column("VERSION", "version"), Column("TROUBLE", "trouble", fit: .shrink),
        ]
    }
}
