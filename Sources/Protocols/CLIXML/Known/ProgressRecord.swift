/// How far something has come (as a message MS-PSRP 2.2.2.25, as a primitive 2.2.5.1.25).
public struct ProgressRecord: Hashable, Sendable {
    /// What is being done.
    public var activity: String
    /// Tells activities apart.
    public var activityID: Int32
    /// The activity this is a part of, -1 for none.
    public var parentActivityID: Int32
    /// What is being done right now.
    public var status: String
    /// What it is being done to.
    public var currentOperation: String?
    /// From 0 to 100, -1 when nobody knows.
    public var percentComplete: Int32
    /// Seconds that are left, -1 when nobody knows.
    public var secondsRemaining: Int32
    /// The activity has ended.
    public var isCompleted: Bool

    /// A record.
    public init(
        activity: String, activityID: Int32 = 0, parentActivityID: Int32 = -1, status: String = "",
        currentOperation: String? = nil, percentComplete: Int32 = -1, secondsRemaining: Int32 = -1,
        isCompleted: Bool = false
    ) {
        self.activity = activity
        self.activityID = activityID
        self.parentActivityID = parentActivityID
        self.status = status
        self.currentOperation = currentOperation
        self.percentComplete = percentComplete
        self.secondsRemaining = secondsRemaining
        self.isCompleted = isCompleted
    }
}

extension ProgressRecord {
    /// Reads a record in either form; what is missing reads as unknown.
    public init(_ value: PSValue) {
        if case .progress(let record) = value {
            self = record
            return
        }
        func number(_ name: String, or missing: Int32) -> Int32 {
            value[name]?.integer.flatMap(Int32.init(exactly:)) ?? missing
        }
        let type = value["Type"]
        self.init(
            activity: value["Activity"]?.text ?? "", activityID: number("ActivityId", or: 0),
            parentActivityID: number("ParentActivityId", or: -1), status: value["StatusDescription"]?.text ?? "",
            currentOperation: value["CurrentOperation"]?.string, percentComplete: number("PercentComplete", or: -1),
            secondsRemaining: number("SecondsRemaining", or: -1),
            isCompleted: type?.integer == 1 || type?.string == "Completed")
    }

    /// The record as the body of a PROGRESS_RECORD message.
    public var value: PSValue {
        let type = PSObject(
            enumeration: "System.Management.Automation.ProgressRecordType",
            name: isCompleted ? "Completed" : "Processing",
            number: isCompleted ? 1 : 0)
        return .object(
            PSObject(extended: [
                PSProperty("Activity", .string(activity)), PSProperty("ActivityId", .int32(activityID)),
                PSProperty("StatusDescription", .string(status)),
                PSProperty("CurrentOperation", currentOperation.map(PSValue.string) ?? .null),
                PSProperty("ParentActivityId", .int32(parentActivityID)),
                PSProperty("PercentComplete", .int32(percentComplete)), PSProperty("Type", .object(type)),
                PSProperty("SecondsRemaining", .int32(secondsRemaining)),
            ]))
    }

    /// MS-PSRP 2.2.5.1.25: the elements of PR. Nil when the activity is missing or a number is none; then the element
    /// is kept as it is.
    init?(primitive element: PSUnknown) {
        func text(_ tag: String) -> String? {
            element.children.first { $0.tag == tag }.map { child in
                var text = child.text
                return text.withUTF8 { Escaping.unescape($0).string }
            }
        }
        func number(_ tag: String) -> Int32? {
            guard let text = text(tag) else { return -1 }
            return Int32(text)
        }
        guard let activity = text("AV"), let activityID = number("AI"), let parent = number("PI"),
            let percent = number("PC"), let seconds = number("SR")
        else { return nil }
        self.init(
            activity: activity, activityID: activityID, parentActivityID: parent, status: text("SD") ?? "",
            currentOperation: text("S"), percentComplete: percent, secondsRemaining: seconds,
            isCompleted: text("T") == "Completed")
    }
}
