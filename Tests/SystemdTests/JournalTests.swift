import Glibc
import Logging
import Testing

@testable import Systemd

@Suite struct JournalEntryTests {
    @Test func `an entry has its priority, its program, its text and its facts`() {
        let entry = JournalEntry(.warning, "A seat stays taken.", ["session": "s7k2", "tenant": "litware"])
        #expect(
            entry.journalFields(identifier: "usherd") == [
                "PRIORITY=4", "SYSLOG_IDENTIFIER=usherd", "MESSAGE=A seat stays taken.", "USHER_SESSION=s7k2",
                "USHER_TENANT=litware",
            ])
        #expect(entry.line == "warning: A seat stays taken. session=s7k2 tenant=litware")
    }

    @Test(
        arguments: [
            (.trace, "7"), (.debug, "7"), (.info, "6"), (.notice, "5"), (.warning, "4"), (.error, "3"),
            (.critical, "2"),
        ] as [(Logger.Level, String)])
    func `levels are those of syslog`(_ level: Logger.Level, _ priority: String) {
        #expect(JournalEntry(level, "").journalFields(identifier: "")[0] == "PRIORITY=\(priority)")
    }

    @Test(arguments: [
        ("requestID", "USHER_REQUEST_ID"), ("request-id", "USHER_REQUEST_ID"), ("shell_id", "USHER_SHELL_ID"),
        ("uid", "USHER_UID"), ("_pid=1\nX", "USHER__PID_1_X"), ("größe", "USHER_GR__E"),
        (String(repeating: "x", count: 100), "USHER_" + String(repeating: "X", count: 58)),
    ])
    func `names of fields are such as the journal takes`(_ name: String, _ field: String) {
        let fields = JournalEntry(.info, "", [name: "1"]).journalFields(identifier: "")
        #expect(fields.last == field + "=1")
    }

    @Test func `nobody's words forge a second line or a second field`() {
        let entry = JournalEntry(
            .error, "It said: x\nPRIORITY=0\u{1b}[2J", ["text": "a\nMESSAGE=b", "k\ne=y": "a\" b=c", "empty": ""])
        #expect(entry.journalFields(identifier: "a\nb").allSatisfy { !$0.contains("\n") && !$0.contains("\u{1b}") })
        #expect(
            entry.line
                == #"error: It said: x\nPRIORITY=0\u{1b}[2J empty="" k\ne=y="a\" b=c" text="a\nMESSAGE=b""#)
    }

    @Test func `lists and maps of facts are written out`() {
        let entry = JournalEntry(.info, "x", ["many": ["a", "b\n"], "map": ["k": "v"]])
        #expect(entry.line == #"info: x many="[\"a\", \"b\n\"]" map="[\"k\": \"v\"]""#)
    }
}

@Suite struct JournalLogHandlerTests {
    @Test func `a logger writes one line an entry, with its own facts and those of the call`() {
        let text = written { descriptor in
            var logger = Logger(label: "test") { _ in
                JournalLogHandler(identifier: "usherd", to: .lines(to: descriptor))
            }
            logger[metadataKey: "tenant"] = "litware"
            logger.debug("not worth a line")
            logger.info("opened", metadata: ["session": "s7k2"])
            logger.warning("two\nlines", metadata: ["tenant": "other"])
            logger.logLevel = .debug
            logger.debug("now it is")
        }
        #expect(
            text == """
                info: opened session=s7k2 tenant=litware
                warning: two\\nlines tenant=other
                debug: now it is tenant=litware

                """)
    }

    @Test func `facts of a copy are the copy's alone`() {
        let handler = JournalLogHandler(identifier: "usherd", to: .lines(to: -1))
        var copy = handler
        copy[metadataKey: "a"] = "b"
        copy.logLevel = .trace
        #expect(handler.metadata.isEmpty && handler.logLevel == .info && copy.metadata == ["a": "b"])
    }

    @Test func `facts of the surroundings and an error are told too`() {
        struct Broken: Error, CustomStringConvertible { var description: String { "broken\u{1b}" } }
        let text = written { descriptor in
            var handler = JournalLogHandler(identifier: "usherd", to: .lines(to: descriptor))
            handler.metadataProvider = .init { ["call": "7"] }
            handler.log(
                event: LogEvent(
                    level: .error, message: "no", error: Broken(), metadata: nil, source: nil, file: #fileID,
                    function: #function, line: #line))
        }
        #expect(text == "error: no call=7 error=broken\\u{1b}\n")
    }

    @Test func `nobody reading is no reason to stop`() {
        let handler = JournalLogHandler(identifier: "usherd", to: .lines(to: -1))
        handler.log(
            event: LogEvent(
                level: .error, message: "no", error: nil, metadata: nil, source: nil, file: #fileID,
                function: #function, line: #line))
    }

    @Test func `standard error is the journal only by device and inode`() {
        var descriptors: [Int32] = [0, 0]
        pipe(&descriptors)
        defer { for descriptor in descriptors { close(descriptor) } }
        var status = stat()
        fstat(descriptors[1], &status)
        let stream = "\(status.st_dev):\(status.st_ino)"
        #expect(JournalLogHandler.Destination.isStream(stream, descriptors[1]))
        #expect(!JournalLogHandler.Destination.isStream(stream + "1", descriptors[1]))
        #expect(!JournalLogHandler.Destination.isStream("", descriptors[1]))
        #expect(!JournalLogHandler.Destination.isStream(stream, -1))
    }

    /// What is written to the descriptor that `body` is given.
    private func written(_ body: (Int32) -> Void) -> String {
        var descriptors: [Int32] = [0, 0]
        pipe(&descriptors)
        body(descriptors[1])
        close(descriptors[1])
        defer { close(descriptors[0]) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(descriptors[0], &chunk, chunk.count)
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += chunk[..<count]
        }
    }
}
