import Testing

/// What a reviewer would say every time.
@Suite struct HouseRulesTests {
    let repository = Repository()

    private func lines(of folders: [String] = ["Sources"], _ end: String = ".swift") -> [Line] {
        folders.flatMap { repository.files(under: $0, end) }.flatMap(repository.lines)
    }

    @Test func `there is something to read`() {
        #expect(lines().count > 5000 && lines(of: ["docs"], ".md").count > 300)
    }

    @Test(arguments: [
        ("Date", "take a Moment"), ("Task", "nothing here runs by itself"), ("print", "return what is to be said"),
        ("random", "take a generator"), ("Glibc", "that belongs to an edge"), ("Foundation", "that belongs to an edge"),
        ("Dispatch", "nothing here runs by itself"), ("sleep", "take a Moment"), ("ContinuousClock", "take a Moment"),
        ("SuspendingClock", "take a Moment"), ("async", "nothing here waits"), ("await", "nothing here waits"),
        ("actor", "values only"), ("nonisolated", "values only"), ("getenv", "take it as an argument"),
    ])
    func `words are kept out of the core and the protocols`(word: String, instead: String) {
        for line in lines(of: ["Sources/Core", "Sources/Protocols"]) where line.words.contains(Substring(word)) {
            Issue.record("\(line.place): \(word) is banned here: \(instead)")
        }
    }

    @Test func `who shares without the compiler's check says who guards what`() {
        for path in repository.files(under: "Sources", ".swift") {
            let lines = repository.lines(path)
            for (place, line) in lines.enumerated() {
                guard line.code.contains("@unchecked Sendable") || line.code.contains("nonisolated(unsafe)") else {
                    continue
                }
                // Above it, or in the first lines of the type, where the guarded things stand.
                let around = lines[max(0, place - 4)...min(lines.count - 1, place + 3)]
                let isExplained = around.contains { $0.text.contains("//") }
                #expect(isExplained, "\(line.place): says nowhere who guards what")
            }
        }
    }

    @Test func `no test of the rules waits for time to pass`() {
        for line in lines(of: ["Tests/UsherCoreTests", "Tests/SimulationTests", "Sources/TestKit"]) {
            for word in ["usleep", "nanosleep", "Task.sleep", "Thread.sleep"] where line.code.contains(word) {
                Issue.record("\(line.place): \(word): move the clock instead")
            }
        }
    }

    @Test func `nothing is left for later`() {
        let marks = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
        for line in lines(of: ["Sources", "Tests"]) + lines(of: ["docs"], ".md") {
            for mark in marks where line.text.split(whereSeparator: { !$0.isLetter }).contains(Substring(mark)) {
                Issue.record("\(line.place): \(mark): do it now, or write it down as an issue")
            }
        }
    }

    @Test func `no file has learned everything`() {
        for path in ["Sources", "Tests"].flatMap({ repository.files(under: $0, ".swift") }) {
            let count = repository.lines(path).count - 1
            // Recorded samples are not read from top to bottom.
            let max = path.hasSuffix("/Samples.swift") ? 600 : 400
            #expect(count <= max, "\(path):\(count): is longer than \(max) lines; look for the second noun in it")
        }
    }

    @Test func `types are named for what they are`() {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
        let empty = ["Manager", "Utils", "Util", "Utility", "Helper", "Helpers", "Info", "Support", "Impl", "Data"]
        // MS-PSRP 2.2.2 calls these messages so.
        let specified: Set<Substring> = ["ApplicationPrivateData", "RunspacePoolInitData"]
        for line in lines() {
            let words = line.words
            for (kind, name) in zip(words, words.dropFirst()) where kinds.contains(kind) && !specified.contains(name) {
                for end in empty where name.hasSuffix(end) {
                    Issue.record("\(line.place): \(name): find the noun; \(end) says nothing")
                }
            }
        }
    }

    @Test func `a file is named for what is in it`() {
        for path in repository.files(under: "Sources", ".swift") {
            let name = path.split(separator: "/").last?.dropLast(6) ?? ""
            #expect(!name.contains(" ") && !name.contains("Extensions"), "\(path):1: find the noun")
            for end in ["Utils", "Helpers", "Utilities", "Misc", "Common"] {
                #expect(!name.hasSuffix(end), "\(path):1: find the noun")
            }
        }
    }

    @Test func `nothing prints but the programs`() {
        for line in lines() where line.code.contains("print(") && !line.path.hasPrefix("Sources/Programs/") {
            Issue.record("\(line.place): prints")
        }
    }

    @Test func `an error of somebody else's making is no trap`() {
        for line in lines() {
            let words = line.words
            #expect(!words.contains("fatalError"), "\(line.place): a trap says why: preconditionFailure")
            let tried = line.code.contains("try!") || line.code.contains("as!")
            #expect(!tried || line.path.hasPrefix("Sources/TestKit/"), "\(line.place): traps without a word")
        }
    }
}
