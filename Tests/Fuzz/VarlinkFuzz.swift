// What a stranger on the socket can reach, for libFuzzer (`scripts/fuzz varlink`). An input that traps or breaks a promise
// below is a finding.
//
// The first byte says in which pieces the rest arrives, except for texts of interfaces, which begin with that word.

import Varlink

/// A service with one interface that uses every construct of the language.
let service: Service = {
    do {
        let interface = try InterfaceDescription(
            parsing: """
                interface a.b
                type C (x, y)
                type T (n: ?string, t: ?[]T)
                method M(b: ?bool, i: ?int, f: ?float, o: ?object, a: ?any, c: ?C, t: ?T, m: ?[string][](z: int)) -> ()
                # [Requires 'more' flag]
                method S() -> ()
                """)
        return Service(vendor: "v", product: "p", version: "1", url: "u", interfaces: [interface])
    } catch {
        fatalError("\(error)")
    }
}()

/// Whatever JSON is taken can be written, and is read back as it was.
func checkJSON(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard let value = try? JSON(parsing: bytes) else { return }
    var written: [UInt8] = []
    value.write(into: &written)
    promise(!written.contains { $0 < 0x20 || $0 == 0x7F }, "raw control characters were written")
    promise((try? JSON(parsing: written)) == value, "what was written reads differently")
}

/// Whatever the stream holds, each call gets its answer, and that answer is one a client of ours takes.
func checkConnection(_ bytes: UnsafeBufferPointer<UInt8>, pieceBytesMax: Int) {
    var server = ServerConnection(frameBytesMax: 512)
    var start = 0
    do {
        while start < bytes.count {
            let end = min(start + pieceBytesMax, bytes.count)
            server.receive(bytes[start..<end])
            start = end
            while let call = try server.next() { try answer(call, &server) }
        }
        let end = server.endOfInput()
        promise(end != .unfinished, "a message was left over")
        promise((end == .clean) == server.isFinished, "the end is told in two ways")
        promise(try server.next() == nil, "a call came out of nothing")
    } catch {
        promise(!error.description.isEmpty, "a violation without words")
    }
}

func answer(_ call: Call, _ server: inout ServerConnection) throws(ProtocolViolation) {
    let again = try Call(frame: call.encoded().dropLast())
    promise(again == call, "a call changes when it is written")
    let reply =
        switch service.route(call) {
        case .answer(let reply): reply
        case .dispatch: Reply(parameters: call.parameters, continues: call.more)
        }
    if reply.error != nil { promise(InterfaceDescription.service.check(error: reply) == nil, "an undeclared error") }
    let bytes = server.reply(reply)
    if reply.continues { _ = server.reply(Reply()) }
    promise(bytes.isEmpty == call.oneway, "a oneway call was answered, or another was not")
    guard !bytes.isEmpty else { return }
    // A reply puts its parameters no deeper than the call did, so a client with our limits takes it.
    var client = ClientConnection(frameBytesMax: bytes.count)
    _ = client.call(Call(method: call.method, more: call.more))
    client.receive(bytes)
    promise(try client.next() == reply, "a reply changes when it is written")
}

/// Whatever text is taken as an interface is a good one to serve.
func checkInterface(_ bytes: UnsafeBufferPointer<UInt8>) {
    let text = String(decoding: bytes, as: UTF8.self)
    do {
        let interface = try InterfaceDescription(parsing: text)
        for method in interface.methods {
            _ = interface.check(["a": ["b": [1]], "x": nil], of: method)
            promise(interface.method(named: method.name) == method, "a method is not found by its name")
        }
        for error in interface.errors {
            let reply = Reply(error: "\(interface.name).\(error.name)")
            promise((interface.check(error: reply)?.kind != .undeclared), "an error is not found by its name")
        }
    } catch {
        promise(error.line >= 1 && !error.description.isEmpty, "an error without words")
    }
}

/// One run of the fuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = UnsafeBufferPointer(start: start, count: count)
    if bytes.starts(with: "interface".utf8) { checkInterface(bytes) }
    guard let first = bytes.first else { return 0 }
    let rest = UnsafeBufferPointer(rebasing: bytes.dropFirst())
    checkJSON(rest)
    checkConnection(rest, pieceBytesMax: Int(first) + 1)
    return 0
}
