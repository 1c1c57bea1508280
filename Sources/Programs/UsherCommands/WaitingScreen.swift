import UsherClient

/// What somebody sees who waits for a seat: the place in the queue and who has the seats.
///
/// On a terminal the lines are drawn again in place. Elsewhere there are lines on a change only, and none for a program.
final class WaitingScreen {
    private let console: Console
    private let tenant: String
    private let isSilent: Bool
    private let redraws: Bool
    private let steps: StepScreen
    private var drawn = 0
    private var shown: [String] = []

    init(for tenant: String, verbose: Bool = false, shared: SharedOptions, console: Console) {
        self.console = console
        self.tenant = tenant
        steps = StepScreen(for: tenant, verbose: verbose, shared: shared, console: console)
        isSilent = shared.format?.isForPrograms ?? false
        redraws = console.redraws(on: console.diagnostics)
    }

    func show(_ progress: Acquisition.Progress) {
        switch progress {
        case .waiting(let place): show(place)
        case .step(let step):
            draw([])
            steps.show(step)
        case .daemonAway:
            steps.clear()
            draw(["usherd went away; asking again when it is back."])
            shown = []
        }
    }

    /// The session is there.
    func succeed() { steps.succeed() }

    /// Takes the lines off the screen again.
    func clear() {
        steps.clear()
        draw([])
    }

    func show(_ place: Acquisition.Place) {
        steps.clear()
        let position = place.position == 1 ? "next" : "number \(place.position)"
        let holders = HolderLines.lines(
            place.holders, at: console.now(), width: console.diagnostics.terminalWidth.map { $0 - 1 })
        // What changes by itself every second is no change worth a line in a log.
        let sense =
            [position]
            + place.holders.map { holder in
                ["session", "user", "state"].map { holder.object?[$0]?.string ?? "" }.joined(separator: " ")
            }
        guard redraws || sense != shown else { return }
        shown = sense
        let frees = place.retryAfterSeconds.map { ", a seat frees in \(Span(seconds: $0))" } ?? ""
        let left = Span(seconds: place.remainingSeconds)
        draw(["Waiting \(left) more for \(tenant.madeVisible): \(position) in the queue\(frees)."] + holders)
    }

    private func draw(_ lines: [String]) {
        guard !isSilent, !(lines.isEmpty && drawn == 0) else { return }
        var text = ""
        if redraws {
            if drawn > 0 { text += "\u{1B}[\(drawn)A\r\u{1B}[J" }
            drawn = lines.count
        }
        for line in lines {
            // A line that wraps would be two, and the next drawing would miss by one.
            text += (console.diagnostics.terminalWidth.map { line.fitted(to: $0 - 1) } ?? line) + "\n"
        }
        try? console.diagnostics.write(text)
        try? console.diagnostics.flush()
    }
}
