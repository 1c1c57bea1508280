import Testing

/// Who may know about whom (docs/architecture.md).
@Suite struct ImportTests {
    let repository = Repository()

    private enum Ring: String {
        case core = "Core"
        case protocols = "Protocols"
        case edges = "Edges"
        case programs = "Programs"
        case testKit = "TestKit"

        /// The rings it may see.
        var inward: [Ring] {
            switch self {
            case .core: []
            case .protocols: [.protocols]
            case .edges: [.core, .protocols, .edges]
            case .programs: [.core, .protocols, .edges, .programs]
            case .testKit: [.core, .protocols, .testKit]
            }
        }
    }

    /// What is not ours and who may use it; what is in nobody's list nobody may.
    private let outside: [String: Set<String>] = [
        "Glibc": [
            "LocalSocket", "Threads", "Processes", "UsherStore", "UsherTenant", "Systemd", "UsherConfiguration",
            "UsherClient",
            "UsherCommands", "UsherDaemon", "usher", "usherd", "UsherLab", "usher-lab",
        ],
        "Synchronization": ["UsherStore", "UsherTenant", "UsherDaemon", "UsherCommands", "CLIXML"],
        "Dispatch": ["UsherTenant"],
        "NIOCore": ["LocalSocket", "UsherDaemon", "UsherLab"], "NIOPosix": ["LocalSocket", "UsherDaemon", "UsherLab"],
        "NIOHTTP1": ["UsherLab"], "NIOSSL": ["UsherLab"],
        "GRDB": ["UsherStore"], "GRDBSQLite": ["UsherStore"], "Yams": ["UsherConfiguration", "UsherLab"],
        "Logging": ["Systemd", "UsherDaemon"], "UnixSignals": ["UsherDaemon"], "ArgumentParser": ["UsherCommands"],
    ]

    /// C modules of ours belong to the edge that wraps them.
    private let owners: [String: Set<String>] = [
        "CLinux": ["LocalSocket", "Threads", "Processes", "UsherDaemon", "UsherCommands", "UsherLab"],
        "CSystemd": ["Systemd"], "CXML": ["XML"], "CCurl": ["UsherTenant"], "CSessionKeys": ["SessionKeys"],
        "CKerberos": ["UsherTenant"],
        "CLabCertificate": ["UsherLab"],
    ]

    /// The edges know the core and the protocols, and nothing of each other, but for the two that serve others: threads and
    /// session keys. And how a tenant is reached is one value, which one edge reads from files and another goes by.
    private let edgeKnowledge: [String: Set<String>] = [
        "LocalSocket": ["Varlink"], "Threads": [], "Processes": ["Threads"], "UsherStore": ["Threads", "UsherCore"],
        "Systemd": [],
        "UsherConfiguration": ["UsherCore"], "SessionKeys": ["XML"],
        "UsherTenant": [
            "Threads", "UsherCore", "UsherConfiguration", "SessionKeys", "HTTP", "Discovery", "WSMan", "PSRP", "CLIXML",
            "XML", "Varlink",
        ],
    ]

    private func targets() -> [String: Ring] {
        var targets: [String: Ring] = [:]
        for folder in repository.names(in: "Sources") {
            guard let ring = Ring(rawValue: folder) else {
                Issue.record("Sources/\(folder): is no ring of docs/architecture.md")
                continue
            }
            for target in repository.names(in: "Sources/\(folder)") { targets[target] = ring }
        }
        return targets
    }

    private func imports() -> [(line: Line, target: String, module: String)] {
        repository.files(under: "Sources", ".swift").flatMap { path in
            let target = String(path.split(separator: "/")[2])
            return repository.lines(path).compactMap { line in
                line.importedModule.map { (line, target, String($0)) }
            }
        }
    }

    @Test func `imports point inward`() {
        let targets = targets()
        for (line, target, module) in imports() {
            guard let ring = targets[target], let other = targets[module] else { continue }
            #expect(ring.inward.contains(other), "\(line.place): \(target) in \(ring.rawValue) imports \(module)")
        }
    }

    @Test func `the core imports nothing`() {
        for (line, target, module) in imports() where target == "UsherCore" {
            Issue.record("\(line.place): imports \(module), and the core knows the standard library only")
        }
    }

    @Test func `what is not ours is wrapped by who is there for it`() {
        let targets = targets()
        for (line, target, module) in imports() where owners[module] != nil || targets[module] == nil {
            let users = owners[module] ?? outside[module] ?? []
            #expect(users.contains(target), "\(line.place): \(target) imports \(module)")
        }
    }

    @Test func `an edge knows no other edge`() {
        let targets = targets()
        for (line, target, module) in imports() where targets[target] == .edges {
            guard targets[module] != nil, owners[module] == nil else { continue }
            let known = edgeKnowledge[target]
            #expect(known?.contains(module) == true, "\(line.place): \(target) imports \(module)")
        }
    }

    @Test func `the command decides nothing and links nothing that decides`() {
        let side: Set = ["usher", "UsherCommands", "UsherClient", "UsherAPI"]
        // CLinux is a few C functions: one starts the command of `hold`.
        let allowed: Set = [
            "UsherCommands", "UsherClient", "UsherAPI", "Varlink", "ArgumentParser", "Glibc", "CLinux",
            "Threads", "Synchronization",
        ]
        for (line, target, module) in imports() where side.contains(target) {
            #expect(allowed.contains(module), "\(line.place): \(target) imports \(module)")
        }
    }

    @Test func `the lab and the product share codecs and nothing else`() {
        let shared: Set = ["XML", "CLIXML", "PSRP", "WSMan", "Varlink", "SessionKeys", "UsherLab"]
        let targets = targets()
        for (line, target, module) in imports() where owners[module] == nil && targets[module] != nil {
            let isLab = target == "UsherLab" || target == "usher-lab"
            #expect(!isLab || shared.contains(module), "\(line.place): \(target) imports \(module)")
            #expect(isLab || module != "UsherLab", "\(line.place): \(target) imports \(module)")
        }
    }

    @Test func `the table has no line for what is gone`() {
        let targets = targets()
        for name in Set(outside.values.joined()).union(owners.values.joined()).union(edgeKnowledge.keys) {
            #expect(targets[name] != nil, "\(name) is in this test's table and not in Sources")
        }
    }

    @Test func `every folder of sources is a target of its own path`() {
        // However its lines are broken.
        let package = repository.text("Package.swift").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        for (target, ring) in targets() {
            let isDeclared =
                package.contains("ring(\"\(ring.rawValue)\", \"\(target)\"")
                || package.contains("ring( \"\(ring.rawValue)\", \"\(target)\"")
                || package.contains("path: \"Sources/\(ring.rawValue)/\(target)\"")
            #expect(isDeclared, "Sources/\(ring.rawValue)/\(target): Package.swift has no target of that path")
        }
    }

    @Test func `a line that imports is understood`() {
        func module(_ text: String) -> String? {
            Line(path: "", number: 1, text: text).importedModule.map { String($0) }
        }
        #expect(module("internal import GRDB") == "GRDB" && module("import Glibc") == "Glibc")
        #expect(module("@testable import UsherCore  // why") == "UsherCore")
        #expect(module("import struct Glibc.stat") == "Glibc")
        #expect(module("// import Foundation") == nil && module("let text = \"import Foundation\"") == nil)
        #expect(module("func load() { important import }") == nil)
    }
}
