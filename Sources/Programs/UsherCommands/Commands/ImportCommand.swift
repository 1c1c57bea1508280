import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Fetch the commands of a session
struct ImportCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Fetch the commands of a session",
        discussion: """
            Prints the session and how many commands there are. The daemon remembers them with the session, for usher \
            commands and for completion in usher shell. At a tenant it takes the session of usher hold, else your most \
            recently used idle session, else it opens one as usher open does.
            """)

    @OptionGroup var options: TargetOptions
    @Argument(help: "Only commands of such names: * and ? stand for anything.") var pattern: String?
    @Flag(help: "Ask the tenant again, although they are known.") var refresh = false
    @Flag(help: "Tell the steps on standard error.") var verbose = false
    @OptionGroup var shared: SharedOptions

    var attempt: Attempt { options.attempt("import") }

    func run(in console: Console) throws {
        let address = try shared.address(console)
        let signals = try signalsThatEnd()
        var borrowed = try borrow(options, at: address, signals: signals, verbose: verbose, console: console)
        var count: Int64 = 0
        let listing = CommandListing(session: borrowed.session, pattern: pattern, isRefreshed: refresh)
        try listing.fetch(
            on: borrowed.client, progress: ProgressLine(format: shared.format, console: console),
            wake: signals.descriptor
        ) { _ in count += 1 }
        try write(count, borrowed, console)
        // From here on a signal may simply end us, and the lease with us.
        signals.release()
        try borrowed.makeLast(at: address) { shared.say($0, on: console) }
    }

    private func write(_ count: Int64, _ borrowed: BorrowedSession, _ console: Console) throws {
        let session = borrowed.session
        if shared.format == nil {
            try console.output.write(line: "Imported \(Count.of(count, "command")) into \(session.madeVisible).")
            return try console.output.flush()
        }
        let writer = singleWriter([Column("SESSION", "session"), Column("COMMANDS", "commands")], in: console)
        try writer.add(["session": .string(session), "commands": .int(count), "reused": .bool(!borrowed.isNew)])
        try writer.finish()
    }
}
