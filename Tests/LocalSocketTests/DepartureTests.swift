import LocalSocket
import NIOCore
import Testing
import Varlink

/// However a client leaves, it is noticed, once.
@Suite struct DepartureTests {
    /// A call is being answered; the client is still there.
    private func officeAtWork(_ limits: SocketLimits = SocketLimits()) throws -> (Office, Visitor) {
        let office = try Office(limits: limits)
        let visitor = try #require(Visitor(office.path))
        visitor.call("a.Hold")
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        return (office, visitor)
    }

    @Test func `a client that leaves while its call runs is noticed at once`() throws {
        let (office, visitor) = try officeAtWork()
        visitor.close()
        #expect(office.diary.wait(forEnds: 1))
        // The answer comes too late, and does no harm.
        office.release()
        office.turn()
        #expect(office.diary.entries.ends.count == 1 && office.diary.entries.violations == [])
    }

    @Test func `a client that leaves with calls unanswered gets none of them`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Hold") + Visitor.call("a.Echo", 1) + Visitor.call("a.Echo", 2))
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        visitor.close()
        #expect(office.diary.wait(forEnds: 1))
        office.release()
        office.turn()
        #expect(office.diary.entries.calls == ["a.Hold"] && office.diary.entries.ends.count == 1)
    }

    @Test func `a client that leaves is noticed also while nothing is read from it`() throws {
        let (office, visitor) = try officeAtWork(SocketLimits(requestBytesMax: 4096))
        // More than is taken while a call runs: reading stops.
        let calls = Visitor.echoes(1...2000)
        var sent = 0
        while sent < 40_000 {
            let count = visitor.sendSome(calls[sent...])
            if count == 0 { break }
            sent += count
            office.turn()
        }
        visitor.close()
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.calls == ["a.Hold"])
    }

    @Test func `a client that leaves at once is noticed`() throws {
        let office = try Office()
        for _ in 1...20 { Visitor(office.path)?.close() }
        #expect(office.diary.wait(forEnds: 20))
        #expect(Set(office.diary.entries.ends).count == 20)
    }

    @Test func `what was asked is answered to a client that says nothing more`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Hold") + Visitor.call("a.Echo", 2))
        visitor.finishSending()
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        office.turn()
        #expect(office.diary.entries.ends == [])
        office.release()
        #expect(visitor.receive()?["held"] == true)
        #expect(visitor.receive(1) == [2])
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        office.turn()
        #expect(office.diary.entries.ends.count == 1 && office.diary.entries.violations == [])
    }

    @Test func `a client that says nothing more and then leaves is noticed`() throws {
        let (office, visitor) = try officeAtWork()
        visitor.finishSending()
        office.turn()
        visitor.close()
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.ends.count == 1)
    }

    @Test func `a client that said nothing at all and says nothing more is let go`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.finishSending()
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.violations == [])
    }

    @Test func `half a message is no message`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Echo", 1).dropLast())
        visitor.finishSending()
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.calls == [])
    }

    @Test func `half a message behind a whole one does not keep that one from its answer`() throws {
        let (office, visitor) = try officeAtWork()
        visitor.send(Visitor.call("a.Echo", 1).dropLast())
        visitor.finishSending()
        office.turn()
        office.release()
        #expect(visitor.receive()?["held"] == true)
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.calls == ["a.Hold"])
    }
}
