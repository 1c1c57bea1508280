// swift-tools-version:6.2
import PackageDescription

// Four rings and a test kit; imports point inward only. docs/architecture.md tells the story,
// Tests/TidyTests holds the import table below against the sources.

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
// What the macros of Swift Testing expand to is not ours to keep free of warnings, so tests go without this.
let strict = settings + [.treatAllWarnings(as: .error)]

func nio(_ name: String) -> Target.Dependency { .product(name: name, package: "swift-nio") }

func ring(_ path: String, _ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/\(path)/\(name)", swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", resources: resources, swiftSettings: settings)
}

// The lab: a tenant to try on and to test against. It shares the codecs and nothing else. Its TLS is by far the most that
// is to be compiled, and nothing of it is what the sanitizers look at (scripts/test), so these builds go without.
let hasLab = Context.environment["USHER_WITHOUT_LAB"] == nil
let lab: [Target] = [
    .target(
        name: "CLabCertificate", path: "Sources/Programs/CLabCertificate",
        linkerSettings: [.linkedLibrary("crypto")]),
    ring(
        "Programs", "UsherLab",
        [
            "CLabCertificate", "CLinux", "SessionKeys", "XML", "CLIXML", "PSRP", "WSMan", "Varlink", nio("NIOCore"),
            nio("NIOPosix"), nio("NIOHTTP1"), .product(name: "NIOSSL", package: "swift-nio-ssl"),
            .product(name: "Yams", package: "Yams"),
        ]),
    .executableTarget(
        name: "usher-lab", dependencies: ["UsherLab"], path: "Sources/Programs/usher-lab", swiftSettings: strict),
    tests("UsherLabTests", ["UsherLab", "XML", "CLIXML", "PSRP", "WSMan", "HTTP"]),
]

let package = Package(
    name: "Usher",
    products: [
        .executable(name: "usher", targets: ["usher"]),
        .executable(name: "usherd", targets: ["usherd"]),
    ] + (hasLab ? [.executable(name: "usher-lab", targets: ["usher-lab"])] : []),
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        // Core: the standard library, nothing else.
        ring("Core", "UsherCore"),

        // Protocols: codecs and machines without IO.
        ring("Protocols", "HTTP"),
        ring("Protocols", "Discovery", ["HTTP", "XML"]),
        ring("Protocols", "WSMan", ["HTTP", "XML"]),
        ring("Protocols", "Varlink"),
        .systemLibrary(
            name: "CXML", path: "Sources/Protocols/CXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        ring("Protocols", "XML", ["CXML"]),
        ring("Protocols", "CLIXML", ["XML"]),
        ring("Protocols", "PSRP", ["CLIXML"]),

        // Edges: each wraps one thing of the world and decides nothing.
        .systemLibrary(
            name: "CSystemd", path: "Sources/Edges/CSystemd", pkgConfig: "libsystemd",
            providers: [.apt(["libsystemd-dev"])]),
        .target(name: "CLinux", path: "Sources/Edges/CLinux"),
        ring("Edges", "LocalSocket", ["CLinux", "Varlink", nio("NIOCore"), nio("NIOPosix")]),
        ring("Edges", "Threads", ["CLinux"]),
        ring("Edges", "Processes", ["CLinux", "Threads"]),
        .target(
            name: "CSessionKeys", path: "Sources/Edges/CSessionKeys", linkerSettings: [.linkedLibrary("crypto")]),
        ring("Edges", "SessionKeys", ["CSessionKeys", "XML"]),
        .target(
            name: "CKerberos", path: "Sources/Edges/CKerberos",
            linkerSettings: [.linkedLibrary("krb5"), .linkedLibrary("gssapi_krb5")]),
        ring(
            "Edges", "UsherStore",
            [
                "Threads", "UsherCore", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        ring("Edges", "Systemd", ["CSystemd", .product(name: "Logging", package: "swift-log")]),
        .systemLibrary(
            name: "CCurl", path: "Sources/Edges/CCurl", pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"])]),
        ring(
            "Edges", "UsherTenant",
            [
                "CCurl", "CKerberos", "Threads", "UsherCore", "UsherConfiguration", "SessionKeys", "HTTP", "Discovery",
                "WSMan", "PSRP", "CLIXML", "XML", "Varlink",
            ]),
        ring("Edges", "UsherConfiguration", ["UsherCore", .product(name: "Yams", package: "Yams")]),

        // Programs: they wire it up.
        ring("Programs", "UsherAPI", ["Varlink"]),
        ring("Programs", "UsherClient", ["UsherAPI", "Varlink"]),
        ring(
            "Programs", "UsherCommands",
            [
                "CLinux", "Threads", "UsherClient", "UsherAPI", "Varlink",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        ring(
            "Programs", "UsherDaemon",
            [
                "CLinux", "UsherCore", "UsherAPI", "Varlink", "LocalSocket", "Processes", "UsherStore", "Systemd",
                "UsherConfiguration", "UsherTenant", "PSRP", "CLIXML", nio("NIOCore"), nio("NIOPosix"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "usher", dependencies: ["UsherCommands"], path: "Sources/Programs/usher", swiftSettings: strict),
        .executableTarget(
            name: "usherd", dependencies: ["UsherDaemon"], path: "Sources/Programs/usherd", swiftSettings: strict),

        // The test kit and the tests, one folder a target.
        ring("TestKit", "UsherTestKit", ["UsherCore"]),
        .executableTarget(
            name: "usher-simulate", dependencies: ["UsherTestKit"], path: "Tests/Simulate", swiftSettings: strict),
        .executableTarget(
            name: "usher-decode", dependencies: ["CLIXML"], path: "Tests/Decode", swiftSettings: strict),
        tests("UsherCoreTests", ["UsherCore", "UsherTestKit"]),
        tests("SimulationTests", ["UsherCore", "UsherTestKit"]),
        tests("HTTPTests", ["HTTP"]),
        tests("DiscoveryTests", ["Discovery", "HTTP", "XML"]),
        tests("WSManTests", ["WSMan", "HTTP", "XML"], resources: [.copy("Fixtures")]),
        tests("VarlinkTests", ["Varlink"]),
        tests("XMLTests", ["XML"]),
        tests("CLIXMLTests", ["CLIXML"]),
        tests("PSRPTests", ["PSRP", "CLIXML", "XML"]),
        tests("UsherAPITests", ["UsherAPI", "Varlink"]),
        tests(
            "LocalSocketTests", ["LocalSocket", "Varlink", nio("NIOCore"), nio("NIOPosix")]),
        tests("ProcessesTests", ["Processes"]),
        tests("SessionKeysTests", ["SessionKeys"]),
        tests("UsherTenantTests", ["UsherTenant", "UsherConfiguration", "UsherCore", "HTTP", "PSRP", "XML"]),
        tests("UsherStoreTests", ["UsherStore", "UsherCore", .product(name: "GRDB", package: "GRDB.swift")]),
        tests("SystemdTests", ["Systemd", .product(name: "Logging", package: "swift-log")]),
        tests("UsherConfigurationTests", ["UsherConfiguration", "UsherCore", "UsherTestKit"]),
        tests(
            "UsherDaemonTests",
            [
                "UsherDaemon", "UsherAPI", "Varlink", "CLIXML", "UsherCore", "UsherStore", "LocalSocket", "Processes",
                "Systemd",
                "UsherTestKit", nio("NIOCore"), nio("NIOPosix"), .product(name: "Logging", package: "swift-log"),
            ]),
        tests(
            "UsherCommandsTests", ["UsherCommands", "UsherClient", "UsherAPI", "Varlink"],
            resources: [.copy("Transcripts")]),
        tests("TidyTests", []),
    ] + (hasLab ? lab : []),
    swiftLanguageModes: [.v6]
)
