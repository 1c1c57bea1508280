internal import Varlink
internal import WSMan

/// What the control port may change, and what it tells.
extension LabServer {
    /// Changes one setting, named as its option of the command line is.
    func set(_ name: String, _ value: String) throws(ControlRefusal) {
        func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws(ControlRefusal) -> T
        where T.RawValue == String {
            guard let choice = T(rawValue: value) else {
                let all = T.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlRefusal("\(name) is one of \(all).")
            }
            return choice
        }
        switch name {
        case "authority": authority = value.isEmpty ? nil : value
        case "discovery": discovery.fault = try choice(Autodiscovery.Fault.self)
        case "discovery-target": discovery.target = value.isEmpty ? nil : value
        case "token-lifetime": accounts.tokenLifetime = try DurationText.required(name, value)
        default:
            guard try tenant.limits.set(name, value) else { throw ControlRefusal("There is no setting \(name).") }
        }
    }

    /// The full name of an administrator.
    func principalName(_ name: String) throws(ControlRefusal) -> String {
        let full = (name.contains("@") ? name : "\(name)@\(options.domain)").lowercased()
        guard accounts.passwords[full] != nil else { throw ControlRefusal("There is no administrator \(name).") }
        return full
    }

    func reset() {
        tenant.resetTally()
        requestsCount = 0
        requestsOf = [:]
    }

    var settings: JSON {
        let limits = tenant.limits
        return [
            "sessions-per-admin": .int(Int64(limits.sessionsPerAdmin)),
            "sessions-per-organization": .int(Int64(limits.sessionsPerOrganization)),
            "idle-timeout": .double(limits.idleTimeout.inSeconds), "over-limit": .string(limits.overLimit.rawValue),
            "hang": .string(limits.hang.rawValue), "commands-per-shell": .int(Int64(limits.commandsPerShell)),
            "language": .string(limits.language.rawValue), "server-ids": .bool(limits.hasOwnIDs),
            "protocol": .string(limits.protocolVersion.rawValue), "fragment-bytes": .int(Int64(limits.fragmentBytes)),
            "byte-order-mark": .bool(limits.hasByteOrderMark), "throttle": .bool(limits.throttles),
            "gzip": .bool(limits.compresses), "affinity": .bool(limits.hasAffinity),
            "discovery": .string(discovery.fault.rawValue),
            "discovery-target": .string(discovery.target ?? ""), "authority": .string(authority ?? ""),
            "token-lifetime": .double(accounts.tokenLifetime.inSeconds), "down": .bool(isDown),
            "troubles": .int(Int64(troubles.waiting.count)),
        ]
    }

    /// The truth about everything.
    var stats: JSON {
        let tally = tenant.tally
        let now = now
        func counts(_ numbers: [String: Int]) -> JSON {
            .object(JSONObject(present: numbers.sorted { $0.key < $1.key }.map { ($0.key, .int(Int64($0.value))) }))
        }
        let shells = tenant.shells.values.sorted { ($0.created, $0.id.description) < ($1.created, $1.id.description) }
        let log = tenant.world.executions
        return [
            "live": .int(Int64(tenant.places())), "shells": .array(shells.map { $0.stats(at: now) }),
            "peak": ["tenant": .int(Int64(tally.peak)), "admins": counts(tally.peaks)],
            "creates": [
                "received": .int(Int64(tally.createsReceived)), "answered": .int(Int64(tally.createsAnswered)),
                "refused": .int(Int64(tally.createsRefused)), "hanging": .int(Int64(tenant.hanging.count)),
                "late": .int(Int64(tally.createsLate)),
            ],
            "deletes": .int(Int64(tally.deletes)), "reaped": .int(Int64(tally.reaped)),
            "requests": .int(Int64(requestsCount)), "requestsOf": counts(requestsOf),
            "operations": counts(tally.operations),
            "faults": counts(Dictionary(uniqueKeysWithValues: tally.faults.map { ("\($0.key)", $0.value) })),
            "receivesWaiting": .int(Int64(tenant.receives.count)),
            "tokens": [
                "refreshed": .int(Int64(accounts.refreshes)), "issued": .int(Int64(accounts.tokensIssued)),
                "refused": .int(Int64(accounts.tokensRefused)),
            ],
            "executions": .array(
                log.keys.map { key in
                    [
                        "cmdlet": .string(key.cmdlet), "identity": .string(key.identity), "token": .string(key.token),
                        "count": .int(Int64(log.counts[key] ?? 0)),
                    ]
                }),
            "executionsUncounted": .int(Int64(log.uncounted)), "connections": .int(Int64(connectionsCount)),
            "down": .bool(isDown),
        ]
    }
}

extension Shell {
    fileprivate func stats(at now: Duration) -> JSON {
        [
            "id": .string(id.description), "owner": .string(owner), "name": name.map(JSON.string) ?? .null,
            "idleSeconds": .double(idle(at: now).inSeconds), "ageSeconds": .double((now - created).inSeconds),
            "state": .string(isForeign ? "foreign" : server.state.rawValue), "foreign": .bool(isForeign),
            "leaked": .bool(isLeaked), "takesPlace": .bool(takesPlace),
            "commands": .int(Int64(server.pipelines.count)),
            "running": .int(Int64(server.pipelines.values.count { $0.isRunning })),
        ]
    }
}

extension LabLimits {
    /// Changes one limit. False for one that is not known.
    mutating func set(_ name: String, _ value: String) throws(ControlRefusal) -> Bool {
        func number() throws(ControlRefusal) -> Int {
            guard let number = Int(value), (0...1_000_000).contains(number) else {
                throw ControlRefusal("\(name) is a number from 0 to 1000000, and not \(value).")
            }
            return number
        }
        func choice<T: RawRepresentable & CaseIterable>(_ type: T.Type) throws(ControlRefusal) -> T
        where T.RawValue == String {
            guard let choice = T(rawValue: value) else {
                let all = T.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlRefusal("\(name) is one of \(all), and not \(value).")
            }
            return choice
        }
        enum Switch: String, CaseIterable { case on, off }
        switch name {
        case "sessions-per-admin": sessionsPerAdmin = try number()
        case "sessions-per-organization": sessionsPerOrganization = try number()
        case "commands-per-shell": commandsPerShell = try number()
        case "fragment-bytes":
            let bytes = try number()
            guard (64...512_000).contains(bytes) else { throw ControlRefusal("\(name) is from 64 to 512000.") }
            fragmentBytes = bytes
        case "server-ids": hasOwnIDs = try choice(Switch.self) == .on
        case "byte-order-mark": hasByteOrderMark = try choice(Switch.self) == .on
        case "gzip": compresses = try choice(Switch.self) == .on
        case "affinity": hasAffinity = try choice(Switch.self) == .on
        case "throttle": throttles = try choice(Switch.self) == .on
        case "protocol": protocolVersion = try choice(LabLimits.ProtocolVersion.self)
        case "idle-timeout": idleTimeout = try DurationText.required(name, value)
        case "over-limit": overLimit = try choice(OverLimit.self)
        case "hang": hang = try choice(Hang.self)
        case "language": language = try choice(Language.self)
        default: return false
        }
        return true
    }
}

extension DurationText {
    static func required(_ name: String, _ text: String) throws(ControlRefusal) -> Duration {
        guard let duration = parse(text) else {
            throw ControlRefusal("\(name) is a duration, as 5s or 15m, and not \(text).")
        }
        return duration
    }
}

extension Duration {
    /// With a fraction.
    var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds / 1_000_000_000_000_000) / 1000
    }
}
