// How a pipeline runs: each command is a stage that the next one asks for its next step, and the last is asked by the run.
//
// Nothing is made before it is asked for. So a result of any length is never held, a reader who stops reading stops the
// pipeline, and a pipeline is stopped by not asking it again. A stage that only swallows answers `nothing`, so that
// whoever runs it counts what was done and lets others have their turn.

internal import CLIXML
internal import PSRP

/// What a stage hands to the one after it.
enum Step {
    /// An object of the output.
    case value(PSValue)
    /// A record of another stream; it goes past the stages behind.
    case record(MessageType, PSValue)
    /// Something was done and there is nothing to show for it.
    case nothing
    /// Nothing comes before then.
    case wait(until: Duration)
    /// Nothing comes before the client sends it.
    case needsInput
    /// A call of the client's host. Where it returns something, nothing comes before that is in `LabWorld.hostAnswer`.
    case call(HostMethod, [PSValue])
    /// It was all.
    case end
    /// The pipeline has failed.
    case fail(ErrorRecord)
}

/// One command of a pipeline that runs.
protocol Stage {
    /// The next step. Not to be asked again after `end` or `fail`.
    mutating func next(_ world: inout LabWorld) -> Step
}

/// What the client sends into a pipeline.
struct InputStage: Stage {
    mutating func next(_ world: inout LabWorld) -> Step {
        if !world.input.values.isEmpty { return .value(world.input.values.removeFirst()) }
        return world.input.isOpen ? .needsInput : .end
    }
}

/// Steps that are known beforehand.
struct ListStage: Stage {
    private var steps: ArraySlice<Step>

    init(_ steps: [Step]) { self.steps = steps[...] }

    mutating func next(_ world: inout LabWorld) -> Step { steps.popFirst() ?? .end }
}

/// A cmdlet that does what it does when it is first asked, and then hands it out.
struct CallStage: Stage {
    private var call: (@Sendable (BoundArguments, inout LabWorld) -> [Step])?
    private let arguments: BoundArguments
    private var steps: ArraySlice<Step> = []

    init(_ arguments: BoundArguments, call: @escaping @Sendable (BoundArguments, inout LabWorld) -> [Step]) {
        self.arguments = arguments
        self.call = call
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if let call {
            self.call = nil
            steps = call(arguments, &world)[...]
        }
        return steps.popFirst() ?? .end
    }
}

/// A cmdlet that is called for each object it is given, which names what it is to be done to.
struct EachStage: Stage {
    private let arguments: BoundArguments
    private let call: @Sendable (BoundArguments, inout LabWorld) -> [Step]
    private var upstream: any Stage
    private var steps: ArraySlice<Step> = []

    init(
        _ arguments: BoundArguments, upstream: any Stage,
        call: @escaping @Sendable (BoundArguments, inout LabWorld) -> [Step]
    ) {
        self.arguments = arguments
        self.call = call
        self.upstream = upstream
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        if let step = steps.popFirst() { return step }
        let step = upstream.next(&world)
        guard case .value(let value) = step else { return step }
        steps = call(arguments.with("Identity", value["Identity"] ?? value), &world)[...]
        return steps.popFirst() ?? .nothing
    }
}

/// A sequence that is made as it is asked for.
struct CountingStage: Stage {
    private var index = 0
    private let count: Int
    private let make: @Sendable (Int, inout LabWorld) -> Step

    init(_ count: Int, make: @escaping @Sendable (Int, inout LabWorld) -> Step) {
        self.count = count
        self.make = make
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        guard index < count else { return .end }
        defer { index += 1 }
        return make(index, &world)
    }
}
