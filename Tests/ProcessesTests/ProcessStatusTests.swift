import Glibc
import Testing

@testable import Processes

@Suite struct ProcessStatusTests {
    /// A line of /proc/PID/stat with this name, session, terminal and start.
    private func line(name: String = "bash", terminal: Int = 34819, start: String = "4711") -> String {
        "1000 (\(name)) S 999 1000 900 \(terminal) 1000 4194304 1 2 3 4 5 6 7 8 20 0 1 0 \(start) 100 200 3\n"
    }

    @Test(arguments: [
        "bash", "a b", "tmux: server", "(sd-pam)", "x) S 1 1 1 1", "((", "))", ") (", "", "ü", "\\n", "9 (9) 9",
    ])
    func `fields are counted from behind the name, whatever it is`(_ name: String) throws {
        let status = try #require(ProcessStatus(stat: line(name: name)))
        #expect(status.session == 900 && status.startTicks == 4711 && status.terminal == "pts/3")
    }

    @Test(
        arguments: [
            (0, nil), (34816, "pts/0"), (34819, "pts/3"), (34816 + 255, "pts/255"),
            // Beyond 256 terminals the minor number goes on above the major one.
            (136 << 8 | 0x10_0000, "pts/256"), (136 << 8 | 0x10_0000 | 5, "pts/261"), (143 << 8 | 1, "pts/7340033"),
            (1025, "tty1"), (4 << 8 | 63, "tty63"), (4 << 8 | 64, "ttyS0"), (5 << 8 | 1, nil), (-1, nil),
        ] as [(Int, String?)])
    func `a terminal is named as people know it`(device: Int, name: String?) throws {
        #expect(try #require(ProcessStatus(stat: line(terminal: device))).terminal == name)
    }

    @Test(arguments: [
        "", "1000", "1000 (bash", "1000 (bash) S 999 1000 900", "(bash) S 1 1 x 0 1 1 1 2 3 4 5 6 7 8 20 0 1 0 4711 1",
        "1 (bash) S 1 1 1 x 1 1 1 2 3 4 5 6 7 8 20 0 1 0 4711 1",
        "1 (bash) S 1 1 1 0 1 1 1 2 3 4 5 6 7 8 20 0 1 0 -1 1",
        "1 (bash) S 1 1 99999999999 0 1 1 1 2 3 4 5 6 7 8 20 0 1 0 4711 1",
    ])
    func `what is no such line is nothing`(_ text: String) { #expect(ProcessStatus(stat: text) == nil) }

    @Test func `the largest start is read`() throws {
        #expect(try #require(ProcessStatus(stat: line(start: "\(UInt64.max)"))).startTicks == .max)
    }

    @Test func `a process that lives is found, and no other`() throws {
        let own = try #require(ProcessStatus(of: getpid()))
        #expect(own.session == getsid(0) && own.startTicks > 0)
        #expect(ProcessStatus(of: 0) == nil && ProcessStatus(of: -1) == nil && ProcessStatus(of: .max) == nil)
    }
}
