// What people and scripts read when something went wrong. Every failure becomes a CommandError here and nowhere else:
// what failed, in the reader's nouns; why, where there is a cause; a hint to paste or to wait for; an exit status.
// The words stand in CommandError+Client.swift and CommandError+Broker.swift, by the side that is at fault.

import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// A failure, ready to be shown.
struct CommandError: Error {
    /// The error's name for programs.
    var code: String
    /// One sentence. Text of others stands in it only where it is a name that was typed.
    var message: String
    /// Indented lines under it: who holds the seats, or which lines are at fault.
    var details: [String] = []
    /// Why, in the words of whoever said it.
    var causes: [String] = []
    var hint: String?
    var status: ExitStatus
    /// What the broker told, for programs.
    var facts: JSONObject = [:]
}

/// What somebody was about to do, as far as an error's words depend on it.
struct Attempt {
    /// The verb: `open`.
    var verb = ""
    /// What followed it, as far as a repetition needs it: `litware --as kenmyer`.
    var target = ""
    /// What ends the command line: ` -- ...` for hold.
    var tail = ""
    /// The terminal's columns, nil away from one.
    var width: Int?
}

extension CommandError {
    /// The words for `error`; nil when there is nothing to say beyond the exit status.
    init?(_ error: any Error, during attempt: Attempt, at now: Instant) {
        switch error {
        case let error as CommandError: self = error
        case let error as ClientError:
            guard let told = CommandError(client: error) else { return nil }
            self = told
        case let error as ErrorReply: self.init(reply: error, during: attempt, at: now)
        case let error as OutputFailure:
            guard !error.isClosed else { return nil }
            self.init(
                code: "OutputFailed", message: "Could not write to standard output.",
                causes: [SystemError.text(error.code)], status: .failed)
        case is ExitCode: return nil
        default: self.init(code: "Bug", message: "Usher has a bug.", causes: ["\(error)"], status: .bug)
        }
    }

    /// The kernel gives us no more descriptors.
    static var outOfDescriptors: CommandError {
        CommandError(code: "OutOfDescriptors", message: "The limit of open files is reached.", status: .unavailable)
    }

    /// The exit status of an error that has no words.
    static func silentStatus(_ error: any Error) -> Int32 {
        switch error {
        case let exit as ExitCode: exit.rawValue
        case is OutputFailure: ExitStatus.outputClosed.rawValue
        case ClientError.interrupted: ExitStatus.interrupted.rawValue
        default: ExitStatus.bug.rawValue
        }
    }
}

extension CommandError {
    /// Writes it to standard error: for people in parts, for programs as one JSON object.
    func write(to console: Console, format: OutputFormat?) {
        // Where standard error is closed nobody wants to be told; the exit status still says it.
        try? write(to: console.diagnostics, console: console, forPrograms: format?.isForPrograms ?? false)
        try? console.diagnostics.flush()
    }

    private func write(to output: Output, console: Console, forPrograms: Bool) throws {
        guard !forPrograms else {
            try output.write(line: JSON.object(record).text)
            return
        }
        let emphasis = console.emphasis(on: output)
        try output.write(line: "\(emphasis.alarming("Error:")) \(message)")
        for detail in details { try output.write(line: detail) }
        for cause in causes { try output.write(line: "Caused by: \(cause.madeVisible)") }
        if let hint { try output.write(line: "\(emphasis.strong("Hint:")) \(hint)") }
    }

    /// The object for programs: our members first, then the broker's facts under the socket's names.
    private var record: JSONObject {
        var record: JSONObject = ["code": .string(code), "message": .string(message)]
        for field in ["retryAfterSeconds", "holders"] {
            if let value = facts[field], !value.isNull { record[field] = value }
        }
        record["origin"] = "usher"
        record["exitStatus"] = .int(Int64(status.rawValue))
        if !causes.isEmpty { record["causes"] = .array(causes.map { .string($0) }) }
        if let hint { record["hint"] = .string(hint) }
        for fact in facts where record[fact.key] == nil { record[fact.key] = fact.value }
        return record
    }
}
