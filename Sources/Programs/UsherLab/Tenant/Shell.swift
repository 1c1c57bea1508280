internal import WSMan

/// A shell at the tenant: a place in the quotas, and the runspace pool in it.
struct Shell {
    let id: GUID
    /// The principal name it is charged to.
    let owner: String
    let name: String?
    let resourceURI: String
    /// What the client asked for; the tenant's own limit holds as well.
    var idleTimeOutWish: Duration?
    /// The client object that made it, or connected to it last.
    var clientID: String?
    /// Its client has said that it would be back, or that another one comes.
    var isDisconnected = false
    var bufferMode = "Block"
    let created: Duration
    /// When it was used last.
    var lastActivity: Duration
    var server: RunspaceServer
    /// Somebody opened it by other means; it is there to take up room.
    var isForeign = false
    /// It was made after its client had gone, so that nobody knows of it.
    var isLeaked = false
    /// Whether it takes a place. One that Exchange refuses inside does not.
    var takesPlace = true

    func idleTimeOut(_ limits: LabLimits) -> Duration {
        min(idleTimeOutWish ?? limits.idleTimeout, limits.idleTimeout)
    }

    func idle(at now: Duration) -> Duration { server.isAtWork ? .zero : now - lastActivity }

    /// When it is gone if nothing happens; nil for one that works, and for a foreign one, whose owner looks after it.
    func end(_ limits: LabLimits) -> Duration? {
        isForeign || server.isAtWork ? nil : lastActivity + idleTimeOut(limits)
    }

    func view(at now: Duration, _ limits: LabLimits) -> ShellView {
        ShellView(
            shellID: id, name: name, resourceURI: resourceURI, owner: owner, idleTimeOut: idleTimeOut(limits),
            runTime: now - created, inactivity: idle(at: now), isDisconnected: isDisconnected, bufferMode: bufferMode)
    }
}
