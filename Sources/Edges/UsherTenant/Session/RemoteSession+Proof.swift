// A proof that was good and is no more: a token whose time is over, a password that was changed. The tenant says 401 and
// does nothing else, so whatever was asked, a poll, a command, the end, is asked again with a new proof, once. Where there
// is no other proof than the one that was refused, that one is tried a second time only if the tenant took it before:
// accounts get locked.

internal import HTTP
internal import UsherCore
internal import WSMan

extension RemoteSession {
    /// An order that had no effect, or was not sent for want of a proof, and what the tenant said.
    struct Refusal {
        let order: Order
        let outcome: Outcome
    }

    /// Whether what is sent now may well be believed.
    var hasGoodProof: Bool { !isProofRefused && entrance?.isFresh(at: account.lane.now) == true }

    func wasRefused(_ order: Order, _ result: ExchangeResult, through used: Entrance) {
        refusals.append(Refusal(order: order, outcome: result.outcome))
        // Another one was refused before, and a new proof is here already.
        if let entrance, !isProofRefused, !entrance.isSame(as: used) { return sendAgain() }
        refuseProof(used)
        if approach == nil { connect(.reach(.renewal)) }
    }

    /// Keeps an order until there is a proof that was not refused.
    func hold(_ order: Order) {
        refusals.append(Refusal(order: order, outcome: .answered(HTTPAnswer(status: 401))))
        if approach == nil { connect(.reach(.renewal)) }
    }

    /// Nothing is sent with this proof any more, by nobody.
    func refuseProof(_ used: Entrance) {
        isProofRefused = true
        if let proof { account.forget(used, of: proof.key) }
    }

    /// Whether what was refused is to be asked with this proof: another one, or one that was good a moment ago.
    func isWorthTrying(_ found: Entrance) -> Bool {
        guard isProofRefused, let entrance, found.isSame(as: entrance) else { return true }
        return hasProofWorked
    }

    func sendAgain() {
        let again = refusals
        refusals = []
        for refusal in again { post(refusal.order, isAgain: true) }
    }

    /// There is no new proof: what was refused stays refused.
    func leaveRefused(because failure: OpenFailure? = nil) {
        let left = refusals
        let before = whyRefused
        refusals = []
        whyRefused = failure
        for refusal in left { finish(refusal.order, refusal.outcome) }
        whyRefused = before
    }
}

extension ExchangeResult {
    var isUnauthorized: Bool {
        if case .answered(let answer) = self { answer.status == 401 } else { false }
    }
}
