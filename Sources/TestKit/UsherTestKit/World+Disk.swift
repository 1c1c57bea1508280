import UsherCore

/// A disk that may be slow, full, silent, or wrong about what it did.
struct Disk: Sendable {
    var out: [Record]?
    var fate = Fate.written

    enum Fate: Sendable {
        case written
        case failed
        /// Written, and reported as failed.
        case disowned
    }
}

extension World {
    /// Hands the next batch to the disk, if there is one and the disk is free.
    mutating func writeSome() {
        guard disk.out == nil, let batch = commit.nextBatch(at: clock.now) else { return }
        write(batch)
    }

    mutating func write(_ records: [Record]) {
        let batch = bent(records)
        disk.out = batch
        if sabotage == .sendsBeforeCommit { sendBeforeCommit(batch) }
        disk.fate = .written
        var span = random.span(.milliseconds(1), .milliseconds(40))
        if random.chance(weather.diskFails) {
            disk.fate = random.chance(30) ? .disowned : .failed
        } else if random.chance(weather.diskHangs) {
            span = random.span(.seconds(2), .minutes(2))
            if random.chance(30) { disk.fate = .failed }
        }
        for record in batch { count(record) }
        history.add(clock.now, "commits \(batch.map(\.summary).joined(separator: ", "))")
        queue.add(.diskAnswers(life), at: clock.now + span)
    }

    private mutating func count(_ record: Record) {
        switch record {
        case .unconfirmed: tally["unconfirmed", default: 0] += 1
        case .ended(_, let reason, _): tally[reason.rawValue, default: 0] += 1
        case .ordered, .foreignEnded, .locked, .unlocked, .taken, .leaseChanged, .opened, .invoking, .used, .closing,
            .held, .pruned:
            break
        }
    }

    mutating func diskAnswers() {
        guard let batch = disk.out else { return }
        disk.out = nil
        if disk.fate != .failed { journal.apply(batch, isReported: disk.fate == .written) }
        history.add(clock.now, "the commit is \(disk.fate)")
        tally["commit \(disk.fate)", default: 0] += 1
        switch disk.fate {
        case .written:
            for record in batch { note(record) }
            let (next, effects) = commit.committed(at: clock.now)
            if let next { write(next) }
            perform(effects)
        case .failed, .disowned: perform(commit.failed("disk full", at: clock.now))
        }
        check()
    }
}
