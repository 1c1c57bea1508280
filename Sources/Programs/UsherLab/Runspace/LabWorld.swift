internal import CLIXML
internal import PSRP
internal import SessionKeys

/// What cmdlets see and change while they run.
struct LabWorld {
    /// Time since the lab began.
    var now: Duration = .zero
    /// The time of day when the lab began, in seconds since 1970.
    var startOfClock: Int64
    /// The organization and its people.
    var directory: Directory
    /// What has changed something, counted.
    var executions = ExecutionLog()
    /// The variables of the runspace that runs just now.
    var variables: [String: PSValue] = [:]
    /// The input of the pipeline that runs just now.
    var input = PipelineInput()
    /// Whose pipeline it is.
    var user = ""
    /// The host of the pipeline that runs just now.
    var host = HostDescription.none
    /// What the host answered to the last call, until somebody takes it.
    var hostAnswer: HostResponse.Outcome?
    /// What the client gave for scripts when it opened the pool.
    var applicationArguments = PSValue.null
    /// The key of the pool that runs just now, once its client has asked for one.
    var key: SessionKey?

    init(directory: Directory, startOfClock: Int64 = 1_385_000_000) {
        self.directory = directory
        self.startOfClock = startOfClock
    }

    /// The time of day.
    var clock: PSDateTime { Calendar.dateTime(startOfClock + now.components.seconds) }
}

/// Objects that the client has sent and nobody took.
struct PipelineInput {
    var values: [PSValue] = []
    /// More may come.
    var isOpen = false

    /// How many objects may wait.
    static let valuesMax = 100_000
}

/// Every call of a cmdlet that changes something, with what it was done to.
struct ExecutionLog {
    /// A cmdlet and what it was called with.
    struct Key: Hashable {
        var cmdlet: String
        var identity: String
        var token: String
    }

    /// How often each was executed.
    private(set) var counts: [Key: Int] = [:]
    /// In the order they first came.
    private(set) var keys: [Key] = []
    /// Executions beyond `keysMax` different ones: counted and no more.
    private(set) var uncounted = 0

    static let keysMax = 20_000

    mutating func add(_ cmdlet: String, identity: String, token: String) {
        let key = Key(cmdlet: cmdlet, identity: identity, token: token)
        if let count = counts[key] {
            counts[key] = count + 1
        } else if keys.count < Self.keysMax {
            counts[key] = 1
            keys.append(key)
        } else {
            uncounted += 1
        }
    }
}

/// The Gregorian calendar, as far as a time of day needs it.
enum Calendar {
    /// Seconds since 1970 as .NET writes a time in UTC.
    static func dateTime(_ seconds: Int64) -> PSDateTime {
        let days = seconds / 86400
        let clock = seconds % 86400
        // Days since the first of March of the year 0; Howard Hinnant, "chrono-compatible low-level date algorithms".
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let month = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * month + 2) / 5 + 1
        let civilMonth = month < 10 ? month + 3 : month - 9
        let year = yearOfEra + era * 400 + (civilMonth <= 2 ? 1 : 0)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return PSDateTime(
            "\(year)-\(two(civilMonth))-\(two(day))T\(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60))Z")
    }
}
