// The pool's own queue: polled for as long as the session lives, because the key for secrets, the pool's calls of the host,
// and that it was closed come only to those who ask.

internal import CLIXML
internal import PSRP
internal import UsherCore
internal import WSMan

extension RemoteSession {
    func receivedFromPool(_ payloads: [[UInt8]]) {
        pollFailures = 0
        for payload in payloads { pool.receive(payload) }
        if handlePoolEvents(), phase == .opening || phase == .open { verb { $0.receive(from: .pool) } }
    }

    /// Handles what the pool has learned. False when that was the end of it.
    func handlePoolEvents() -> Bool {
        var written: [PipelineEvent] = []
        defer { deliver(written) }
        do {
            while let event = try pool.nextEvent() {
                switch event {
                case .pipeline(let id, let event): if id == running?.pipelineID { written.append(event) }
                case .negotiated(let capability): negotiated(capability)
                case .opened: poolOpened()
                case .closed:
                    broke("the tenant closed the runspace pool")
                    return false
                case .broken(let error):
                    broke(error?.message ?? "the tenant's runspace pool is broken", isFull: error?.saysFull == true)
                    return false
                case .hostCall(let call): _ = called(call, of: nil)
                case .publicKeyRequested: keyRequested()
                case .sessionKey(let message): keyArrived(message)
                case .privateData, .runspaces, .availability, .userEvent, .record, .stray: break
                }
            }
            return true
        } catch ProtocolViolation.messageTooLong {
            running?.verdict = .outputTooLarge(limitBytes: Self.poolLimits.messageBytesMax, property: nil)
            endInvocation(nil)
            broke("an object is larger than \(Self.poolLimits.messageBytesMax) bytes")
            return false
        } catch {
            // Whoever runs something is to hear that, and not only that his session is gone.
            if running?.verdict == nil { running?.verdict = .uncertain("the tenant broke the protocol: \(error)") }
            endInvocation(nil)
            broke("\(error)")
            return false
        }
    }

    // MARK: polls that failed

    /// The pool's queue could not be read. Nothing depends on it at once, so it is tried again, less and less often.
    func pollFailed(_ failure: Failure) {
        pollFailures += 1
        if phase == .opening {
            guard pollFailures > 5 || !failure.answerNeverBegan else {
                account.lane.after(.milliseconds(200 << Int64(pollFailures))) { [self] in pollAgain() }
                return
            }
            return openFailed(OpenFailure(failure, stage: .negotiate, at: lastStage, leftNothing: false))
        }
        guard phase == .open else { return }
        // Nobody is locked out for a poll: with the next command it is asked again.
        if failure.isUnauthorized, whyRefused?.isTemporary != true { return }
        account.lane.after(min(.seconds(30), .milliseconds(500 << Int64(min(6, pollFailures))))) { [self] in pollAgain()
        }
    }

    func pollAgain() {
        guard phase == .opening || phase == .open else { return }
        // What is being looked for may be found meanwhile.
        guard approach == nil else {
            account.lane.after(.seconds(1)) { [self] in pollAgain() }
            return
        }
        if hasGoodProof { verb { $0.receive(from: .pool) } } else { connect(.reach(.poll)) }
    }
}
