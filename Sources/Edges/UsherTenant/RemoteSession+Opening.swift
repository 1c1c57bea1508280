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
    func connect(_ then: Connection.Then) {
        guard let access = account.access else {
            return notConnected(
                then, OpenFailure(.unreachable(.open), message: "the tenant is configured no more", leftNothing: true))
        }
        var secret = Secret("")
        // A ticket of Kerberos is nobody's to give or to file.
        let found = access.settings.auth == .negotiate ? nil : account.credential(of: identity.owner)
        switch found {
        case nil: break
        case .secret(let found, let key):
            secret = found
            proof = (found, key)
        case .missing(let why):
            return notConnected(then, OpenFailure(.credentialMissing, message: why ?? "", leftNothing: true))
        case .refused(let pause):
            return notConnected(
                then,
                OpenFailure(
                    .credentialRejected(retryAfter: pause),
                    message: "it was refused before, and accounts get locked", leftNothing: true))
        }
        if let key = proof?.key, let known = account.entrance(by: key), !hasRenewedProof {
            tell(then, .init(step: .domain, detail: access.adminDomain(of: account.upn)))
            tell(then, .init(step: .discovery, detail: known.endpoint.description))
            if access.settings.auth == .oauth { tell(then, .init(step: .token, detail: "Success")) }
            return arrived(at: known, then)
        }
        var connector = Connector(access: access, upn: account.upn, secret: secret)
        let endpoint = entrance?.endpoint ?? inherited?.record.flatMap { WebURL($0.endpoint) } ?? account.endpoint
        let (step, progress) = connector.begin(known: endpoint, at: account.lane.now)
        connection = Connection(connector: connector, ticket: nil, then: then)
        for item in progress { tell(then, item) }
        take(step, then)
    }

    private func tell(_ then: Connection.Then, _ progress: Connector.Progress) {
        guard case .create = then else { return }
        report(.openingProgressed(identity.id, progress.step, detail: progress.detail))
    }

    private func take(_ step: Connector.Step, _ then: Connection.Then) {
        let exchange: Exchange
        switch step {
        case .get(let url, let accept):
            exchange = Exchange(
                url: url, fields: [HTTPField("Accept", accept), HTTPField("User-Agent", "usher")],
                caFile: account.access?.settings.caFile, timeout: .seconds(15), answerBytesMax: 256 << 10)
        case .post(let url, let form):
            exchange = Exchange(
                url: url, body: Array(form.reveal().utf8),
                fields: [
                    HTTPField("Content-Type", "application/x-www-form-urlencoded"),
                    HTTPField("Accept", "application/json"), HTTPField("User-Agent", "usher"),
                ], caFile: account.access?.settings.caFile, timeout: .seconds(15), answerBytesMax: 256 << 10)
        case .found(let entrance):
            connection = nil
            if let key = proof?.key { account.keep(entrance, by: key) }
            return arrived(at: entrance, then)
        case .failed(let failure):
            connection = nil
            return notConnected(then, judged(failure))
        }
        connection?.ticket = account.lane.transport.start(exchange) { [self] result in
            guard var connection else { return }
            connection.ticket = nil
            let (step, progress) = connection.connector.receive(result, at: account.lane.now)
            self.connection = connection
            for item in progress { tell(then, item) }
            take(step, then)
        }
    }

    /// A secret that was refused is left alone for a while.
    private func judged(_ failure: OpenFailure) -> OpenFailure {
        guard case .credentialRejected(nil) = failure.cause, let proof else { return failure }
        account.forgetEntrance(of: proof.key)
        let pause = account.refused(proof.key, proof.secret)
        return OpenFailure(
            .credentialRejected(retryAfter: pause), message: failure.message, leftNothing: failure.leftNothing)
    }

    private func notConnected(_ then: Connection.Then, _ failure: OpenFailure) {
        switch then {
        case .create: openFailed(failure)
        case .reach(let errand): didNotReach(errand, failure)
        }
    }

    private func arrived(at entrance: Entrance, _ then: Connection.Then) {
        self.entrance = entrance
        switch then {
        case .create: create(at: entrance)
        case .reach(let errand):
            if shell == nil { takeUp(at: entrance) }
            if isCloseWanted, case .run(_, _, let output) = errand { output.finish() }
            go(isCloseWanted ? .delete : errand)
        }
    }

    // MARK: Create

    private func endpoint(_ entrance: Entrance, resourceURI: String) -> Endpoint? {
        Endpoint(url: entrance.url, resourceURI: resourceURI, clientID: clientID)
    }

    private func create(at entrance: Entrance) {
        guard let access = account.access, let shellID = identity.shell.map(GUID.init),
            let endpoint = endpoint(entrance, resourceURI: access.resourceURI)
        else { preconditionFailure("a session is opened that nobody can name") }
        var machine = ShellMachine(
            at: endpoint, shellID: shellID, hasAffinity: account.hasSeenAffinity,
            messageIDs: MessageIDs(from: .random()), limits: Self.envelopeLimits)
        // A 401 had no effect, so it may be tried once more, with a pool as new as the first.
        pool = RunspacePool(
            id: PSGuid(shellID), limits: Self.poolLimits, fragmentBytesMax: machine.payloadBytesMax)
        guard let opening = try? pool.open(),
            let creation = ShellCreation(
                shellID: shellID, name: "usher/\(account.host)/\(identity.id)",
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
        if failure.isUnauthorized, !hasRenewedProof, !isCloseWanted {
            hasRenewedProof = true
            if let proof { account.forgetEntrance(of: proof.key) }
            shell = nil
            phase = .connecting
            return connect(.create)
        }
        openFailed(judged(OpenFailure(failure, stage: .create, at: lastStage, leftNothing: true)))
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

    /// Makes the machine of a shell that is there, or may be.
    private func takeUp(at entrance: Entrance) {
        let resource = inherited?.record?.resourceURI ?? account.access?.resourceURI ?? ""
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
