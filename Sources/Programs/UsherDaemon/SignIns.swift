internal import LocalSocket
internal import NIOCore
internal import UsherCore
internal import UsherTenant
internal import Varlink

/// People who sign in on another device, while their calls wait. Only for use on the event loop.
final class SignIns {
    private let shells: RemoteTenants
    private let scribe: Scribe
    private let eventLoop: any EventLoop
    private var waiting: [ConnectionID: (number: UInt64, account: Account)] = [:]
    private var count: UInt64 = 0

    init(shells: RemoteTenants, scribe: Scribe, eventLoop: any EventLoop) {
        self.shells = shells
        self.scribe = scribe
        self.eventLoop = eventLoop
    }

    /// Begins one. `keep` gets the secret that comes of it, before its caller hears so.
    func begin(_ client: ConnectionID, on connection: Connection, _ account: Account, keep: @escaping (Secret) -> Void)
    {
        count += 1
        let number = count
        waiting[client] = (number, account)
        let bound = NIOLoopBound((self, connection, keep), eventLoop: eventLoop)
        shells.signIn(
            number, to: account,
            tell: { [eventLoop] code in
                eventLoop.execute {
                    let (_, connection, _) = bound.value
                    connection.reply(Reply(parameters: ["deviceCode": Self.json(code)], continues: true))
                }
            },
            done: { [eventLoop] end in
                eventLoop.execute {
                    let (signIns, connection, keep) = bound.value
                    guard signIns.waiting[client]?.number == number else { return }
                    signIns.waiting[client] = nil
                    switch end {
                    case .done(let secret):
                        keep(secret)
                        connection.reply(Reply(parameters: ["admin": .string(account.admin.description)]))
                    case .failed(let failure):
                        // No session is asked for, so none can be one too many.
                        let refusal = failure.refusal(to: account.admin, at: account.tenant, inUse: 0)
                        connection.reply(signIns.scribe.refusal(refusal))
                    }
                }
            })
    }

    /// The client has gone.
    func left(_ client: ConnectionID) {
        guard let (number, account) = waiting.removeValue(forKey: client) else { return }
        shells.cancelSignIn(number, to: account)
    }

    private static func json(_ code: DeviceCode) -> JSON {
        [
            "address": .string(code.address), "code": .string(code.code),
            "expiresInSeconds": .int(Int64(code.lifetime.wholeSeconds)),
        ]
    }
}
