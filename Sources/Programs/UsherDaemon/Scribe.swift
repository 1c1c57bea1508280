internal import UsherAPI
internal import UsherCore
internal import Varlink

/// Puts the broker's values into the words of the interface. The one place where moments become dates.
///
/// Only for use on the event loop, where it remembers the date it wrote last: most of what is told happened just now.
final class Scribe {
    private let clock: Clock
    private var last: (seconds: Int64, text: String) = (.min, "")

    init(clock: Clock) { self.clock = clock }

    func time(_ moment: Moment) -> JSON {
        let seconds = clock.wallSeconds(of: moment)
        if seconds != last.seconds { last = (seconds, rfc3339(seconds)) }
        return .string(last.text)
    }

    /// Now.
    var present: JSON { time(clock.now) }

    func session(_ view: SessionView) -> JSON {
        let identity = view.identity
        // Member by member: this is in every grant, and many times in every list.
        var object = JSONObject(capacity: 21)
        object.append("session", text(identity.id))
        object.append("tenant", text(identity.tenant))
        object.append("admin", text(identity.admin))
        object.append("user", .string(identity.user))
        object.append("uid", number(identity.owner.rawValue))
        object.append("pid", number(identity.pid))
        object.append("terminal", identity.terminal.map(JSON.string))
        object.append("purpose", identity.purpose.map(JSON.string))
        object.append("state", .string(view.state.rawValue))
        object.append("lease", .string(view.lease.rawValue))
        object.append("since", time(identity.since))
        object.append("lastUsed", time(view.lastUsed))
        object.append("idleSeconds", seconds(view.idle))
        object.append("freesInSeconds", secondsToWait(view.freesIn))
        object.append("running", (view.running?.name).map(JSON.string))
        object.append("runningSeconds", seconds(view.running?.lasts))
        object.append("invocations", number(view.invocations))
        object.append("shellId", view.shell.map(JSON.string))
        object.append("reason", view.reason.map { .string($0.rawValue) })
        object.append("endedAt", view.endedAt.map(time))
        object.append("needsLogin", view.needsLogin ? true : nil)
        return .object(object)
    }

    func holder(_ view: HolderView) -> JSON {
        // Member by member: these are in every refusal.
        var object = JSONObject(capacity: 15)
        object.append("session", (view.identity?.id).map(text))
        object.append("admin", view.admin.map(text))
        object.append("user", (view.identity?.user).map(JSON.string))
        object.append("uid", (view.identity?.owner.rawValue).map(number))
        object.append("terminal", (view.identity?.terminal).map(JSON.string))
        object.append("purpose", (view.identity?.purpose).map(JSON.string))
        object.append("state", .string(view.state.rawValue))
        object.append("since", time(view.since))
        object.append("idleSeconds", seconds(view.idle))
        object.append("freesInSeconds", secondsToWait(view.freesIn))
        object.append("running", (view.running?.name).map(JSON.string))
        object.append("runningSeconds", seconds(view.running?.lasts))
        object.append("name", (view.foreign?.name).map(JSON.string))
        object.append("owner", (view.foreign?.owner).map(JSON.string))
        object.append("address", (view.foreign?.address).map(JSON.string))
        return .object(object)
    }

    func foreign(_ foreign: ForeignShell) -> JSON {
        let shell = foreign.shell
        var (origin, host, session): (String, JSON?, JSON?) = ("outside", nil, nil)
        switch foreign.origin {
        case .outside: break
        case .otherHost(let name): (origin, host) = ("otherHost", .string(name))
        case .lost(let id): (origin, session) = ("lost", text(id))
        }
        return .object(
            object(
                ("tenant", text(foreign.tenant)), ("seenBy", text(foreign.seenBy)), ("admin", foreign.admin.map(text)),
                ("shellId", .string(shell.shellID)), ("name", shell.name.map(JSON.string)),
                ("owner", shell.owner.map(JSON.string)), ("address", shell.address.map(JSON.string)),
                ("origin", .string(origin)), ("host", host), ("session", session), ("seenAt", time(foreign.seenAt)),
                ("idleSeconds", seconds(shell.idle)),
                ("freesInSeconds", secondsToWait(foreign.frees(nil).map { max(.zero, $0 - clock.now) }))))
    }

    func kept(_ kept: ReclaimReport.Kept) -> JSON {
        var (session, foreign): (JSON?, JSON?) = (nil, nil)
        switch kept.what {
        case .session(let view): session = self.session(view)
        case .foreign(let shell): foreign = self.foreign(shell)
        }
        return .object(
            object(
                ("session", session), ("foreign", foreign), ("reason", .string(kept.why)),
                ("freesInSeconds", secondsToWait(kept.freesIn))))
    }

    func trouble(_ trouble: ReclaimReport.Trouble) -> JSON {
        [
            "tenant": text(trouble.account.tenant), "admin": text(trouble.account.admin),
            "message": .string(trouble.why),
        ]
    }

    func finding(_ finding: Finding) -> JSON {
        .object(
            object(
                ("severity", .string(finding.severity.rawValue)), ("tenant", finding.tenant.map(text)),
                ("message", .string(finding.text)), ("hint", finding.hint.map(JSON.string))))
    }

    func tenant(_ view: TenantView) -> JSON {
        .object(
            object(
                ("tenant", text(view.rules.name)), ("profile", view.rules.profile.map(JSON.string)),
                ("limit", view.rules.limitPerOrganization.map(number)), ("inUse", number(view.inUse)),
                ("limitPerAdmin", number(view.rules.limitPerAdmin)),
                ("admins", .array(view.admins.map { ["admin": text($0.name), "inUse": number($0.inUse)] })),
                ("waiting", number(view.waiting)), ("unconfirmed", number(view.unconfirmed)),
                ("locked", (view.lock?.message).map(JSON.string)),
                ("lockedForSeconds", secondsToWait((view.lock?.until).map { max(.zero, $0 - clock.now) }))))
    }

    /// The error for a refusal, with its facts.
    func refusal(_ refusal: Refusal) -> Reply {
        switch refusal {
        case .quotaExceeded(let shortfall): APIError.quotaExceeded.reply(self.shortfall(shortfall))
        case .waitTimeout(let shortfall, let waited):
            APIError.waitTimeout.reply(self.shortfall(shortfall, ("waitedSeconds", seconds(waited))))
        case .throttled(let tenant, let limit, let retryAfter):
            APIError.tenantThrottled.reply([
                "tenant": text(tenant), "setting": "creates_per_minute", "limit": number(limit),
                "retryAfterSeconds": number(retryAfter.secondsToWait),
            ])
        case .tooManyRequests(let setting, let limit):
            APIError.tooManyRequests.reply(["setting": .string(setting), "limit": number(limit)])
        case .tenantLocked(let tenant, let message, let retryAfter):
            APIError.tenantLocked.reply(
                object(
                    ("tenant", text(tenant)), ("message", .string(message)),
                    ("retryAfterSeconds", secondsToWait(retryAfter))))
        case .draining: APIError.draining.reply([:])
        case .stateUnavailable(let message): APIError.stateUnavailable.reply(["message": .string(message)])
        case .tenantUnknown(let tenant, let suggestion):
            APIError.tenantUnknown.reply(object(("tenant", .string(tenant)), ("suggestion", suggestion.map(text))))
        case .adminUnknown(let tenant, let admin, let suggestion):
            APIError.adminUnknown.reply(
                object(("tenant", text(tenant)), ("admin", text(admin)), ("suggestion", suggestion.map(text))))
        case .notAuthorized(let action, let reason):
            APIError.notAuthorized.reply(["action": .string(action), "reason": .string(reason)])
        case .sessionUnknown(let session, let suggestion):
            APIError.sessionUnknown.reply(object(("session", text(session)), ("suggestion", suggestion.map(text))))
        case .sessionAmbiguous(let session, let sessions):
            APIError.sessionAmbiguous.reply(["session": text(session), "sessions": .array(sessions.map(text))])
        case .sessionExpired(let session, let reason, let moment):
            APIError.sessionExpired.reply([
                "session": text(session), "reason": .string(reason.rawValue), "endedAt": time(moment),
            ])
        case .sessionBusy(let session, let state):
            APIError.sessionBusy.reply(["session": text(session), "state": .string(state.rawValue)])
        case .tenantUnreachable(let tenant, let stage, let message):
            APIError.tenantUnreachable.reply([
                "tenant": text(tenant), "stage": .string(stage.rawValue), "message": .string(message),
            ])
        case .tenantFull(let tenant, let admin, let inUse, let message):
            APIError.tenantFull.reply([
                "tenant": text(tenant), "admin": text(admin), "inUse": number(inUse), "message": .string(message),
            ])
        case .credentialMissing(let tenant, let admin, let message):
            APIError.credentialMissing.reply(
                object(
                    ("tenant", text(tenant)), ("admin", text(admin)),
                    ("message", message.isEmpty ? nil : .string(message))))
        case .tenantForbids(let tenant, let admin, let message):
            APIError.tenantForbids.reply([
                "tenant": text(tenant), "admin": text(admin), "message": .string(message),
            ])
        case .tenantBusy(let tenant, let message, let retryAfter):
            APIError.tenantBusy.reply(
                object(
                    ("tenant", text(tenant)), ("message", .string(message)),
                    ("retryAfterSeconds", secondsToWait(retryAfter))))
        case .credentialRejected(let tenant, let admin, let message, let retryAfter):
            APIError.credentialRejected.reply(
                object(
                    ("tenant", text(tenant)), ("admin", text(admin)), ("message", .string(message)),
                    ("retryAfterSeconds", secondsToWait(retryAfter))))
        case .nothingRuns(let session): APIError.nothingRuns.reply(["session": text(session)])
        case .invocationUncertain(let session, let message):
            APIError.invocationUncertain.reply(["session": text(session), "message": .string(message)])
        case .outputTooLarge(let limit, let property):
            APIError.outputTooLarge.reply(
                object(("limitBytes", number(limit)), ("property", property.map(JSON.string))))
        case .invalidParameter(let name): .invalidParameter(name)
        }
    }

    private func shortfall(_ shortfall: Shortfall, _ further: (String, JSON?)...) -> JSONObject {
        var object = object(
            ("tenant", text(shortfall.tenant)), ("admin", text(shortfall.admin)),
            ("scope", .string(shortfall.shortage.scope.rawValue)),
            ("setting", .string(shortfall.shortage.setting)), ("limit", number(shortfall.shortage.limit)),
            ("inUse", number(shortfall.shortage.inUse)), ("waiting", number(shortfall.waiting)),
            ("holders", .array(shortfall.holders.map(holder))),
            ("retryAfterSeconds", secondsToWait(shortfall.retryAfter)),
            ("otherAdmins", .array(shortfall.otherAdmins.map(text))))
        for (name, value) in further { object[name] = value }
        return object
    }

    // MARK: the small words

    /// An object of those members that have a value.
    func object(_ members: (String, JSON?)...) -> JSONObject {
        JSONObject(present: members)
    }

    func text(_ name: some CustomStringConvertible) -> JSON { .string(name.description) }

    func number(_ value: some BinaryInteger) -> JSON { .int(Int64(value)) }

    /// How long something has lasted.
    func seconds(_ duration: Duration?) -> JSON? { duration.map { number($0.wholeSeconds) } }

    /// How long something will take, so that whoever waits as long finds it done.
    func secondsToWait(_ duration: Duration?) -> JSON? { duration.map { number($0.secondsToWait) } }
}
