// What a tenant may answer, for libFuzzer (`scripts/fuzz envelope`): the first byte says to which request, and the second
// which status and type; the rest is the body.

import HTTP
import WSMan
import XML

let limits = XMLLimits(bytesMax: 1 << 16, depthMax: 64)
let shellID = GUID("76056A84-51DC-4F24-9262-CA2A55464B2B")!
let endpoint = Endpoint(
    url: WebURL("https://a.example/powershell")!,
    resourceURI: ResourceURI.powershell(configuration: "Microsoft.PowerShell"),
    clientID: shellID, envelopeBytesMax: 153_600, operationTimeout: .seconds(20))!
let operations: [Operation] = [
    .create(ShellCreation(shellID: shellID, content: [1, 2, 3])!), .command(shellID, arguments: []),
    .receive(command: nil), .receive(command: shellID), .signal(.terminate, command: shellID), .delete, .get,
    .enumerate(.shells), .connect(content: [], protocolVersion: "2.3"), .reconnect, .identify,
]

/// Whatever a tenant answers, a shell takes it: it says what it makes of it, and goes on.
func checkMachine(_ answer: HTTPAnswer) {
    var machine = ShellMachine(
        at: endpoint, shellID: shellID, hasAffinity: false, messageIDs: MessageIDs(from: shellID), limits: limits)
    var orders = machine.create(ShellCreation(shellID: shellID, content: [1])!).orders
    for _ in 0..<8 {
        guard let order = orders.popLast() else { break }
        let effects = machine.finish(order.number, .answered(answer))
        promise(effects.count < 64, "one answer has many effects")
        orders += effects.orders
        if orders.isEmpty {
            orders += machine.receive(from: .pool).orders
            orders += machine.delete().orders
        }
    }
}

extension [ShellEffect] {
    var orders: [Order] { compactMap { if case .post(let order) = $0 { order } else { nil } } }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    guard count >= 2, let start else { return 0 }
    let body = Array(UnsafeBufferPointer(start: start + 2, count: count - 2))
    let status = [200, 500, 401, 302, 503][Int(start[1]) % 5]
    let type = ["application/soap+xml;charset=UTF-8", "text/html", "application/xml"][Int(start[1] / 8) % 3]
    let fields = [HTTPField("Content-Type", type), HTTPField("Location", "https://b.example/")]
    let answer = HTTPAnswer(status: status, fields: fields, body: body)
    let request = Request(
        operations[Int(start[0]) % operations.count], at: endpoint,
        shell: ShellAddress(resourceURI: endpoint.resourceURI, shellID: shellID), messageID: shellID)
    if case .fault(let fault)? = try? Response(answer, to: request, limits: limits) {
        promise(fault.classify() == fault.classify(), "a fault means two things")
    }
    checkMachine(answer)
    return 0
}
