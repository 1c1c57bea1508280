import ArgumentParser
import UsherAPI

/// The command `usher`: its verbs, and nothing else.
struct Usher: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "usher",
        abstract: "Take, see and give back sessions on remote tenants",
        discussion: """
            Data is written to standard output, everything else to standard error. An exit status of 75 says that the \
            same may succeed later, and no other does.
            """,
        version: "usher \(Release.version)",
        subcommands: verbs)

    /// Every verb, in the order in which the help shows them.
    static let verbs: [any ParsableCommand.Type] = [
        LoginCommand.self, OpenCommand.self, ImportCommand.self, CommandsCommand.self, RunCommand.self,
        ShellCommand.self, HoldCommand.self, ListCommand.self, CloseCommand.self, ReclaimCommand.self,
        TenantsCommand.self, StatusCommand.self, TopCommand.self, MetricsCommand.self, DoctorCommand.self,
        EventsCommand.self, AuditCommand.self, CallCommand.self, DrainCommand.self, ResumeCommand.self,
        ReloadCommand.self, LockCommand.self,
        UnlockCommand.self,
    ]
}
