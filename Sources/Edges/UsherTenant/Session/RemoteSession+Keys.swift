// The session key (MS-PSRP 3.1.5.4.3 to 3.1.5.4.5): asked for when the first secret is to be sent, and then kept for as long
// as this process has the pool. A server of protocol 2.1 asks for it by itself.

internal import CLIXML
internal import PSRP
internal import SessionKeys
internal import UsherCore

extension RemoteSession {
    /// Where the key is.
    enum Key {
        case none
        case awaited(KeyExchange)
        case here(SessionKey)
    }

    /// A pair is being made, or the tenant has not answered yet.
    struct KeyExchange {
        var pair: KeyPair?
        /// Each is called once.
        var waiting: [(SessionKey?) -> Void]
        let alarm: Lane.Alarm
    }

    /// How long the tenant may take to give a key.
    private static let keyDeadline = Duration.seconds(30)

    /// Calls `go` with what encrypts the secrets in a value, at once where there are none; with nil where there is no key.
    func withKey(for secrets: SecretTable, _ go: @escaping (((PSValue) -> PSValue)?) -> Void) {
        if secrets.isEmpty { return go { $0 } }
        withKey { key in
            go(key.map { key in { value in secrets.sealed(value) { key.encrypt($0.reveal()) } } })
        }
    }

    private func withKey(_ go: @escaping (SessionKey?) -> Void) {
        switch key {
        case .here(let key): go(key)
        case .awaited(var exchange):
            exchange.waiting.append(go)
            key = .awaited(exchange)
        case .none:
            let alarm = account.lane.after(Self.keyDeadline) { [self] in keyFailed() }
            key = .awaited(KeyExchange(pair: nil, waiting: [go], alarm: alarm))
            account.lane.aside({ KeyPair() }, then: { [self] pair in offer(pair) })
        }
    }

    private func offer(_ pair: KeyPair?) {
        guard case .awaited(var exchange) = key else { return }
        guard let pair, let message = try? pool.send(PublicKey(key: pair.publicKey)) else { return keyFailed() }
        exchange.pair = pair
        key = .awaited(exchange)
        send(message, to: .pool)
    }

    /// A server of protocol 2.1 wants to send or to be sent a secret.
    func keyRequested() {
        if case .none = key { withKey { _ in } }
    }

    func keyArrived(_ message: EncryptedSessionKey) {
        guard case .awaited(let exchange) = key, let pair = exchange.pair else { return }
        guard let arrived = pair.open(message.key) else { return keyFailed() }
        account.lane.cancel(exchange.alarm)
        key = .here(arrived)
        for go in exchange.waiting { go(arrived) }
    }

    private func keyFailed() {
        guard case .awaited(let exchange) = key else { return }
        account.lane.cancel(exchange.alarm)
        key = .none
        for go in exchange.waiting { go(nil) }
    }

    /// Nobody needs it any more who waited for it.
    func forgetKeyWaiters() {
        guard case .awaited(var exchange) = key else { return }
        let waiting = exchange.waiting
        exchange.waiting = []
        key = .awaited(exchange)
        for go in waiting { go(nil) }
    }
}
