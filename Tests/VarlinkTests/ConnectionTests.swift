import Testing

@testable import Varlink

@Suite struct ServerConnectionTests {
    var connection = ServerConnection(frameBytesMax: 1000)

    mutating func receive(_ text: String) { connection.receive(text.utf8) }

    @Test mutating func `pipelined calls are given out one at a time and answered in order`() throws {
        receive("{\"method\":\"a.b.C\"}\0{\"method\":\"a.b.D\"}\0{\"meth")
        #expect(try connection.next()?.method == "a.b.C")
        #expect(try connection.next() == nil)
        #expect(connection.running?.method == "a.b.C")
        #expect(connection.pendingBytes == 19 + 6)
        #expect(connection.reply(Reply(parameters: ["n": 1])) == "{\"parameters\":{\"n\":1}}\0".bytes)
        #expect(connection.running == nil)
        #expect(try connection.next()?.method == "a.b.D")
        #expect(connection.reply(Reply()) == "{}\0".bytes)
        #expect(try connection.next() == nil)
        #expect(!connection.isIdle)
        receive("od\":\"a.b.E\"}\0")
        #expect(try connection.next()?.method == "a.b.E")
        _ = connection.reply(Reply())
        #expect(connection.isIdle)
    }

    @Test mutating func `replies that continue keep the call running until the last one`() throws {
        receive("{\"method\":\"a.b.C\",\"more\":true}\0{\"method\":\"a.b.D\"}\0")
        #expect(try connection.next()?.more == true)
        for number in 1...3 {
            let bytes = connection.reply(Reply(parameters: ["n": .int(Int64(number))], continues: true))
            #expect(bytes == "{\"parameters\":{\"n\":\(number)},\"continues\":true}\0".bytes)
            #expect(try connection.next() == nil)
        }
        #expect(connection.reply(.invalidParameter("x")).last == 0)
        #expect(try connection.next()?.method == "a.b.D")
    }

    @Test mutating func `a oneway call gets no reply, not even to an unknown method`() throws {
        let service = Service(vendor: "", product: "", version: "", url: "", interfaces: [])
        receive("{\"method\":\"no.such.Method\",\"oneway\":true}\0{\"method\":\"org.varlink.service.GetInfo\"}\0")
        let call = try #require(try connection.next())
        #expect(service.route(call) == .answer(.interfaceNotFound("no.such")))
        #expect(connection.reply(.interfaceNotFound("no.such")) == [])
        #expect(try connection.next()?.method == "org.varlink.service.GetInfo")
        #expect(!connection.reply(Reply()).isEmpty)
    }

    @Test(arguments: [
        "\0", "x\0", "{}\0", "[]\0", "{\"method\":\"a.b.C\",\"id\":1}\0", String(repeating: " ", count: 1001),
    ])
    func `a message that breaks the rules ends the connection for good`(text: String) throws {
        var connection = ServerConnection(frameBytesMax: 1000)
        connection.receive(text.utf8)
        let first = try #require(#expect(throws: ProtocolViolation.self) { try connection.next() })
        connection.receive("\0{\"method\":\"a.b.C\"}\0".utf8)
        #expect(throws: first) { try connection.next() }
    }

    @Test mutating func `a violation behind a running call is noticed after its reply`() throws {
        receive("{\"method\":\"a.b.C\"}\0nonsense\0")
        _ = try connection.next()
        #expect(try connection.next() == nil)
        #expect(!connection.reply(Reply()).isEmpty)
        #expect(throws: ProtocolViolation.self) { try connection.next() }
    }

    @Test mutating func `an end without anything left is clean`() throws {
        receive("{\"method\":\"a.b.C\"}\0")
        _ = try connection.next()
        _ = connection.reply(Reply())
        #expect(!connection.isFinished)
        #expect(connection.endOfInput() == .clean)
        #expect(connection.isFinished)
    }

    @Test mutating func `after a half-close the replies that are owed are finished first`() throws {
        receive("{\"method\":\"a.b.C\",\"more\":true}\0{\"method\":\"a.b.D\"}\0")
        _ = try connection.next()
        #expect(connection.endOfInput() == .unfinished)
        _ = connection.reply(Reply(continues: true))
        _ = connection.reply(Reply())
        #expect(!connection.isFinished)
        #expect(try connection.next()?.method == "a.b.D")
        #expect(!connection.isFinished)
        _ = connection.reply(Reply())
        #expect(try connection.next() == nil)
        #expect(connection.isFinished)
    }

    @Test mutating func `bytes without a NUL before the end get no reply`() throws {
        receive("{\"method\":\"a.b.C\"}")
        #expect(try connection.next() == nil)
        #expect(connection.endOfInput() == .cutShort(bytes: 18))
        #expect(throws: ProtocolViolation.cutShort(bytes: 18)) { try connection.next() }
    }

    @Test mutating func `whole messages before a fragment are served, then the fragment ends it`() throws {
        receive("{\"method\":\"a.b.C\"}\0{\"me")
        #expect(connection.endOfInput() == .unfinished)
        #expect(try connection.next()?.method == "a.b.C")
        #expect(!connection.reply(Reply()).isEmpty)
        #expect(!connection.isFinished)
        #expect(throws: ProtocolViolation.cutShort(bytes: 4)) { try connection.next() }
    }

    @Test func `one changed byte gives calls or a violation, never a trap`() {
        var random = SeededRandom(seed: 3)
        let service = Service(vendor: "", product: "", version: "", url: "", interfaces: [])
        let stream = Samples.messages.prefix(4).map { "\($0)\0" }.joined().bytes
        for _ in 0..<5000 {
            var bytes = stream
            bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            var connection = ServerConnection(frameBytesMax: 1000)
            connection.receive(bytes)
            while let call = try? connection.next() {
                guard case .answer(let reply) = service.route(call) else { continue }
                #expect(connection.reply(reply).isEmpty == call.oneway)
            }
            _ = connection.endOfInput()
        }
    }
}

@Suite struct ClientConnectionTests {
    var client = ClientConnection(frameBytesMax: 1000)

    mutating func receive(_ text: String) { client.receive(text.utf8) }

    @Test mutating func `replies are counted for the calls in order, oneway calls for nothing`() throws {
        #expect(client.call(Call(method: "a.b.C")).last == 0)
        _ = client.call(Call(method: "a.b.O", oneway: true))
        _ = client.call(Call(method: "a.b.D", more: true))
        #expect(client.callsWaiting == 2)
        receive("{}\0{\"continues\":true}\0{\"parameters\":{\"n\":2}}\0")
        #expect(try client.next() == Reply())
        #expect(try client.next() == Reply(continues: true))
        #expect(client.callsWaiting == 1)
        #expect(try client.next() == Reply(parameters: ["n": 2]))
        #expect(client.isIdle)
        #expect(try client.next() == nil)
    }

    @Test mutating func `a reply nobody waits for ends the connection`() {
        _ = client.call(Call(method: "a.b.O", oneway: true))
        receive("{\"error\":\"org.varlink.service.MethodNotFound\"}\0")
        #expect(throws: ProtocolViolation.replyUnasked) { try client.next() }
    }

    @Test mutating func `a reply that continues unasked ends the connection`() {
        _ = client.call(Call(method: "a.b.C"))
        receive("{\"continues\":true}\0")
        #expect(throws: ProtocolViolation.continuesUnasked) { try client.next() }
    }

    @Test mutating func `a reply that is too long ends the connection`() {
        _ = client.call(Call(method: "a.b.C"))
        receive(String(repeating: " ", count: 1001))
        #expect(throws: ProtocolViolation.frameTooLong(limit: 1000)) { try client.next() }
    }

    @Test mutating func `the end of the stream tells what is missing`() throws {
        #expect(client.endOfInput() == .clean)
        _ = client.call(Call(method: "a.b.C"))
        #expect(client.endOfInput() == .unfinished)
        receive("{}\0{")
        #expect(client.endOfInput() == .unfinished)
        _ = try client.next()
        #expect(client.endOfInput() == .cutShort(bytes: 1))
    }

    @Test func `both halves wired to each other agree, whatever the pieces`() throws {
        let service = Service(vendor: "v", product: "p", version: "1", url: "u", interfaces: [])
        for size in 1...64 {
            var client = ClientConnection(frameBytesMax: 100_000)
            var server = ServerConnection(frameBytesMax: 1000)
            var toServer: [UInt8] = []
            for method in ["GetInfo", "Nope", "GetInfo", "GetInterfaceDescription"] {
                let parameters: JSONObject = method.count > 7 ? ["interface": "org.varlink.service"] : [:]
                toServer += client.call(Call(method: "org.varlink.service.\(method)", parameters: parameters))
            }
            var toClient: [UInt8] = []
            for start in stride(from: 0, to: toServer.count, by: size) {
                server.receive(toServer[start..<min(start + size, toServer.count)])
                while let call = try server.next() {
                    guard case .answer(let reply) = service.route(call) else { continue }
                    toClient += server.reply(reply)
                }
            }
            var replies: [Reply] = []
            for start in stride(from: 0, to: toClient.count, by: size) {
                client.receive(toClient[start..<min(start + size, toClient.count)])
                while let reply = try client.next() { replies.append(reply) }
            }
            #expect(replies.count == 4 && replies[1].standardError == .methodNotFound && client.isIdle && server.isIdle)
            #expect(replies[3].parameters["description"]?.string == InterfaceDescription.service.text)
        }
    }
}
