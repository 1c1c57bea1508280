// What a client asks to be run, made into stages. Three forms come in: structured commands, script text, and the question
// for command metadata. A wrong name or parameter is found while the stages are made, as in PowerShell, where binding
// comes before the first object; the pipeline then fails with what the real one says.

internal import CLIXML
internal import PSRP

/// What scripts may do in this tenant.
enum Language: String, CaseIterable {
    /// Structured commands alone, as Lync Online has it.
    case none
    /// Assignments, variables, literals and pipelines of cmdlets, and nothing more.
    case full
}

/// A pipeline that is ready to run.
struct PipelinePlan {
    /// The name of its first command, for lists.
    let line: String
    let takesInput: Bool
    let stage: any Stage
    /// What it says of its host.
    var host = HostDescription.none

    init(_ wish: CreatePipeline, language: Language) {
        line = wish.statements.first?.first?.text.prefix(80).description ?? ""
        takesInput = !wish.hasNoInput
        host = wish.host
        stage = StatementsStage(wish.statements.map { .structured($0) }, language: language)
    }

    init(_ question: GetCommandMetadata) {
        line = "GET_COMMAND_METADATA"
        takesInput = false
        let found = Catalogue.all.filter { cmdlet in
            question.types.contains(.cmdlet) && question.names.contains { Wildcard($0).matches(cmdlet.name) }
        }
        let count = PSObject(
            typeNames: ["Selected.Microsoft.PowerShell.Commands.GenericMeasureInfo", "System.Object"],
            extended: [PSProperty("Count", .int32(Int32(found.count)))])
        stage = ListStage([.value(.object(count))] + found.map { .value($0.metadata.value) })
    }
}

/// A statement of a pipeline or a script.
enum Statement {
    /// Commands as they came in CREATE_PIPELINE.
    case structured([Command])
    /// A pipeline of a script, perhaps into a variable.
    case script(ScriptStatement)
}

/// Statements, one after the other.
struct StatementsStage: Stage {
    private var statements: ArraySlice<Statement>
    private let language: Language
    private var current: (any Stage)?
    /// What goes into a variable, with its name.
    private var assigned: (name: String, values: [PSValue])?

    /// A variable is memory of ours.
    private static let assignedMax = 100_000

    init(_ statements: [Statement], language: Language) {
        self.statements = statements[...]
        self.language = language
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        guard var stage = current else { return begin(&world) }
        current = nil
        let step = stage.next(&world)
        switch step {
        case .end:
            finish(&world)
            return .nothing
        case .value(let value) where assigned != nil:
            guard let count = assigned?.values.count, count < Self.assignedMax else {
                return .fail(.tooMuch("A variable holds no more than \(Self.assignedMax) objects here."))
            }
            assigned?.values.append(value)
            current = stage
            return .nothing
        default:
            current = stage
            return step
        }
    }

    private mutating func begin(_ world: inout LabWorld) -> Step {
        guard let statement = statements.popFirst() else { return .end }
        do throws(BindingFailure) {
            switch statement {
            case .structured(let commands):
                current = try Binding.stage(for: commands, language: language)
            case .script(let script):
                current = try Binding.stage(for: script, variables: world.variables)
                if let name = script.assignsTo { assigned = (name, []) }
            }
        } catch {
            statements = []
            return .fail(error.record)
        }
        return .nothing
    }

    private mutating func finish(_ world: inout LabWorld) {
        guard let (name, values) = assigned else { return }
        assigned = nil
        let value: PSValue = values.count == 1 ? values[0] : values.isEmpty ? .null : .object(PSObject(array: values))
        world.variables[name.lowercased()] = value
    }
}

/// A command that cannot be run as it was given.
struct BindingFailure: Error {
    let record: ErrorRecord
}

/// From commands to stages.
enum Binding {
    static func stage(for commands: [Command], language: Language) throws(BindingFailure) -> any Stage {
        var stage: any Stage = InputStage()
        for (place, command) in commands.enumerated() {
            if command.isScript {
                guard language == .full else { throw BindingFailure(record: .scriptsNotAllowed) }
                let statements = try ScriptParser.statements(of: command.text)
                stage = StatementsStage(statements.map { .script($0) }, language: language)
            } else {
                let arguments = command.arguments.map { Argument(name: $0.name, value: $0.value) }
                stage = try self.stage(command.text, arguments, upstream: stage, isFirst: place == 0)
            }
            if command.mergesErrors { stage = MergeStage(upstream: stage) }
        }
        return stage
    }

    static func stage(
        for script: ScriptStatement, variables: [String: PSValue]
    ) throws(BindingFailure) -> any Stage {
        var stage: any Stage = ListStage([])
        var isFirst = true
        if let expression = script.expression {
            let value = expression.value(variables)
            stage = ListStage((value.values ?? [value]).map { .value($0) })
            isFirst = false
        }
        for call in script.calls {
            let arguments = call.arguments.map { Argument(name: $0.name, value: $0.value?.value(variables)) }
            stage = try self.stage(call.name, arguments, upstream: stage, isFirst: isFirst)
            isFirst = false
        }
        return stage
    }

    private static func stage(
        _ name: String, _ arguments: [Argument], upstream: any Stage, isFirst: Bool
    ) throws(BindingFailure) -> any Stage {
        guard let cmdlet = Catalogue.cmdlet(named: name) else { throw BindingFailure(record: .unknownCommand(name)) }
        let bound = try BoundArguments(arguments, to: cmdlet, hasInput: !isFirst)
        let stage = cmdlet.make(bound, upstream, isFirst)
        return bound.errorAction.map { ErrorActionStage(upstream: stage, action: $0) } ?? stage
    }
}

extension Command {
    /// MS-PSRP 2.2.3.12: the older way to say it is a pair, the newer one a field.
    fileprivate var mergesErrors: Bool { merges.error == 1 || merges.myResult == 2 && merges.toResult == 1 }
}

/// Errors become output, marked as what they are.
private struct MergeStage: Stage {
    var upstream: any Stage

    mutating func next(_ world: inout LabWorld) -> Step {
        let step = upstream.next(&world)
        guard case .record(.errorRecord, let value) = step, let record = value.object else { return step }
        return .value(
            .object(
                PSObject(
                    typeNames: record.typeNames, toString: record.toString, adapted: record.adapted,
                    extended: record.extended + [PSProperty("writeErrorStream", .bool(true))])))
    }
}

/// -ErrorAction, as far as it changes what comes out.
private struct ErrorActionStage: Stage {
    var upstream: any Stage
    let action: BoundArguments.ErrorAction

    mutating func next(_ world: inout LabWorld) -> Step {
        let step = upstream.next(&world)
        guard case .record(.errorRecord, let value) = step else { return step }
        return action == .stop ? .fail(ErrorRecord(value)) : .nothing
    }
}
