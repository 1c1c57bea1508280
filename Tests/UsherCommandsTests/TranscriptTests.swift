import Foundation
import Testing
import UsherAPI

@testable import UsherCommands

/// What people see, word for word. Serialized: a command catches signals, and a process has one set of handlers.
@Suite(.serialized) struct TranscriptTests {
    static let files = [
        "refusals", "errors", "sessions", "screens", "operators", "usage", "opening", "commands", "pipelines",
        "objects",
    ]

    @Test(arguments: files)
    func `every command asks, writes and exits as its transcript says`(_ file: String) throws {
        setenv("TZ", "UTC", 1)
        let expected = try Transcript.read(file)
        var actual = expected
        actual.transcripts = expected.transcripts.map { $0.played(with: expected.abbreviations) }
        if ProcessInfo.processInfo.environment["TRANSCRIPTS"] == "write" {
            let url = Transcript.folder().appendingPathComponent(file + ".txt")
            try actual.text.write(to: url, atomically: true, encoding: .utf8)
            return
        }
        for (expected, actual) in zip(expected.transcripts, actual.transcripts) {
            #expect(actual.text == expected.text)
        }
    }

    @Test func `every error of the interface has a transcript with its exit status`() throws {
        let transcripts = try Self.files.flatMap { try Transcript.read($0).transcripts }
        for error in APIError.allCases {
            let name = "\"\(error.qualifiedName)\""
            // Where it was the last word; some are asked again after an error.
            let told = transcripts.filter { transcript in
                let words = transcript.exchanges.flatMap(\.replies).filter { $0.contains("error") }
                return transcript.written.last != "[exit 0]" && words.last?.contains(name) ?? false
            }
            #expect(!told.isEmpty, "\(error) has no transcript")
            for transcript in told where !transcript.command.hasPrefix("$ usher hold") {
                #expect(transcript.written.last == "[exit \(error.exitStatus.rawValue)]")
            }
        }
    }
}
