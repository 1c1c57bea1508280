import UsherClient

/// What somebody sees while a connection to a tenant is built: with --verbose each step and what came of it, on a
/// terminal else one line in place, and nothing anywhere else.
final class StepScreen {
    private let tenant: String
    private let tell: ((String) -> Void)?
    private let progress: ProgressLine
    private var current: String?
    private var toldSuccess = true

    init(for tenant: String, verbose: Bool, shared: SharedOptions, console: Console) {
        self.tenant = tenant
        tell = verbose ? { shared.say($0, on: console) } : nil
        progress = ProgressLine(format: shared.format, console: console)
    }

    /// A step began, or what it found is known.
    func show(_ step: ConnectionStep) {
        let isNew = step.name != current
        if isNew { tellSuccess() }
        current = step.name
        guard let tell else {
            return progress.show("Opening a session on \(tenant): \(Self.words(step.name, beginning: false))")
        }
        if isNew { tell(Self.words(step.name, beginning: true)) }
        switch step.name {
        case "domain", "discovery":
            toldSuccess = true
            let found = step.name == "domain" ? "AdminDomain" : "TargetUri"
            if let detail = step.detail { tell("-> \(found) = \(detail.madeVisible)") }
        default: toldSuccess = false
        }
    }

    /// The session is there.
    func succeed() {
        progress.clear()
        tellSuccess()
    }

    private func tellSuccess() {
        if !toldSuccess { tell?("-> Success") }
        toldSuccess = true
    }

    /// Something went wrong, or something else is to be shown.
    func clear() { progress.clear() }

    private static func words(_ step: String, beginning: Bool) -> String {
        let words =
            switch step {
            case "domain": "determining domain to admin"
            case "discovery": "discovering PowerShell endpoint URI"
            case "token": "requesting authentication token"
            case "session": "initializing remote session"
            // A newer broker may know more.
            default: step.madeVisible
            }
        return beginning ? words.prefix(1).uppercased() + words.dropFirst() : words
    }
}
