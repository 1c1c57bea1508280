public import CLIXML

/// A record of one of the streams beside the output.
public enum StreamRecord: Hashable, Sendable {
    case error(ErrorRecord)
    case warning(InformationalRecord)
    case verbose(InformationalRecord)
    case debug(InformationalRecord)
    case progress(ProgressRecord)
    case information(InformationRecord)

    /// The record in a message of this type; nil for other types.
    init?(_ value: PSValue, type: MessageType) {
        switch type {
        case .errorRecord: self = .error(ErrorRecord(value))
        case .warningRecord: self = .warning(InformationalRecord(value))
        case .verboseRecord: self = .verbose(InformationalRecord(value))
        case .debugRecord: self = .debug(InformationalRecord(value))
        case .progressRecord: self = .progress(ProgressRecord(value))
        case .informationRecord: self = .information(InformationRecord(value))
        default: return nil
        }
    }
}
