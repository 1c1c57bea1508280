import UsherAPI
import UsherClient
import Varlink

/// The questions of one pipeline: put to a person where there is one, one after the other, and answered on a connection of
/// their own, because the one that brought them is busy streaming.
final class Questions {
    private let terminal: QuestionTerminal?
    private let address: BrokerAddress
    private var waiting: [QuestionDialog] = []
    private var isAsked = false

    /// `isInputTaken`: what is on standard input is for the pipeline, so that nobody can answer there.
    init(at address: BrokerAddress, isInputTaken: Bool, console: Console) {
        self.address = address
        terminal = isInputTaken ? nil : QuestionTerminal(console)
    }

    /// Whether somebody can be asked.
    var canAsk: Bool { terminal != nil }

    /// Whether a question waits for its answer.
    var areOpen: Bool { !waiting.isEmpty }

    /// A question came.
    func add(_ prompt: JSONObject) {
        if let dialog = QuestionDialog(prompt) { waiting.append(dialog) }
    }

    /// Goes on with the first one, until it is answered or `others` have something to read. Returns a question that has
    /// become complete: its number, and its answer or nothing where nobody answers.
    func goOn(orUntilReadable others: [Int32]) -> (id: Int64, value: JSON?)? {
        guard let terminal, var dialog = waiting.first else { return nil }
        if !isAsked { terminal.show(dialog.heading) }
        while let line = dialog.ask {
            if !isAsked { terminal.ask(line) }
            isAsked = true
            switch terminal.wait(orUntilReadable: others) {
            case .news: return nil
            case .end: return finish(dialog.id, nil)
            case .line(let text):
                terminal.show(dialog.receive(text))
                isAsked = false
                waiting[0] = dialog
            }
        }
        return finish(dialog.id, dialog.answer)
    }

    private func finish(_ id: Int64, _ value: JSON?) -> (id: Int64, value: JSON?) {
        waiting.removeFirst()
        isAsked = false
        return (id, value)
    }

    /// Nobody waits for answers any more.
    func drop() {
        if isAsked { terminal?.leave() }
        waiting = []
        isAsked = false
    }

    /// Sends an answer. What is secret goes only to a broker that may have it.
    func send(_ value: JSON?, to id: Int64, of pipeline: PipelineReference) throws {
        let client = try BrokerClient.connect(to: address)
        try client.requireTrust()
        var parameters = pipeline.parameters
        parameters["prompt"] = .int(id)
        parameters["value"] = value
        do {
            _ = try client.call(Method.answer.call(parameters), within: BrokerClient.tenantAnswersWithin)
        } catch let error as ErrorReply where error.known == .nothingRuns {
            // It ended meanwhile, and its end says how.
        }
    }
}
