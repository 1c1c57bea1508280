/// What has happened since the lab began, or since it was told to count afresh.
struct Tally {
    /// The most shells at one time.
    var peak = 0
    /// The most shells of one administrator at one time, by principal name.
    var peaks: [String: Int] = [:]
    var createsReceived = 0
    var createsAnswered = 0
    var createsRefused = 0
    /// Creates that hung and were carried out later.
    var createsLate = 0
    /// Shells that were asked to go and went.
    var deletes = 0
    /// Shells that nobody used for too long.
    var reaped = 0
    /// Operations by their name.
    var operations: [String: Int] = [:]
    /// Faults by their number; those of Receives that timed out are not counted.
    var faults: [UInt32: Int] = [:]

    mutating func add(operation: String) { operations[operation, default: 0] += 1 }

    mutating func add(_ answer: ServerAnswer) {
        guard case .fault(let fault) = answer, fault.code != ServerFault.timedOut.code else { return }
        faults[fault.code ?? 0, default: 0] += 1
    }
}
