internal import CLIXML
internal import PSRP

/// A cmdlet that calls the host of its client, and goes on with what that answers.
struct HostStage: Stage {
    private let arguments: BoundArguments
    private let call: @Sendable (BoundArguments, LabWorld) -> (HostMethod, [PSValue])
    private let finish: @Sendable (PSValue, BoundArguments, inout LabWorld) -> [Step]
    private var progress = Progress.before
    private var steps: ArraySlice<Step> = []

    private enum Progress {
        case before
        case called(returns: Bool)
        case after
    }

    /// `finish` gets what the host returned, `$null` for a method that returns nothing.
    init(
        _ arguments: BoundArguments,
        call: @escaping @Sendable (BoundArguments, LabWorld) -> (HostMethod, [PSValue]),
        finish: @escaping @Sendable (PSValue, BoundArguments, inout LabWorld) -> [Step]
    ) {
        self.arguments = arguments
        self.call = call
        self.finish = finish
    }

    mutating func next(_ world: inout LabWorld) -> Step {
        switch progress {
        case .before:
            let (method, parameters) = call(arguments, world)
            progress = .called(returns: method.returnsValue)
            guard !world.host.isHostUINull else {
                if method.returnsValue { return .fail(.noInteraction(arguments.cmdlet, method)) }
                return .nothing
            }
            return .call(method, parameters)
        case .called(let returns):
            progress = .after
            guard returns else {
                steps = finish(.null, arguments, &world)[...]
                return .nothing
            }
            defer { world.hostAnswer = nil }
            switch world.hostAnswer {
            case .result(let value)?: steps = finish(value, arguments, &world)[...]
            case .error(let error)?: return .fail(error)
            case nil: return .fail(.noInteraction(arguments.cmdlet, HostMethod(rawValue: 0)))
            }
            return .nothing
        case .after: return steps.popFirst() ?? .end
        }
    }
}

/// What goes to a host beside the record that says the same.
enum HostEcho {
    static func call(for type: MessageType, _ value: PSValue) -> (HostMethod, [PSValue])? {
        let message = PSValue.string(InformationalRecord(value).message)
        switch type {
        case .warningRecord: return (.writeWarningLine, [message])
        case .verboseRecord: return (.writeVerboseLine, [message])
        case .debugRecord: return (.writeDebugLine, [message])
        case .progressRecord: return (.writeProgress, [.int64(0), value])
        default: return nil
        }
    }
}
