import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Refuse new sessions on a tenant
struct LockCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock", abstract: "Refuse new sessions on a tenant",
        discussion: """
            For operators. Those who ask are told the message, with exit status 77. A lock outlives a restart of usherd.
            """)

    @Argument(help: "The tenant.", completion: .custom(Completion.tenants)) var tenant: String
    @Option(help: ArgumentHelp("What those are told who ask.", valueName: "text")) var message: String
    @Option(name: .customLong("for"), help: ArgumentHelp("Only for so long: 90s, 2m, 1h30m.", valueName: "duration"))
    var span: Span?
    @Flag(help: "End the present sessions, too.") var cut = false
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        var parameters: JSONObject = ["tenant": .string(tenant), "message": .string(message)]
        parameters["seconds"] = span.map { .int($0.seconds) }
        if cut { parameters["cut"] = true }
        _ = try shared.connect(console).call(Method.lock.call(parameters))
        shared.say("\(tenant.madeVisible) is locked. To end that: usher unlock \(tenant.madeVisible)", on: console)
    }
}

/// End a lock
struct UnlockCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Allow new sessions on a locked tenant again", discussion: "For operators.")

    @Argument(help: "The tenant.", completion: .custom(Completion.tenants)) var tenant: String
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        _ = try shared.connect(console).call(Method.unlock.call(["tenant": .string(tenant)]))
        shared.say("\(tenant.madeVisible) is open.", on: console)
    }
}
