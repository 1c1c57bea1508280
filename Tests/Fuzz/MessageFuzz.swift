// What a server may send into a pool, for libFuzzer (`scripts/fuzz message`). The first byte says in which pieces it comes
// and into which queue. With its high bit set the rest is the text of one message, whose type the second byte chooses; else
// it is fragments as they come.

import CLIXML
import PSRP

let limits = PSRPLimits(blobBytesMax: 1 << 15, messageBytesMax: 1 << 16, depthMax: 64, valuesMax: 20_000)
let poolID = PSGuid("00000000-0000-0000-0000-000000000001")!
let pipelineID = PSGuid("00000000-0000-0000-0000-000000000002")!
let types = MessageType.known

func opened() -> RunspacePool? {
    var pool = RunspacePool(
        resuming: poolID, capability: .ours, limits: limits, fragmentBytesMax: 4096, nextObjectID: 1)
    guard (try? pool.start(CreatePipeline([Command("Get-X")], hasNoInput: false), id: pipelineID)) != nil else {
        return nil
    }
    return pool
}

/// What comes of it is handled as a client does; nothing that the pool says may be impossible.
func handle(_ event: PoolEvent, _ pool: inout RunspacePool) {
    switch event {
    case .hostCall(let call): answer(call, nil, &pool)
    case .pipeline(let id, .hostCall(let call)): answer(call, id, &pool)
    case .pipeline(let id, .ended): pool.forget(id)
    default: break
    }
}

func answer(_ call: HostCall, _ id: PSGuid?, _ pool: inout RunspacePool) {
    let defaults = HostDefaults(size: Size(width: 80, height: 25))
    switch call.request(for: defaults) {
    case .know(let fact): _ = try? pool.answer(call, of: id, .result(fact))
    case .ask(let question): promise(question.result(for: .null) == nil, "nothing is an answer")
    case .show, .ignore, .refuse: break
    }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count >= 2, let start, var pool = opened() else { return 0 }
    var bytes = Array(UnsafeBufferPointer(start: start + 1, count: count - 1))
    let queue = start[0] & 0x40 != 0 ? pipelineID : nil
    if start[0] & 0x80 != 0 {
        let type = types[Int(bytes[0]) % types.count]
        let message = Message(to: .client, type: type, poolID: poolID, pipelineID: queue ?? .zero, text: bytes[1...])
        bytes = Fragment.cut(message.encoded(), objectID: 7, bytesMax: 32 + Int(start[0] & 0x3F)).flatMap { $0 }
    }
    let piece = Int(start[0] & 0x3F) + 1
    var events = 0
    var index = 0
    while index < bytes.count {
        let end = min(index + piece, bytes.count)
        pool.receive(Array(bytes[index..<end]), from: queue)
        index = end
        do {
            while let event = try pool.nextEvent() {
                events += 1
                handle(event, &pool)
            }
        } catch {
            promise(!error.description.isEmpty, "a violation without words")
            return 0
        }
    }
    promise(events <= bytes.count, "more events than bytes")
    return 0
}
