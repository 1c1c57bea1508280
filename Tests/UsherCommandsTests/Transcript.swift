import Foundation
import Testing

@testable import UsherCommands

/// Commands with what they ask, what the broker answers and what they write, kept as text:
///
///     @ken {"session":"s7k2"}              at the top of the file: @ken stands for that in the replies below
///
///     # a sentence
///     [terminal 60]                        the width, where there is a terminal
///     [environment USHER_ADMIN=pilar]
///     [any seconds]                        what depends on how quick we are is not compared
///     $ usher list
///     > a call, as it must be sent         (the random requestId as "...")
///     < a reply to it                      (UID stands for the caller's)
///     what is written to standard output
///     ! what is written to standard error
///     [exit 0]
///
/// With TRANSCRIPTS=write in the environment what happens is written down instead of compared; read the difference.
struct Transcript {
    var title = ""
    var settings: [String] = []
    var command = ""
    var exchanges: [(call: String, replies: [String])] = []
    var written: [String] = []

    /// As it stands in a file.
    var text: String {
        let asked = exchanges.flatMap { ["> " + $0.call] + $0.replies.map { "< " + $0 } }
        return ([title] + settings + [command] + asked + written).joined(separator: "\n") + "\n"
    }

    /// What a file holds: abbreviations and transcripts.
    struct File {
        var abbreviations: [(name: String, text: String)] = []
        var transcripts: [Transcript] = []

        var text: String {
            let top = abbreviations.map { "\($0.name) \($0.text)\n" }.joined()
            return top + (top.isEmpty ? "" : "\n") + transcripts.map(\.text).joined(separator: "\n")
        }
    }

    static func folder() -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Transcripts")
    }

    static func read(_ file: String) throws -> File {
        let text = try String(contentsOf: folder().appendingPathComponent(file + ".txt"), encoding: .utf8)
        var all = File()
        var current = Transcript()
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            switch line {
            case "" where current.command.isEmpty: continue
            case _ where line.hasPrefix("@") && current.command.isEmpty:
                let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
                all.abbreviations.append((parts[0], parts[1]))
            case _ where line.hasPrefix("# ") && current.command.isEmpty: current.title = line
            case _ where line.hasPrefix("[") && current.command.isEmpty: current.settings.append(line)
            case _ where line.hasPrefix("$ usher"): current.command = line
            case _ where line.hasPrefix("> "): current.exchanges.append((String(line.dropFirst(2)), []))
            case _ where line.hasPrefix("< "):
                if current.exchanges.isEmpty { current.exchanges.append(("", [])) }
                current.exchanges[current.exchanges.count - 1].replies.append(String(line.dropFirst(2)))
            default:
                current.written.append(line)
                if line.hasPrefix("[exit ") {
                    all.transcripts.append(current)
                    current = Transcript()
                }
            }
        }
        return all
    }

    /// Runs the command and returns what happened.
    func played(with abbreviations: [(name: String, text: String)]) -> Transcript {
        let written = abbreviations.reversed() + [(name: "UID", text: "\(getuid())")]
        let broker = ScriptedBroker(
            answering: exchanges.map { exchange in
                exchange.replies.map { reply in
                    written.reduce(reply) { $0.replacingOccurrences(of: $1.name, with: $1.text) }
                }
            })
        var environment = ["USHER_SOCKET": broker.path, "TERM": "xterm"]
        var width: Int?
        for setting in settings {
            let words = setting.dropFirst().dropLast().split(separator: " ", maxSplits: 1).map(String.init)
            if words[0] == "terminal" { width = Int(words[1]) }
            if words[0] == "environment" {
                let pair = words[1].split(separator: "=", maxSplits: 1).map(String.init)
                environment[pair[0]] = pair[1]
            }
        }
        let console = Console(
            output: Output(keepingFor: width), diagnostics: Output(keepingFor: width),
            environment: { [environment] in environment[$0] },
            now: { Instant(rfc3339: "2026-11-23T10:00:00Z")! })
        let status = UsherProgram.run(Self.words(command.dropFirst("$ usher ".count)), in: console)
        let asked = broker.stop().map(masked)

        var actual = self
        actual.exchanges = asked.enumerated().map { index, call in
            (call, index < exchanges.count ? exchanges[index].replies : [ScriptedBroker.hangUp])
        }
        func lines(_ text: String, prefix: String = "") -> [String] {
            // A last line that is not ended, as one that tells how far something is, is shown as well.
            guard !text.isEmpty else { return [] }
            return masked(text.hasSuffix("\n") ? String(text.dropLast()) : text).replacingOccurrences(
                of: "\u{1B}", with: "ESC"
            ).replacingOccurrences(
                of: broker.path, with: "SOCKET"
            )
            .split(separator: "\n", omittingEmptySubsequences: false).map { prefix + $0 }
        }
        actual.written =
            lines(console.output.kept) + lines(console.diagnostics.kept, prefix: "! ") + ["[exit \(status)]"]
        return actual
    }

    /// Without what is different each time.
    private func masked(_ text: String) -> String {
        var patterns = [(#""requestId":"[0-9a-f]+""#, #""requestId":"...""#), ("\"uid\":\(getuid()),", "\"uid\":UID,")]
        if settings.contains("[any seconds]") {
            patterns += [
                (#""waitSeconds":[0-9]+"#, #""waitSeconds":..."#), ("Waiting [0-9ms ]+ more", "Waiting ... more"),
            ]
        }
        return patterns.reduce(text) { $0.replacingOccurrences(of: $1.0, with: $1.1, options: .regularExpression) }
    }

    /// Splits a command line at blanks; single quotes keep them.
    private static func words(_ line: Substring) -> [String] {
        var words: [String] = []
        var word: String?
        var quoted = false
        for character in line {
            switch character {
            case "'":
                quoted.toggle()
                word = word ?? ""
            case " " where !quoted:
                if let finished = word { words.append(finished) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + (word.map { [$0] } ?? [])
    }
}
