internal import CLIXML

/// What every PowerShell has: cmdlets that work on objects, whatever they are.
extension Catalogue {
    static let objects: [Cmdlet] = [
        Cmdlet(
            name: "Select-Object", module: utility,
            parameters: [
                .init(name: "InputObject", type: Cmdlet.Kind.object),
                .init(name: "Property", type: "System.Object[]", position: 0),
                .texts("ExcludeProperty"), .text("ExpandProperty"), .number("First"), .number("Last"), .number("Skip"),
                .flag("Unique"),
            ], outputTypes: []
        ) { arguments, upstream, _ in SelectStage(arguments, upstream: upstream) },
        Cmdlet(
            name: "Where-Object", module: core,
            parameters: [
                .init(name: "InputObject", type: Cmdlet.Kind.object), .text("Property", at: 0), .any("Value", at: 1),
            ] + Comparison.operations.sorted().map { .flag($0.uppercased()) }, outputTypes: []
        ) { arguments, upstream, _ in WhereStage(arguments, upstream: upstream) },
        Cmdlet(
            name: "Sort-Object", module: utility,
            parameters: [
                .init(name: "InputObject", type: Cmdlet.Kind.object),
                .init(name: "Property", type: "System.Object[]", position: 0),
                .flag("Descending"), .flag("Unique"),
            ], outputTypes: []
        ) { arguments, upstream, _ in SortStage(arguments, upstream: upstream) },
        Cmdlet(
            name: "Measure-Object", module: utility,
            parameters: [
                .init(name: "InputObject", type: Cmdlet.Kind.object), .texts("Property", at: 0), .flag("Sum"),
                .flag("Average"),
                .flag("Maximum"), .flag("Minimum"), .flag("Line"), .flag("Word"), .flag("Character"),
            ], outputTypes: ["Microsoft.PowerShell.Commands.GenericMeasureInfo"]
        ) { arguments, upstream, _ in MeasureStage(arguments, upstream: upstream) },
        Cmdlet(
            name: "Out-Default", module: core, parameters: [.flag("Transcript"), .any("InputObject")], outputTypes: []
        ) { _, upstream, _ in upstream },
        Cmdlet(
            name: "Out-String", module: utility,
            parameters: [.flag("Stream"), .number("Width"), .any("InputObject")], outputTypes: [Cmdlet.Kind.string]
        ) { arguments, upstream, _ in TextStage(upstream: upstream, isStream: arguments.flag("Stream")) },
        Cmdlet(
            name: "Write-Output", module: utility,
            parameters: [.init(name: "InputObject", type: "System.Object[]", position: 0)], outputTypes: []
        ) { arguments, upstream, _ in
            guard let value = arguments["InputObject"] else { return upstream }
            return ListStage((value.values ?? [value]).map { .value($0) })
        },
    ]

    /// What clients ask when they import: they want to know how objects are shown, and can do without.
    static let getFormat = Cmdlet(
        "Get-FormatData", in: utility, [.texts("TypeName", at: 0), .any("PowerShellVersion")]
    ) { _, _ in [] }
}

/// Select-Object.
private struct SelectStage: Stage {
    private var upstream: any Stage
    private let properties: [String]?
    private let excluded: [Wildcard]
    private let expanded: String?
    private var skip: Int
    private var first: Int
    private let last: Int?
    private var kept: [PSValue] = []
    private var seen: Set<String> = []
    private let isUnique: Bool
    /// What was found and is still to be handed out.
    private var ready: ArraySlice<PSValue> = []
    private var isOver = false

    init(_ arguments: BoundArguments, upstream: any Stage) {
        self.upstream = upstream
        properties = arguments.strings("Property")
        excluded = (arguments.strings("ExcludeProperty") ?? []).map { Wildcard($0) }
        expanded = arguments.string("ExpandProperty")
        skip = arguments.integer("Skip") ?? 0
        last = arguments.integer("Last").map { min($0, 100_000) }
        // Those who ask for the last ones alone do not ask for the first.
        first = arguments.integer("First") ?? (last == nil ? .max : 0)
        isUnique = arguments.flag("Unique")
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if let value = ready.popFirst() { return .value(value) }
        if isOver || first == 0 && last == nil { return .end }
        let step = upstream.next(&world)
        switch step {
        case .value(let value):
            if skip > 0 {
                skip -= 1
                return .nothing
            }
            if first > 0 {
                first -= 1
                return hand(value)
            }
            kept.append(value)
            if let last, kept.count > last { kept.removeFirst() }
            return .nothing
        case .end:
            isOver = true
            let values = kept
            kept = []
            for value in values { if case .value(let made) = hand(value) { ready.append(made) } }
            return .nothing
        default: return step
        }
    }

    private mutating func hand(_ value: PSValue) -> Step {
        var result = value
        if let expanded {
            guard let property = value[expanded] else { return .nothing }
            if let values = property.values {
                ready.append(contentsOf: values)
                return .nothing
            }
            result = property
        } else if let properties {
            result = .object(select(properties, of: value))
        }
        if isUnique, !seen.insert(result.text).inserted { return .nothing }
        return .value(result)
    }

    private func select(_ properties: [String], of value: PSValue) -> PSObject {
        var selected: [PSProperty] = []
        for name in properties {
            if name.contains("*") || name.contains("?") {
                let pattern = Wildcard(name)
                for property in value.object?.properties ?? [] where pattern.matches(property.name) {
                    if selected.value(of: property.name) == nil { selected.append(property) }
                }
            } else if selected.value(of: name) == nil {
                let property = value.object?.properties.last { $0.name.isSameName(as: name) }
                selected.append(property ?? PSProperty(name, .null))
            }
        }
        selected.removeAll { property in excluded.contains { $0.matches(property.name) } }
        let type = value.object?.typeNames.first ?? "System.Object"
        return PSObject(
            typeNames: [
                "Selected.\(type)", "System.Management.Automation.PSCustomObject", "System.Object",
            ], extended: selected)
    }
}

/// Where-Object with a property, an operator and a value.
private struct WhereStage: Stage {
    private var upstream: any Stage
    private let comparison: Comparison?

    init(_ arguments: BoundArguments, upstream: any Stage) {
        self.upstream = upstream
        let operation = Comparison.operations.first { arguments.flag($0.uppercased()) }
        comparison = arguments.string("Property").map { property in
            // A property alone has to be true.
            Comparison(
                property: property, operation: operation ?? (arguments["Value"] == nil ? "ne" : "eq"),
                wanted: arguments["Value"] ?? (operation == nil ? .bool(false) : .null))
        }
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        guard let comparison else {
            return .fail(
                ErrorRecord(
                    message: "The lab compares a property with a value: Where-Object -Property Name -EQ -Value x.",
                    fullyQualifiedErrorID: "MissingMandatoryParameter,Microsoft.PowerShell.Commands.WhereObjectCommand",
                    category: .invalidArgument, activity: "Where-Object", reason: "ParameterBindingException"))
        }
        let step = upstream.next(&world)
        guard case .value(let value) = step else { return step }
        return comparison.holds(for: value) ? step : .nothing
    }
}

/// Sort-Object: the only one besides a variable that has to hold what it was given.
private struct SortStage: Stage {
    private var upstream: any Stage
    private let properties: [String]
    private let isDescending: Bool
    private let isUnique: Bool
    private var values: [PSValue] = []
    private var sorted: ArraySlice<PSValue>?

    private static let valuesMax = 100_000

    init(_ arguments: BoundArguments, upstream: any Stage) {
        self.upstream = upstream
        properties = arguments.strings("Property") ?? []
        isDescending = arguments.flag("Descending")
        isUnique = arguments.flag("Unique")
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if let value = sorted?.popFirst() { return .value(value) }
        if sorted != nil { return .end }
        let step = upstream.next(&world)
        switch step {
        case .value(let value):
            guard values.count < Self.valuesMax else {
                return .fail(.tooMuch("Sort-Object takes no more than \(Self.valuesMax) objects here."))
            }
            values.append(value)
            return .nothing
        case .end:
            sort()
            return .nothing
        default: return step
        }
    }

    private mutating func sort() {
        let order: (PSValue, PSValue) -> Int = { [properties] left, right in
            if properties.isEmpty { return left.order(to: right) ?? 0 }
            for name in properties {
                let order = (left[name] ?? .null).order(to: right[name] ?? .null) ?? 0
                if order != 0 { return order }
            }
            return 0
        }
        // The standard sort is stable, as PowerShell's is.
        values.sort { [isDescending] left, right in isDescending ? order(left, right) > 0 : order(left, right) < 0 }
        if isUnique {
            values = values.reduce(into: []) { kept, value in
                if let last = kept.last, order(last, value) == 0 { return }
                kept.append(value)
            }
        }
        sorted = values[...]
        values = []
    }
}

/// Measure-Object.
private struct MeasureStage: Stage {
    private var upstream: any Stage
    private let arguments: BoundArguments
    private var count = 0
    private var sum = 0.0
    private var least: PSValue?
    private var most: PSValue?
    private var isOver = false

    init(_ arguments: BoundArguments, upstream: any Stage) {
        self.upstream = upstream
        self.arguments = arguments
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if isOver { return .end }
        let step = upstream.next(&world)
        switch step {
        case .value(let value):
            take(value)
            return .nothing
        case .end:
            isOver = true
            return .value(.object(result))
        default: return step
        }
    }

    private mutating func take(_ value: PSValue) {
        var measured = value
        if let name = arguments.strings("Property")?.first {
            guard let property = value[name] else { return }
            measured = property
        }
        count += 1
        if case .double(let number) = measured.unwrapped { sum += number } else { sum += Double(measured.number ?? 0) }
        if least.map({ measured.order(to: $0) ?? 0 < 0 }) ?? true { least = measured }
        if most.map({ measured.order(to: $0) ?? 0 > 0 }) ?? true { most = measured }
    }

    private var result: PSObject {
        func asked(_ flag: String, _ value: PSValue?) -> PSValue { arguments.flag(flag) ? value ?? .null : .null }
        return PSObject(
            typeNames: [
                "Microsoft.PowerShell.Commands.GenericMeasureInfo", "Microsoft.PowerShell.Commands.MeasureInfo",
                "System.Object",
            ], toString: "Microsoft.PowerShell.Commands.GenericMeasureInfo",
            adapted: [
                PSProperty("Count", .int32(Int32(clamping: count))),
                PSProperty("Average", asked("Average", count == 0 ? nil : .double(sum / Double(count)))),
                PSProperty("Sum", asked("Sum", .double(sum))), PSProperty("Maximum", asked("Maximum", most)),
                PSProperty("Minimum", asked("Minimum", least)),
                PSProperty("Property", arguments.strings("Property")?.first.map(PSValue.string) ?? .null),
            ])
    }
}

/// Out-String, as far as it goes without formats: a line for each object, or `Name : value` lines.
private struct TextStage: Stage {
    var upstream: any Stage
    let isStream: Bool
    private var text = ""
    private var isOver = false

    private static let textMax = 1 << 20

    init(upstream: any Stage, isStream: Bool) {
        self.upstream = upstream
        self.isStream = isStream
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if isOver { return .end }
        let step = upstream.next(&world)
        switch step {
        case .value(let value):
            let lines = Self.lines(value)
            if isStream { return .value(.string(lines)) }
            if text.utf8.count < Self.textMax { text += lines + "\r\n" }
            return .nothing
        case .end where !isStream:
            isOver = true
            return .value(.string(text))
        default: return step
        }
    }

    private static func lines(_ value: PSValue) -> String {
        guard let object = value.object, !object.properties.isEmpty else { return value.text }
        let width = object.properties.map(\.name.count).max() ?? 0
        return object.properties.map { property in
            let padding = String(repeating: " ", count: width - property.name.count)
            return "\(property.name)\(padding) : \(property.value.text)"
        }.joined(separator: "\r\n")
    }
}
