import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// End a drain
struct ResumeCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "End a drain",
        discussion: "For operators. New sessions are given again; it succeeds also when nothing was being drained.")

    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        let reply = try shared.connect(console).call(Method.resume.call())
        guard shared.format == nil else {
            let writer = singleWriter([], in: console)
            try writer.add(reply)
            return try writer.finish()
        }
        shared.say("usherd takes new sessions.", on: console)
    }
}
