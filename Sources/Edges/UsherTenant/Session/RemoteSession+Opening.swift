// From the order to open to an opened runspace pool: the entrance, Create, and the negotiation.

internal import CLIXML
internal import HTTP
internal import PSRP
internal import UsherConfiguration
internal import UsherCore
internal import WSMan

extension RemoteSession {
    func open() { connect(.create) }

    /// Gets the entrance, from what the account knows or anew, and goes on with what it is for.
    func connect(_ purpose: Purpose) {
        // A probe may be on its way; this has the better reason.
        self.approach?.cancel()
        let approach = Approach(
            at: account, for: identity.owner,
            progress: { [self] item in
                guard case .create = purpose else { return }
                report(.openingProgressed(identity.id, item.step, detail: item.detail))
            },
            done: { [self] outcome in
                self.approach = nil
                switch outcome {
                case .arrived(let entrance, let proof):
                    self.proof = proof
                    arrived(at: entrance, purpose)
                case .failed(let failure, let proof):
                    self.proof = proof ?? self.proof
                    notConnected(purpose, failure)
                }
            })
        self.approach = approach
        approach.start(
            known: entrance?.endpoint ?? inherited?.record.flatMap { WebURL($0.endpoint) })
    }

    private func notConnected(_ purpose: Purpose, _ failure: OpenFailure) {
        let isEndRefused = refusals.contains { $0.order.purpose == .delete }
        leaveRefused(because: failure)
        // That may have been the end, or what was to be said of it.
        guard phase != .gone, !isEndRefused else { return }
        switch purpose {
        case .create: openFailed(failure)
        case .reach(let errand): didNotReach(errand, failure)
        }
    }

    private func arrived(at entrance: Entrance, _ purpose: Purpose) {
        guard phase != .gone else { return }
        guard isWorthTrying(entrance) else { return notConnected(purpose, refusedOnce) }
        (isProofRefused, hasProofWorked) = (false, false)
        self.entrance = entrance
        sendAgain()
        switch purpose {
        case .create:
            account.outlook.lookIfAllowed(through: entrance) { [self] sight in
                guard phase == .connecting else { return }
                switch sight {
                case .seen(let list): report(.entranceFound(identity.id, list))
                case .unauthorized(let failure): wasNotLetLook(failure, through: entrance)
                }
            }
        case .reach(let errand):
            if shell == nil { takeUp(at: entrance) }
            if isCloseWanted, case .run(_, _, let output) = errand { output.finish() }
            go(isCloseWanted ? .delete : errand)
        }
    }

    /// Nobody may ask for the shell either: that would only be the same proof, refused a second time.
    private func wasNotLetLook(_ failure: Failure, through used: Entrance) {
        if let other = account.offersOther(failure) { return openFailed(other) }
        refuseProof(used)
        if !looksAgain {
            looksAgain = true
            return connect(.create)
        }
        openFailed(account.judged(OpenFailure(failure, stage: .authenticate, at: lastStage, leftNothing: true), proof))
    }

    /// What is said where there is no other proof than the one that the tenant refused.
    private var refusedOnce: OpenFailure {
        let message = Failure.http(.unauthorized([])).text
        let failure = OpenFailure(.credentialRejected(retryAfter: nil), message: message, leftNothing: true)
        return account.judged(failure, proof)
    }

    // MARK: Create

    private func endpoint(_ entrance: Entrance, resourceURI: String) -> Endpoint? {
        Endpoint(url: entrance.url, resourceURI: resourceURI, clientID: clientID)
    }

    /// Asks for the shell, now that there is room for it.
    func create() {
        guard phase == .connecting, let entrance else { return }
        let access = account.access
        guard let shellID = identity.shell.map(GUID.init),
            let endpoint = endpoint(entrance, resourceURI: access.resourceURI)
        else { preconditionFailure("a session is opened that nobody can name") }
        var machine = ShellMachine(
            at: endpoint, shellID: shellID, hasAffinity: account.hasSeenAffinity,
            messageIDs: MessageIDs(from: .random()), limits: Self.envelopeLimits)
        // Where it leads elsewhere it is asked for once more, with a pool as new as the first.
        pool = RunspacePool(
            id: PSGuid(shellID), limits: Self.poolLimits, fragmentBytesMax: machine.payloadBytesMax)
        guard let opening = try? pool.open(),
            let creation = ShellCreation(
                shellID: shellID, name: ShellName(host: account.host, session: identity.id).description,
                // Windows takes a minute at least.
                idleTimeOut: max(.seconds(60), account.tenantIdle), noProfile: true, content: opening.bytes)
        else { preconditionFailure("a new pool opens") }
        phase = .opening
        report(.openingProgressed(identity.id, .session, detail: nil))
        let effects = machine.create(creation)
        shell = machine
        perform(effects)
    }

    func wasCreated(_ created: ShellCreated) {
        if let proof { account.accepted(proof.key) }
        tenantIdle = created.shell.idleTimeOut
        if isCloseWanted { return openFailed(OpenFailure(message: "it was not wanted any more", leftNothing: false)) }
        verb { $0.receive(from: .pool) }
    }

    func wasNotCreated(_ failure: Failure) {
        if let location = failure.redirection, !isCloseWanted { return follow(location, failure) }
        if let other = account.offersOther(failure) { return openFailed(other) }
        let judged = OpenFailure(failure, stage: .create, at: lastStage, leftNothing: true)
        openFailed(whyRefused ?? account.judged(judged, proof))
    }

    /// As PowerShell's MaximumRedirection.
    private static let redirectionsMax = 5

    /// Asks for the shell elsewhere, where the operator has said that it may be. It stays with the host that makes it.
    private func follow(_ location: String?, _ failure: Failure) {
        func refuse(_ why: String) {
            let message = "\(failure.text): \(why)"
            openFailed(OpenFailure(.unreachable(.create), message: message, leftNothing: true))
        }
        let access = account.access
        guard let location, let entrance, let url = entrance.url.following(location) else {
            return refuse("that is no address")
        }
        let isSameHost = url.scheme == .https && url.hostAndPort == entrance.url.hostAndPort
        guard isSameHost || access.redirectHosts.allows(url) else {
            return refuse(
                url.scheme == .https ? "\(url.hostAndPort) is not one of redirect_hosts" : "that is not https")
        }
        guard redirections < Self.redirectionsMax else {
            return refuse("it has led on \(Self.redirectionsMax) times")
        }
        redirections += 1
        self.entrance = entrance.leading(to: url)
        shell = nil
        phase = .connecting
        create()
    }

    /// It went out and was not answered: the shell may be there, or come to be.
    func createFailed(_ failure: Failure) {
        openFailed(OpenFailure(failure, stage: .create, at: lastStage, leftNothing: false))
    }

    func openFailed(_ failure: OpenFailure) {
        report(.openFailed(identity.id, failure))
        if failure.leftNothing {
            phase = .gone
            account.remove(self)
        } else if phase == .opening || phase == .connecting {
            phase = .lost
        }
    }

    // MARK: the negotiation

    func negotiated(_ capability: SessionCapability) {
        // Servers from protocol 2.2 on take envelopes of 500 KiB.
        guard capability.protocolVersion >= PSVersion(2, 2) else { return }
        shell?.allowEnvelopes(ofBytes: 512_000)
        pool.fragmentBytesMax = shell?.payloadBytesMax ?? pool.fragmentBytesMax
    }

    func poolOpened() {
        guard phase == .opening, let record else { return }
        phase = .open
        report(.openingProgressed(identity.id, .session, detail: "Success"))
        report(.sessionOpened(identity.id, record))
    }

    private var record: ShellRecord? {
        guard let shell, let entrance, let version = pool.capability?.protocolVersion else { return nil }
        return ShellRecord(
            shellID: shell.address.shellID ?? identity.shell?.description ?? "",
            endpoint: entrance.endpoint.description, resourceURI: shell.address.resourceURI,
            clientID: ShellID(clientID), poolID: ShellID(GUID(pool.id)), protocolVersion: version.description,
            cookies: cookies.fieldValue ?? "", tenantIdle: tenantIdle)
    }

    // MARK: shells of an earlier life

    /// Makes the machine of a shell that is there, or may be: where it was made, which need not be where the account gets in
    /// now. Any other host would say that there is no such shell, and its seat would be given away.
    private func takeUp(at found: Entrance) {
        let entrance = inherited?.record.flatMap { WebURL($0.endpoint) }.map(found.leading) ?? found
        self.entrance = entrance
        let resource = inherited?.record?.resourceURI ?? account.access.resourceURI
        guard let endpoint = endpoint(entrance, resourceURI: resource) else { return }
        let id = inherited?.record?.shellID ?? identity.shell?.description ?? ""
        guard let selector = ShellAddress.Selector("ShellId", id),
            let address = ShellAddress(resourceURI: resource, selectors: [selector])
        else { return }
        let isKnown = inherited?.record != nil
        var machine = ShellMachine(
            at: endpoint, address: address, state: isKnown ? .open : .broken, isCreateAnswered: isKnown,
            hasAffinity: account.hasSeenAffinity && cookies.fieldValue == nil,
            messageIDs: MessageIDs(from: .random()), limits: Self.envelopeLimits)
        if pool.capability.map({ $0.protocolVersion >= PSVersion(2, 2) }) == true {
            machine.allowEnvelopes(ofBytes: 512_000)
        }
        pool.fragmentBytesMax = machine.payloadBytesMax
        shell = machine
        inherited = nil
    }
}
