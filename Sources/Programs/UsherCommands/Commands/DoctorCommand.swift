import ArgumentParser
import UsherAPI
import UsherClient
import Varlink

/// Compare books and tenants, and say what to do
struct DoctorCommand: BrokerCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Compare books and tenants, and say what to do",
        discussion: """
            Asks the tenants what they have and looks for what stands in the way. The exit status is 1 when there is a \
            problem.
            """)

    @Argument(help: "Only this tenant.", completion: .custom(Completion.tenants)) var tenant: String?
    @OptionGroup var shared: SharedOptions

    func run(in console: Console) throws {
        var parameters: JSONObject = [:]
        parameters["tenant"] = tenant.map(JSON.string)
        let reply = try shared.connect(console).call(
            Method.diagnose.call(parameters), within: BrokerClient.tenantAnswersWithin)
        let findings = (reply["findings"]?.array ?? []).compactMap(\.object)
        if shared.format == nil {
            for finding in findings { try show(finding, console) }
        } else {
            let writer = writer(Self.columns, in: console)
            for finding in findings { try writer.add(finding) }
            try writer.finish()
        }
        try console.output.flush()
        if findings.contains(where: { $0["severity"]?.string == "problem" }) {
            throw ExitCode(ExitStatus.failed.rawValue)
        }
    }

    private func show(_ finding: JSONObject, _ console: Console) throws {
        let mark =
            switch finding["severity"]?.string ?? "" {
            case "ok": "ok"
            case "notice": "note"
            case "problem": "PROBLEM"
            case let other: other
            }
        let place = finding["tenant"]?.string.map { "\($0.madeVisible): " } ?? ""
        try console.output.write(line: "\(mark.madeVisible.padded(to: 8))\(place)\(finding.name("message"))")
        if let hint = finding["hint"]?.string {
            try console.output.write(line: "\("".padded(to: 8))\(hint.madeVisible)")
        }
    }

    private static var columns: [Column] {
        [
            Column("SEVERITY", "severity"), Column("TENANT", "tenant", fit: .shrink),
            Column("MESSAGE", "message", fit: .shrink), Column("HINT", "hint", fit: .shrink),
        ]
    }
}
