// The end, in whatever state it is ordered: what was not sent is not sent, what was made is deleted, and what may have been
// made is asked for until there is proof.

internal import HTTP
internal import PSRP
internal import UsherCore
internal import WSMan

extension RemoteSession {
    /// Ends it at the tenant, or tries again to.
    func close() {
        isCloseWanted = true
        switch phase {
        case .connecting:
            approach?.cancel()
            approach = nil
            openFailed(OpenFailure(message: "it was not wanted any more", leftNothing: true))
        case .opening, .open, .lost: startClosing()
        case .closing: break
        case .gone: report(.sessionClosed(identity.id))
        }
    }

    /// A Create that was cut sooner than this was not being held by a tenant that is full.
    private static let cutAtOnce = Duration.seconds(5)
    /// For so long after a Create was sent whose answer was lost, a shell may still come of it.
    private static let createFinishedWithin = Duration.seconds(30)

    private func startClosing() {
        // Nobody hears of its end: the broker has told who asked.
        leaveRunning()
        leaveRefused()
        guard phase != .gone else { return }
        if phase == .opening, case .creating = shell?.state {
            // Deleted as soon as that is answered; the machine sees to it.
        } else {
            // Create was answered, so that from now on the tenant can forget it.
            if phase == .opening { openFailed(OpenFailure(message: "it was not wanted any more", leftNothing: false)) }
            phase = .closing
        }
        // What is on its way there ends in Delete.
        if approach != nil { return }
        guard shell != nil, hasGoodProof else { return connect(.reach(.delete)) }
        pool.close()
        verb { $0.delete() }
    }

    /// There is proof that the tenant counts it no more.
    func isGone() {
        guard phase != .gone else { return }
        phase = .gone
        leaveRunning()
        account.remove(self)
        report(.sessionClosed(identity.id))
    }

    /// The tenant does not know it, which proves nothing while Create may still be under way somewhere.
    ///
    /// A Create whose connection was cut at once is over when nothing is to be found of it for a while. One that was out for
    /// long was being held by a tenant that is full, and may come about yet.
    func isNotFound() {
        let now = account.lane.now
        guard phase == .closing || phase == .lost || phase == .opening else {
            return broke("the tenant does not know it")
        }
        phase = .lost
        // Behind a load balancer any machine but the right one says so.
        let mayBeElsewhere = account.hasSeenAffinity && cookies.fieldValue == nil
        if !mayBeElsewhere, let since = unknownThereSince, now - since >= .milliseconds(900), isCreateOver(at: now) {
            return isGone()
        }
        unknownThereSince = unknownThereSince ?? now
        report(.closeFailed(identity.id, .unknownThere))
    }

    /// Whether no shell can come any more of a Create. Of one of an earlier life nobody knows when it was sent.
    private func isCreateOver(at now: Moment) -> Bool {
        if shell?.isCreateAnswered == true { return true }
        return creation.map { $0.lasted < Self.cutAtOnce && now - $0.sentAt >= Self.createFinishedWithin } == true
    }

    func deleteFailed(_ failure: Failure) {
        guard phase != .gone else { return }
        phase = .lost
        let isAway = lastStage == .connect && failure.answerNeverBegan
        report(.closeFailed(identity.id, isAway ? .unreachable : .refused))
    }

    /// It cannot be used any more, and may still count at the tenant.
    func broke(_ why: String, isFull: Bool = false) {
        switch phase {
        case .opening:
            let cause: OpenFailure.Cause = isFull ? .full(.admin, limit: nil) : .unreachable(.negotiate)
            openFailed(OpenFailure(cause, message: why, leftNothing: false))
        case .open:
            phase = .lost
            leaveRunning()
            report(.sessionBroken(identity.id))
        case .closing:
            // Another answer than that to Delete: whether it is gone says only that one.
            break
        case .connecting, .lost, .gone: break
        }
    }
}
