import Testing
import UsherCore
import UsherStore

private let start = HandClock().now
private let later = start + .seconds(40)

/// Some records, and what the next life reads of them.
private struct Story: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let records: [Record]
    let sessions: [SessionRecord]
    var ended: [EndedSession] = []
    var next = SessionID.nth(2)
}

private func taken(_ lease: LeaseRecord, bare: Bool = false) -> Story {
    let session = SessionRecord.sample(1, since: start, lease: lease, bare: bare)
    return Story(
        testDescription: "a seat with lease \(lease)\(bare ? ", and nothing that can be left out" : "")",
        records: [.taken(session)], sessions: [session])
}

private let stories: [Story] = [
    Story(testDescription: "nothing", records: [], sessions: [], next: .first),
    taken(.connection), taken(.console(leader: 311, startTicks: 987_654_321)), taken(.detached), taken(.none),
    taken(.connection, bare: true),
    Story(
        testDescription: "another lease",
        records: [
            .taken(.sample(1, since: start)),
            .leaseChanged(.nth(1), .console(leader: 7, startTicks: 9), lastUsed: later),
        ],
        sessions: [.sample(1, since: start, lease: .console(leader: 7, startTicks: 9), lastUsed: later)]),
    Story(
        testDescription: "a lease that names nobody any more",
        records: [
            .taken(.sample(1, since: start, lease: .console(leader: 7, startTicks: 9))),
            .leaseChanged(.nth(1), .detached, lastUsed: later),
        ],
        sessions: [.sample(1, since: start, lease: .detached, lastUsed: later)]),
    Story(
        testDescription: "pipelines",
        records: [.taken(.sample(1, since: start)), .used(.nth(1), invocations: 17, at: later)],
        sessions: [.sample(1, since: start, lastUsed: later, invocations: 17)]),
    Story(
        testDescription: "an end that has begun",
        records: [.taken(.sample(1, since: start)), .closing(.nth(1), .idleTimeout, at: later)],
        sessions: [
            .sample(1, since: start, end: .init(reason: .idleTimeout, freesAt: nil, isUnconfirmed: false))
        ]),
    Story(
        testDescription: "an end that was not confirmed, with its time",
        records: [
            .taken(.sample(1, since: start)), .closing(.nth(1), .clientLeft, at: start),
            .unconfirmed(.nth(1), .clientLeft, freesAt: later, at: start),
        ],
        sessions: [
            .sample(1, since: start, end: .init(reason: .clientLeft, freesAt: later, isUnconfirmed: true))
        ]),
    Story(
        testDescription: "an end that only the tenant can confirm",
        records: [
            .taken(.sample(1, since: start)), .unconfirmed(.nth(1), .shutdown, freesAt: nil, at: start),
        ],
        sessions: [
            .sample(1, since: start, end: .init(reason: .shutdown, freesAt: nil, isUnconfirmed: true))
        ]),
    Story(
        testDescription: "an end",
        records: [
            .taken(.sample(1, since: start)), .used(.nth(1), invocations: 3, at: start),
            .ended(.nth(1), .closed, at: start),
        ],
        sessions: [],
        ended: [EndedSession(identity: .sample(1, since: start), reason: .closed, at: start, invocations: 3)]),
    Story(
        testDescription: "an end that is told twice",
        records: [
            .taken(.sample(1, since: start)), .ended(.nth(1), .closed, at: start),
            .ended(.nth(1), .forgotten, at: start),
        ],
        sessions: [],
        ended: [EndedSession(identity: .sample(1, since: start), reason: .closed, at: start, invocations: 0)]),
    Story(
        testDescription: "a change to a session that is not there",
        records: [.used(.nth(1), invocations: 3, at: start), .closing(.nth(1), .closed, at: start)],
        sessions: [], next: .first),
    Story(
        testDescription: "what is held, instead of what the file says",
        records: [
            .taken(.sample(1, since: start)), .taken(.sample(2, since: start)),
            .held([.sample(2, since: start), .sample(3, since: start)], nextSession: .nth(4)),
        ],
        sessions: [.sample(2, since: start), .sample(3, since: start)], next: .nth(4)),
]

@Suite struct ReadBackTests {
    @Test(arguments: stories)
    private func `what was written is read back`(_ story: Story) throws {
        let folder = JournalFolder()
        try folder.write(story.records)
        #expect(
            try folder.read().inAnyLife
                == JournalContents(sessions: story.sessions, ended: story.ended, nextSession: story.next))
    }

    @Test(arguments: EndReason.allCases)
    func `every reason is read back`(_ reason: EndReason) throws {
        let folder = JournalFolder()
        let end = SessionRecord.End(reason: reason, freesAt: nil, isUnconfirmed: false)
        try folder.write([
            .taken(.sample(1, since: start)), .taken(.sample(2, since: start)),
            .closing(.nth(1), reason, at: start), .ended(.nth(2), reason, at: start),
        ])
        let contents = try folder.read().inAnyLife
        #expect(contents.sessions == [.sample(1, since: start, end: end)])
        #expect(contents.ended.map(\.reason) == [reason])
    }

    @Test func `sessions come oldest first, and no more ended ones than the broker remembers`() throws {
        let folder = JournalFolder()
        let count = UInt64(JournalContents.endedCountMax) + 10
        try folder.write([.taken(.sample(2000, since: start)), .taken(.sample(1999, since: start))])
        try folder.write(
            (1...count).flatMap { place -> [Record] in
                [.taken(.sample(place, since: start)), .ended(.nth(place), .closed, at: start)]
            })
        let contents = try folder.read().inAnyLife
        #expect(contents.sessions.map(\.identity.id) == [.nth(1999), .nth(2000)])
        #expect(contents.ended.map(\.identity.id) == (11...count).map(SessionID.nth))
    }

    @Test func `each step is an event that tells its story without the others`() throws {
        let folder = JournalFolder()
        try folder.write([
            .taken(.sample(1, since: start)), .leaseChanged(.nth(1), .detached, lastUsed: start),
            .used(.nth(1), invocations: 2, at: start), .closing(.nth(1), .closed, at: start),
            .unconfirmed(.nth(1), .closed, freesAt: nil, at: start), .ended(.nth(1), .closed, at: start),
        ])
        let lines: [String] = try folder.query(
            """
            SELECT event || ' ' || session || ' ' || tenant || ' ' || admin || ' ' || uid || ' ' || user || ' '
                || lease || ' ' || invocations || ' ' || coalesce(reason, '-') FROM events ORDER BY number
            """)
        #expect(
            lines == [
                "began s100 litware kenmyer 1001 ken connection 0 -",
                "lease s100 litware kenmyer 1001 ken detached 0 -",
                "closing s100 litware kenmyer 1001 ken detached 2 closed",
                "unconfirmed s100 litware kenmyer 1001 ken detached 2 closed",
                "ended s100 litware kenmyer 1001 ken detached 2 closed",
            ])
    }
}
