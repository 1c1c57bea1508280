internal import CLIXML
internal import PSRP

/// Cmdlets that no tenant has: to see what a client does with what tenants do seldom.
extension Catalogue {
    static let laboratory: [Cmdlet] = [
        Cmdlet(
            name: "Get-LabObject", module: lab,
            parameters: [.number("Count", at: 0), .number("Start"), .number("Padding")],
            outputTypes: ["UsherLab.Row"]
        ) { arguments, _, _ in
            let start = arguments.integer("Start") ?? 0
            let padding = String(repeating: "x", count: min(max(arguments.integer("Padding") ?? 0, 0), 1 << 20))
            return CountingStage(arguments.integer("Count") ?? 10) { index, _ in .value(row(start + index, padding)) }
        },
        Cmdlet(name: "Get-LabEndless", module: lab, parameters: [.number("Padding")], outputTypes: ["UsherLab.Row"]) {
            arguments, _, _ in
            let padding = String(repeating: "x", count: min(max(arguments.integer("Padding") ?? 0, 0), 1 << 20))
            return CountingStage(.max) { index, _ in .value(row(index, padding)) }
        },
        Cmdlet(
            name: "Start-LabSleep", module: lab,
            parameters: [.number("Seconds", at: 0), .number("Milliseconds"), .flag("Quiet"), .flag("Progress")],
            outputTypes: [Cmdlet.Kind.string]
        ) { arguments, _, _ in SleepStage(arguments) },
        Cmdlet(
            "Test-LabError", in: lab,
            [.text("Message", at: 0), .text("Target"), .flag("Terminating"), .number("Count"), .text("Category")]
        ) { arguments, _ in
            let error = labError(arguments)
            if arguments.flag("Terminating") { return [.value(.string("before")), .fail(error)] }
            let count = min(max(arguments.integer("Count") ?? 1, 0), 10_000)
            return [.value(.string("before"))] + Array(repeating: .record(.errorRecord, error.value), count: count)
                + [.value(.string("after"))]
        },
        Cmdlet("Write-LabStreams", in: lab, [.text("Message", at: 0)]) { arguments, world in
            streams(arguments.string("Message") ?? "something", world)
        },
        Cmdlet("Get-LabValues", in: lab, [.text("Name", at: 0)]) { arguments, _ in
            let pattern = Wildcard(arguments.string("Name") ?? "*")
            // Some clients die of half a surrogate pair, so it comes to those alone who name it.
            let named = arguments.string("Name")?.isSameName(as: "HalfPair") ?? false
            return LabValues.all.filter { pattern.matches($0.0) && ($0.0 != "HalfPair" || named) }.map { name, value in
                .value(
                    .object(
                        PSObject(
                            typeNames: [
                                "UsherLab.Specimen", "System.Management.Automation.PSCustomObject", "System.Object",
                            ],
                            extended: [PSProperty("Name", .string(name)), PSProperty("Value", value)])))
            }
        },
        Cmdlet(
            changing: "Set-LabMark", in: lab,
            [.init(name: "Identity", type: Cmdlet.Kind.string, position: 0), .text("Token", at: 1)]
        ) {
            arguments, _ in
            [.value(.string("marked \(arguments.string("Token") ?? arguments.string("Identity") ?? "")"))]
        },
        Cmdlet("Get-LabRunspace", in: lab, []) { _, world in
            [
                .value(
                    .object(
                        PSObject(custom: [
                            "User": .string(world.user), "Variables": .strings(world.variables.keys.sorted()),
                            "Time": .dateTime(world.clock), "ApplicationArguments": world.applicationArguments,
                        ])))
            ]
        },
    ]

    /// Eleven properties, of the kinds a list of users has.
    private static func row(_ index: Int, _ padding: String) -> PSValue {
        .object(
            PSObject(
                typeNames: ["UsherLab.Row", "System.Object"],
                adapted: [
                    PSProperty("Index", .int32(Int32(truncatingIfNeeded: index))),
                    PSProperty("Id", .guid(Directory.guid(index, 17))), PSProperty("Name", .string("row \(index)")),
                    PSProperty("Display", .string("Row <\(index)> & \"company\"")),
                    PSProperty("Enabled", .bool(index % 2 == 0)),
                    PSProperty("Size", .int64(Int64(truncatingIfNeeded: index &* 1_000_003))),
                    PSProperty("Ratio", .double(Double(index) / 8)),
                    PSProperty("Changed", .dateTime(Calendar.dateTime(1_384_000_000 + Int64(index % 50_000_000)))),
                    PSProperty("Policy", .null), PSProperty("Address", .string("sip:row\(index)@litwareinc.com")),
                    PSProperty("Padding", .string(padding)),
                ]))
    }

    private static func labError(_ arguments: BoundArguments) -> ErrorRecord {
        let target = arguments.string("Target") ?? "kenmyer@litwareinc.com"
        let names = (0...31).map { ErrorRecord.Category(rawValue: $0) }
        let wanted = arguments.string("Category") ?? "InvalidOperation"
        return ErrorRecord(
            message: arguments.string("Message") ?? "The management object could not be changed.",
            fullyQualifiedErrorID: "LabError,UsherLab.TestLabErrorCommand",
            category: names.first { $0.name.isSameName(as: wanted) } ?? .invalidOperation, activity: "Test-LabError",
            reason: "InvalidOperationException", targetName: target, targetType: "String",
            targetObject: .string(target),
            exceptionTypes: [
                "System.InvalidOperationException", "System.SystemException", "System.Exception", "System.Object",
            ])
    }

    /// One record to each stream, in the order a reader is shown them.
    private static func streams(_ text: String, _ world: LabWorld) -> [Step] {
        func line(_ type: MessageType, _ kind: String) -> Step {
            .record(type, InformationalRecord(message: "\(text) to \(kind)", type: "\(kind)Record").value)
        }
        let error = ErrorRecord(
            message: "\(text) to Error", fullyQualifiedErrorID: "LabStreams,UsherLab.WriteLabStreamsCommand",
            category: .notSpecified, activity: "Write-LabStreams", reason: "WriteErrorException")
        return [
            .value(.string("\(text) to Output")), .record(.errorRecord, error.value), line(.warningRecord, "Warning"),
            line(.verboseRecord, "Verbose"), line(.debugRecord, "Debug"),
            .record(
                .informationRecord,
                InformationRecord(
                    data: .string("\(text) to Information"), source: "Write-LabStreams", time: world.clock,
                    tags: ["Lab"],
                    user: world.user, computer: "lab"
                ).value),
            .record(
                .progressRecord,
                ProgressRecord(activity: "\(text) to Progress", activityID: 1, status: "half", percentComplete: 50)
                    .value),
            .record(
                .progressRecord,
                ProgressRecord(
                    activity: "\(text) to Progress", activityID: 1, status: "all", percentComplete: 100,
                    isCompleted: true
                )
                .value),
        ]
    }
}

/// Start-LabSleep: each second an object, or a progress record.
private struct SleepStage: Stage {
    private let length: Duration
    private let isQuiet: Bool
    private let showsProgress: Bool
    private var start: Duration?
    private var told = 0
    private var isOver = false

    init(_ arguments: BoundArguments) {
        let seconds = Int64(max(0, min(arguments.integer("Seconds") ?? 0, 1_000_000)))
        length = .seconds(seconds) + .milliseconds(max(0, min(arguments.integer("Milliseconds") ?? 0, 1_000_000)))
        isQuiet = arguments.flag("Quiet")
        showsProgress = arguments.flag("Progress")
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if isOver { return .end }
        let start = start ?? world.now
        self.start = start
        let passed = Int((world.now - start).components.seconds)
        if passed > told, start + .seconds(told + 1) <= start + length, !isQuiet {
            told += 1
            if showsProgress {
                let all = max(1, Int(length.components.seconds))
                return .record(
                    .progressRecord,
                    ProgressRecord(
                        activity: "Sleeping", status: "\(told) of \(all) s",
                        percentComplete: Int32(clamping: told * 100 / all),
                        secondsRemaining: Int32(clamping: all - told)
                    ).value)
            }
            return .value(.string("slept \(told) s"))
        }
        guard world.now < start + length else {
            isOver = true
            return .value(.string("slept"))
        }
        return .wait(until: isQuiet ? start + length : min(start + length, start + .seconds(passed + 1)))
    }
}
