import LocalSocket
import NIOCore
import Testing
import Varlink

/// One client and its calls.
@Suite struct ConnectionTests {
    @Test func `calls sent at once are answered in order`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.echoes(1...300))
        #expect(visitor.receive(300) == Array(1...300))
    }

    @Test func `bytes may come in any pieces`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        for byte in Visitor.echoes(1...5) { visitor.send([byte]) }
        #expect(visitor.receive(5) == [1, 2, 3, 4, 5])
    }

    @Test func `the next call is handed out when the one before it was answered`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Hold") + Visitor.call("a.Echo", 2) + Visitor.call("a.Hold"))
        #expect(office.diary.wait { $0.calls.count == 1 })
        office.turn()
        #expect(office.diary.entries.calls == ["a.Hold"])
        office.release()
        #expect(office.diary.wait { $0.calls.count == 3 })
        #expect(office.diary.entries.calls == ["a.Hold", "a.Echo", "a.Hold"])
        #expect(visitor.receive()?["held"] == true)
        #expect(visitor.receive()?["n"] == 2)
    }

    @Test func `two clients do not wait for each other`() throws {
        let office = try Office()
        let slow = try #require(Visitor(office.path))
        slow.call("a.Hold")
        #expect(office.diary.wait { $0.calls == ["a.Hold"] })
        let quick = try #require(Visitor(office.path))
        quick.call("a.Echo", 1)
        #expect(quick.receive(1) == [1])
        office.release()
        #expect(slow.receive()?["held"] == true)
    }

    @Test func `a stream is answered whole before the next call`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Stream", 5, more: true) + Visitor.call("a.Echo", 9))
        #expect(visitor.receive(6) == [1, 2, 3, 4, 5, 9])
    }

    @Test func `a call that wants no reply gets none`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Visitor.call("a.Echo", 1, oneway: true) + Visitor.call("a.Echo", 2))
        #expect(visitor.receive(1) == [2])
        #expect(office.diary.entries.calls == ["a.Echo", "a.Echo"])
    }

    @Test func `a reply before the end is delivered`() throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.call("a.Last", 7)
        #expect(visitor.receive(1) == [7])
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
    }

    @Test(arguments: [
        (#"{"method":"a.Echo"} "#, ProtocolViolation?.none), ("no JSON", .none), ("", .none), ("[]", .notAnObject),
        (#"{"parameters":{}}"#, .missingMethod), (#"{"method":"a.Echo","more":true,"oneway":true}"#, .flagsTogether),
        (#"{"method":"a.Echo","surprise":1}"#, .unknownMember("surprise")),
    ])
    func `who breaks the protocol is cut off without a word`(text: String, violation: ProtocolViolation?) throws {
        let office = try Office()
        let visitor = try #require(Visitor(office.path))
        visitor.send(Array(text.utf8) + [0])
        if text.hasSuffix(" ") {
            // White space around a message is no breach.
            return #expect(visitor.receive() == [:])
        }
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.violations.count == 1 && office.diary.entries.calls == [])
        if let violation { #expect(office.diary.entries.violations == [violation]) }
    }

    @Test func `a request over the limit ends the connection, and no other`() throws {
        let office = try Office(limits: SocketLimits(requestBytesMax: 1024))
        let other = try #require(Visitor(office.path))
        let visitor = try #require(Visitor(office.path))
        visitor.send([UInt8](repeating: UInt8(ascii: " "), count: 5000))
        #expect(visitor.isTurnedAway())
        #expect(office.diary.wait(forEnds: 1))
        #expect(office.diary.entries.violations == [.frameTooLong(limit: 1024)])
        other.call("a.Echo", 1)
        #expect(other.receive(1) == [1])
    }

    @Test func `a request at the limit is served`() throws {
        let office = try Office(limits: SocketLimits(requestBytesMax: 1024))
        let visitor = try #require(Visitor(office.path))
        let call = Visitor.call("a.Echo", 1)
        visitor.send([UInt8](repeating: UInt8(ascii: " "), count: 1025 - call.count) + call)
        #expect(visitor.receive(1) == [1])
    }
}
