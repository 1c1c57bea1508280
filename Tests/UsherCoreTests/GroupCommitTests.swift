import Testing
import UsherCore
import UsherTestKit

/// Which records share a commit, and when it goes out.
@Suite struct GroupCommitTests {
    var desk = CommitDesk()

    @Test mutating func `a grant goes out at once and is opened once it is durable`() {
        #expect(desk.acquire(.ken()) == [], "takings are for the disk")
        #expect(desk.send().takenSeats == [.first])
        #expect(desk.committed().openedSessions == [.first])
    }

    @Test mutating func `a record nobody waits for lingers for a grant to share its commit`() {
        let id = desk.open(.ken())
        desk.write()
        desk.close(.ken(11), id)
        #expect(desk.send() == [.closing(id, .closed, at: desk.now)], "a crash would make it one that is wanted")
        _ = desk.committed()
        desk.handle(.sessionClosed(id))
        #expect(desk.commit.nextDeadline == desk.now + GroupCommit.linger)
        #expect(desk.send() == [])
        #expect(!desk.commit.isClean)
        desk.clock.advance(by: GroupCommit.linger - .milliseconds(1))
        #expect(desk.send() == [])
        desk.acquire(.priya())
        let batch = desk.send()
        #expect(batch.count == 2)
        #expect(batch.first == .ended(id, .closed, at: desk.now - GroupCommit.linger + .milliseconds(1)))
        #expect(batch.takenSeats.count == 1)
    }

    @Test(arguments: [LeaseWish.detached, .console(Console(id: 1, leader: 7, startTicks: 9))])
    mutating func `the end of a seat that a restart would keep for good goes out at once`(_ lease: LeaseWish) {
        desk.ask(.ken(), .acquire(Acquisition(tenant: "console", lease: lease)))
        let id = desk.send().takenSeats[0]
        _ = desk.committed()
        #expect(desk.close(.ken(), id).answers == [.closed(id, .closed, isConfirmed: true)])
        #expect(desk.send() == [.closing(id, .closed, at: desk.now), .ended(id, .closed, at: desk.now)])
    }

    @Test mutating func `the end of a seat whose holder would have to come back lingers`() {
        desk.ask(.ken(), .acquire(Acquisition(tenant: "console", lease: .connection)))
        let id = desk.send().takenSeats[0]
        _ = desk.committed()
        desk.close(.ken(), id)
        #expect(desk.send() == [])
        #expect(desk.commit.nextDeadline == desk.now + GroupCommit.linger)
    }

    @Test mutating func `nobody who ends something waits for the disk`() {
        let id = desk.open(.ken())
        desk.acquire(.priya())
        desk.send()
        #expect(desk.close(.ken(11), id).closedSessions == [id])
        #expect(desk.handle(.sessionClosed(id)).answers == [.closed(id, .closed, isConfirmed: true)])
    }

    @Test mutating func `one batch is out at a time, and the next one gathers meanwhile`() {
        desk.acquire(.ken())
        #expect(desk.send().takenSeats.count == 1)
        desk.acquire(.priya())
        desk.acquire(.dana())
        #expect(desk.send() == [])
        #expect(desk.commit.nextDeadline == desk.commit.broker.nextDeadline, "the disk answers when it does")
        #expect(desk.committed().openedSessions.count == 1)
        #expect(desk.send().takenSeats.count == 2)
        #expect(desk.committed().openedSessions.count == 2)
        #expect(desk.commit.isClean)
    }

    @Test mutating func `a refusal is answered while the disk is busy`() {
        for _ in 1...3 { desk.acquire(.ken()) }
        desk.send()
        #expect(desk.acquire(.build()).shortfall?.shortage.inUse == 3)
    }

    @Test mutating func `a client that dies while its grant is out leaves nothing behind`() {
        desk.acquire(.ken())
        desk.send()
        desk.handle(.clientLeft(ConnectionID(1)))
        #expect(desk.committed() == [])
        desk.clock.advance(by: GroupCommit.linger)
        #expect(desk.send().count == 1, "its end")
        #expect(desk.sessions == [])
    }

    @Test mutating func `a lease is answered once it is durable`() {
        let id = desk.open(.ken())
        #expect(desk.ask(.ken(), .attach(SessionReference(id), .detached)) == [])
        #expect(desk.send() == [.leaseChanged(id, .detached, lastUsed: desk.sessions[0].lastUsed)])
        #expect(desk.committed().answers.count == 1)
        #expect(desk.sessions.map(\.lease) == [.detached])
    }

    @Test mutating func `a lease given up and asked for anew is granted by its own commit, not by the first one`() {
        let id = desk.open(.ken())
        desk.ask(.ken(11), .attach(SessionReference(id), .detached))
        desk.send()
        desk.handle(.clientLeft(ConnectionID(11)))
        desk.ask(.ken(12), .attach(SessionReference(id), .detached))
        #expect(desk.committed() == [])
        #expect(desk.sessions.map(\.lease) == [.connection])
        let used = desk.sessions[0].lastUsed
        #expect(
            desk.send() == [
                .leaseChanged(id, .connection, lastUsed: used), .leaseChanged(id, .detached, lastUsed: used),
            ])
        #expect(desk.committed().answers.count == 1)
    }

    @Test mutating func `the linger counts from the first record, not from what happened before it`() {
        let id = desk.open(.ken())
        desk.acquire(.priya())
        desk.send()
        desk.ask(.ken(11), .watch(SessionReference(id)))
        _ = desk.committed()
        desk.write()
        desk.clock.advance(by: .seconds(1))
        desk.handle(.sessionClosed(id))
        #expect(desk.commit.nextDeadline == desk.now + GroupCommit.linger)
    }
}
