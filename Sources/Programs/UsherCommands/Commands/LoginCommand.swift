import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Give the credential of an admin at a tenant
struct LoginCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Give the credential of an admin at a tenant",
        discussion: """
            The password is read from the terminal without being shown, or as one line from standard input; it is never \
            an argument, which others could see. The daemon keeps it in memory only, for you alone, and tries it when it \
            connects next. It is sent only to a daemon that runs as you, as root or as the user usher. With \
            --device-code nothing is typed here: sign in at the address that is shown, with the code.
            """)

    @Argument(help: "The tenant.", completion: .custom(Completion.tenants)) var tenant: String
    @Option(
        name: .customLong("as"),
        help: ArgumentHelp(
            "The admin it is for; else as $USHER_ADMIN says, else the first one that maps you.", valueName: "admin"))
    var admin: String?
    @Flag(help: "Have the daemon forget it.") var forget = false
    @Flag(help: "Sign in with a browser, on this or another device, where a password is not enough.")
    var deviceCode = false
    @OptionGroup var shared: SharedOptions

    var attempt: Attempt {
        Attempt(verb: "login", target: tenant.madeVisible + (admin.map { " --as \($0.madeVisible)" } ?? ""))
    }

    func validate() throws {
        if forget, deviceCode { throw ValidationError("Give either --forget or --device-code.") }
    }

    func run(in console: Console) throws {
        let client = try shared.connect(console)
        // First of all: nobody is to type a password for a socket that it will not be sent to.
        if !forget { try client.requireTrust() }
        var parameters: JSONObject = ["tenant": .string(tenant)]
        let named = admin ?? console.namedAdmin
        parameters["admin"] = named.map { .string($0) }
        if !forget, !deviceCode { try requireTenant(on: client, parameters) }
        if deviceCode { return try signIn(on: client, parameters, console) }
        if !forget {
            let whose = named.map { "\($0.madeVisible) on \(tenant.madeVisible)" } ?? tenant.madeVisible
            let secret = try SecretReader(console).read(prompt: "Password for \(whose): ")
            parameters["secret"] = .string(secret.text)
        }
        // Typing took its time, and the daemon may have been restarted meanwhile: a new connection, looked at again.
        let sender = try BrokerClient.connect(to: shared.addressAgain(console))
        if !forget { try sender.requireTrust() }
        let reply = try sender.call(Method.login.call(parameters), within: BrokerClient.tenantAnswersWithin)
        try tell(reply, console)
    }

    /// Before a password is typed: is there such a tenant for the caller at all? Where not, the broker says how he is
    /// refused; nothing is given there that could be forgotten.
    private func requireTenant(on client: BrokerClient, _ parameters: JSONObject) throws {
        do {
            _ = try client.call(Method.listSessions.call(["tenant": .string(tenant)]))
        } catch let refusal as ErrorReply where refusal.known == .tenantUnknown {
            _ = try client.call(Method.login.call(parameters))
            throw refusal
        }
    }

    /// The code is for a person, so it is shown on standard error whatever the format is.
    private func signIn(on client: BrokerClient, _ parameters: JSONObject, _ console: Console) throws {
        var parameters = parameters
        parameters["deviceCode"] = true
        let signals = try signalsThatEnd()
        try client.send(Method.login.call(parameters, more: true))
        while true {
            switch try client.next(by: .never, wake: signals.descriptor) {
            case .wake: throw ClientError.interrupted
            case .taken, .nothing: continue
            case .reply(let reply):
                if let error = reply.error { throw ErrorReply(name: error, facts: reply.parameters) }
                guard let code = reply.parameters["deviceCode"]?.object else {
                    return try tell(reply.parameters, console)
                }
                let span = Span(seconds: code["expiresInSeconds"]?.int ?? 0)
                try console.diagnostics.write(
                    line: "To sign in, open \(code.name("address")) and type the code \(code.name("code")). "
                        + "It is good for \(span).")
                try console.diagnostics.flush()
            }
        }
    }

    private func tell(_ reply: JSONObject, _ console: Console) throws {
        guard shared.format == nil else {
            let writer = singleWriter([Column("ADMIN", "admin")], in: console)
            try writer.add(reply)
            return try writer.finish()
        }
        let admin = reply.name("admin")
        shared.say(
            forget
                ? "The credential of \(admin) on \(tenant.madeVisible) is forgotten."
                : "The credential of \(admin) on \(tenant.madeVisible) is kept in memory and tried at the next connection.",
            on: console)
    }
}
