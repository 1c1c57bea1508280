import LocalSocket
import NIOCore
import Testing
import Varlink

/// What one client can make us keep for it: one request, one reply, and what the socket holds.
@Suite struct FlowTests {
    @Test func `a client that does not read gets no further call handled`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        let count = 10_000
        let number = Int64(500)
        let calls = (1...count).flatMap { _ in Visitor.call("a.Large", number) }
        var sent = visitor.sendSome(calls[...])
        #expect(office.diary.wait { $0.contains { if case .full = $0 { true } else { false } } })
        // The replies of a turn go out at its end, so the channel is full and empty again until the socket is full too.
        var handled = 0
        repeat {
            handled = office.diary.entries.calls.count
            for _ in 1...10 { office.turn() }
        } while office.diary.entries.calls.count > handled
        // What the socket and the channel hold, in replies of that size; all of them would be five megabytes.
        #expect(handled < 2000)

        // Nothing is lost: once it reads, all are answered.
        var answered = 0
        while answered < count {
            if sent < calls.count { sent += visitor.sendSome(calls[sent...]) }
            try #require(visitor.receive() != nil)
            answered += 1
        }
        #expect(office.diary.entries.calls.count == count)
    }

    @Test func `a client that sends without end while its call runs is read no further`() throws {
        let office = try Office(limits: SocketLimits(requestBytesMax: 10_000))
        let visitor = try #require(Visitor(office.path))
        visitor.call("a.Hold")
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        let calls = Visitor.echoes(1...1000)
        var taken = 0
        var refusals = 0
        // When nothing is taken over many turns of the loop, nothing will be.
        while refusals < 100, taken < 50 << 20 {
            let count = visitor.sendSome(calls[(taken % calls.count)...])
            taken += count
            refusals = count == 0 ? refusals + 1 : 0
            office.turn()
        }
        #expect(taken < 4 << 20, "the kernel's buffer, one reading, and the limit")
        office.release()
        #expect(visitor.receive()?["held"] == true)
        #expect(visitor.receive(100) == Array(1...100))
    }

    @Test func `what was pipelined beyond the limit of a request is still served, request by request`() throws {
        let office = try Office(limits: SocketLimits(requestBytesMax: 200))
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Hold") + Visitor.echoes(1...200))
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        office.release()
        #expect(visitor.receive()?["held"] == true)
        #expect(visitor.receive(200) == Array(1...200))
    }

    @Test func `a request over the limit behind a running call is refused when its turn comes`() throws {
        let office = try Office(limits: SocketLimits(requestBytesMax: 1000))
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Hold") + [UInt8](repeating: UInt8(ascii: "{"), count: 3000))
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        office.turn()
        office.release()
        #expect(visitor.receive()?["held"] == true)
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.violations == [.frameTooLong(limit: 1000)])
    }

    @Test func `a client that reads nothing for too long is cut off`() throws {
        let office = try Office(limits: SocketLimits(slowReader: .milliseconds(200)))
        let visitor = try #require(Visitor(office.path))
        visitor.call("a.Large", 4 << 20)
        #expect(office.diary.wait(forEnds: 1))
        // What the kernel had already is all there is.
        #expect(visitor.receive() == nil && visitor.hasEnded)
        #expect(office.diary.entries.ends.count == 1)
    }

    @Test func `a client that reads again in time stays`() throws {
        let office = try Office(limits: SocketLimits(slowReader: .seconds(30)))
        let visitor = try #require(Visitor(office.path))
        for _ in 1...3 {
            visitor.call("a.Large", 1 << 20)
            #expect(visitor.receive()?["text"]?.string?.utf8.count == 1 << 20)
        }
        visitor.call("a.Echo", 1)
        #expect(visitor.receive(1) == [1])
        #expect(office.diary.entries.ends == [])
    }

    @Test func `many who come at once are all let in, under numbers of their own`() throws {
        let office = try Office()
        let visitors = (1...300).compactMap { _ in Visitor(office.path) }
        #expect(visitors.count == 300)
        for (place, visitor) in visitors.enumerated() { visitor.call("a.Echo", Int64(place)) }
        for (place, visitor) in visitors.enumerated() { #expect(visitor.receive(1) == [Int64(place)]) }
        for visitor in visitors { visitor.close() }
        #expect(office.diary.wait(forEnds: 300))
        let further = try #require(Visitor(office.path))
        further.call("a.Echo", 1)
        #expect(further.receive(1) == [1])
        let numbers = office.diary.entries.numbers
        #expect(numbers.count == 301 && Set(numbers).count == 301)
        #expect(Set(office.diary.entries.ends).count == 300)
    }
}
