import CLIXML
import Testing
import UsherAPI
import UsherTestKit
import Varlink

@testable import UsherCore
@testable import UsherDaemon

/// Every reply is one that the served text declares.
@Suite struct ReplyTests {
    let scribe = Scribe(clock: Clock())

    /// Every answer the broker gives, and the methods that it answers.
    private static let answers: [(Answer, [Method])] =
        SessionView.all.flatMap { [(.session($0, reused: true), [.acquire, .attach, .watch])] }
        + SessionView.all.map { (.sessions([$0, $0]), [.listSessions, .subscribe]) }
        + EndReason.allCases.flatMap { reason in
            [true, false].map { (.closed(.first, reason, isConfirmed: $0), [.close]) }
        }
        + [StatusView.Phase.running, .draining, .stopping].map { phase in
            let trouble = phase == .running ? nil : "disk full"
            let view = StatusView(phase: phase, sessions: 3, unconfirmed: 1, waiting: 2, trouble: trouble)
            return (.status(view), [.getStatus])
        }
        + [InvocationReport.Outcome.completed, .failed, .stopped].map { outcome in
            (.invoked(InvocationReport(outcome, errors: 2), lasted: .milliseconds(1500)), [.invoke])
        }
        + [
            (.sessions([]), [.listSessions, .subscribe]), (.tenants(TenantView.all), [.listTenants]),
            (.tenants([]), [.listTenants]),
            (.measured(.sample, TenantView.all), [.getMetrics]),
            (.remaining(4), [.drain]), (.done, [.resume, .reload, .lock, .unlock]), (.stopping(nil), [.stop]),
            (.stopping(InvocationID(3)), [.stop]), (.account(.litware, .kenmyer), [.login]),
            (.refused(.draining), []),
            (.foreign(ForeignReport()), [.listForeign]), (.foreign(.sample), [.listForeign]),
            (.reclaimed(ReclaimReport()), [.reclaim]), (.reclaimed(.sample), [.reclaim]),
            (.auditScope(AuditScope(all: true, uid: .root, tenants: [])), [.audit]),
            (.findings([]), [.diagnose]),
            (.findings([Finding(.ok, "fine"), Finding(.problem, at: .litware, "bad", hint: "do this")]), [.diagnose]),
        ]

    /// What the daemon adds to the answer of the broker, which does not know it.
    private func added(to method: Method) -> JSONObject {
        switch method {
        case .getStatus: ["version": "1", "since": "2026-11-23T18:12:39Z", "connections": 1]
        case .getMetrics: ["metrics": ["usher_waiting": 1, "usher_acquire_seconds_sum": 0.5]]
        case .reload: ["faults": []]
        case .audit: ["events": []]
        default: [:]
        }
    }

    @Test func `an answer becomes the reply of the methods it answers, and of no other`() {
        for (answer, methods) in Self.answers {
            for method in Method.allCases {
                guard var parameters = Handlers.handler(of: method).reply(answer, scribe) else {
                    #expect(!methods.contains(method), "\(method) is not answered with \(answer)")
                    continue
                }
                #expect(methods.contains(method), "\(method) is answered with \(answer)")
                for member in added(to: method) { parameters[member.key] = member.value }
                let fault = Interface.description.check(reply: Reply(parameters: parameters), of: method.rawValue)
                #expect(fault == nil, "\(method): \(answer)")
            }
        }
    }

    private static let news: [(News, [Method])] =
        SessionView.all.map { (.session($0), [.watch]) }
        + SessionView.all.map { (.began($0, reused: true, InvocationID(7)), [.invoke]) }
        + OpeningStep.allCases.map { (.step($0, detail: nil), [.invoke, .acquire]) }
        + [
            (.waiting(position: 1, holders: HolderView.all, retryAfter: .seconds(3)), [.invoke, .acquire]),
            (.waiting(position: 32, holders: [], retryAfter: nil), [.invoke, .acquire]), (.remaining(2), [.drain]),
            (.step(.domain, detail: "litwareinc.com"), [.invoke, .acquire]),
        ]

    @Test func `news become replies of the method that follows them`() {
        for (news, followers) in Self.news {
            for method in Method.allCases {
                let parameters = Handlers.handler(of: method).reply(news, scribe)
                #expect((parameters != nil) == followers.contains(method), "\(method): \(news)")
                guard let parameters else { continue }
                let reply = Reply(parameters: parameters, continues: true)
                #expect(Interface.description.check(reply: reply, of: method.rawValue) == nil, "\(news)")
            }
        }
    }

    @Test func `each handler is that of its method`() {
        for method in Method.allCases { #expect(Handlers.handler(of: method).method == method) }
    }

    @Test(arguments: Refusal.all)
    func `a refusal is an error of the text, with its facts`(_ refusal: Refusal) {
        let reply = scribe.refusal(refusal)
        #expect(reply.error == "org.usher.broker.\(refusal.expectedName)")
        #expect(Interface.description.check(error: reply) == nil)
    }

    @Test func `a parameter out of range is the standard's own error`() {
        #expect(scribe.refusal(.invalidParameter("waitSeconds")) == .invalidParameter("waitSeconds"))
    }

    @Test func `every error of the text is said by some refusal`() {
        let said = Set(Refusal.all.map(\.expectedName))
        #expect(said == Set(Interface.description.errors.map(\.name)))
    }

    @Test func `the text has the words the broker has`() throws {
        func words(_ name: String) -> [String] {
            for type in Interface.description.types where type.name == name {
                if case .enumeration(let words) = type.type { return words }
            }
            return []
        }
        #expect(words("SessionState") == SessionState.allCases.map(\.rawValue))
        #expect(Set(words("EndReason")) == Set(EndReason.allCases.map(\.rawValue)))
        #expect(words("LeaseMode") == Lease.Mode.allCases.map(\.rawValue))
        #expect(words("Scope") == [UsherCore.Scope.admin, .organization].map(\.rawValue))
    }
}

/// The values in a reply.
@Suite struct ScribeTests {
    let clock = Clock()
    let scribe = Scribe(clock: Clock())

    @Test func `a session is told with everything that is known of it`() {
        let json = scribe.session(.sample(.closed, reason: .idleTimeout)).object ?? [:]
        #expect(
            json.map(\.key) == [
                "session", "tenant", "admin", "user", "uid", "pid", "terminal", "purpose", "state", "lease", "since",
                "lastUsed", "idleSeconds", "freesInSeconds", "invocations", "reason", "endedAt",
            ])
        #expect(json["session"] == "s100" && json["uid"] == 1001 && json["reason"] == "idleTimeout")
        #expect(json["purpose"] == "nasty \u{1b}[31m\n\u{202e}", "as it came: JSON escapes it")
    }

    @Test func `what is not known is left out`() {
        let json = scribe.session(.sample(bare: true)).object ?? [:]
        #expect(json.allSatisfy { !$0.value.isNull })
        for name in ["terminal", "purpose", "idleSeconds", "freesInSeconds", "reason", "endedAt"] {
            #expect(json[name] == nil, "\(name)")
        }
    }

    @Test func `who may not see a holder is told that there is one`() {
        let json = scribe.holder(.sample(hidden: true)).object ?? [:]
        #expect(json.map(\.key) == ["admin", "state", "since"])
    }

    @Test func `what has lasted is rounded down and what is to come up`() {
        #expect(scribe.seconds(.milliseconds(1999)) == 1 && scribe.seconds(.zero) == 0)
        #expect(scribe.secondsToWait(.milliseconds(1001)) == 2 && scribe.secondsToWait(.milliseconds(1)) == 1)
        #expect(scribe.secondsToWait(.seconds(-5)) == 0 && scribe.secondsToWait(nil) == nil)
    }

    @Test(arguments: [
        (Int64(0), "1970-01-01T00:00:00Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_790_000_000, "2026-09-21T14:13:20Z"), (4_102_444_799, "2099-12-31T23:59:59Z"),
        (-1, "1969-12-31T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
    ])
    func `dates are those of RFC 3339, in UTC`(seconds: Int64, date: String) { #expect(rfc3339(seconds) == date) }

    @Test(arguments: [
        ("2018-06-13T01:46:28.0000011+02:00", "2018-06-12T23:46:28.0000011Z"),
        // .NET's last and first moments, by clocks that are not in Greenwich.
        ("9999-12-31T23:59:59.9999999-08:00", "9999-12-31T23:59:59.9999999-08:00"),
        ("9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"),
        ("0001-01-01T00:00:00+02:00", "0001-01-01T00:00:00+02:00"), ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ])
    func `a tenant's times are in UTC, where UTC has a year for them`(text: String, told: String) throws {
        let value = try CLIXMLDecoder(limits: CLIXMLLimits(bytesMax: 1000)).decode(
            [UInt8]("<DT>\(text)</DT>".utf8)[...])
        guard case .dateTime(let time) = value else {
            Issue.record("\(value)")
            return
        }
        #expect(time.rfc3339 == told)
    }

    @Test func `a moment is the date the wall clock showed then`() {
        let now = clock.now
        let dates = (0...1).map { rfc3339(clock.wallSeconds(of: now) + Int64($0)) }
        #expect(dates.contains(scribe.time(now).string ?? ""))
        let hourAgo = now - .hours(1)
        #expect(scribe.time(hourAgo) == .string(rfc3339(clock.wallSeconds(of: hourAgo))))
        // The other one was remembered, and is not told now.
        #expect(dates.contains(scribe.time(now).string ?? ""))
    }

    @Test func `the clock is that of this machine`() {
        #expect(clock.bootID.utf8.count == 36 && clock.bootID == Clock().bootID)
        let first = clock.now
        #expect(clock.now >= first && clock.wallMilliseconds / 1000 - clock.wallSeconds(of: clock.now) <= 1)
    }
}
