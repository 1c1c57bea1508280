import CLIXML
import PSRP
import Testing

/// What real servers do and the specification does not have.
@Suite struct UntidyServerTests {
    let pipelineID = Talk.pipelineID

    @Test func `byte order marks, zero pool ids and long fragments are no hindrance`() throws {
        var talk = Talk()
        _ = try talk.pool.open()
        let text = String(repeating: "long ", count: 20_000)
        for (type, value) in [
            (MessageType.sessionCapability, SessionCapability.ours.value),
            (.applicationPrivateData, ApplicationPrivateData(data: .string(text)).value),
            (.runspacePoolState, RunspacePoolReport(.opened).value),
        ] {
            let marked = [0xEF, 0xBB, 0xBF] + CLIXMLEncoder.encode(try #require(value))
            let message = Message(to: .client, type: type, poolID: .zero, text: marked[...])
            for fragment in talk.fragments(of: message) { talk.pool.receive(fragment) }
        }
        #expect(
            try talk.pool.events() == [
                .negotiated(.ours), .privateData(ApplicationPrivateData(data: .string(text))), .opened,
            ])
    }

    @Test func `a pipeline's message without its id, or with the server's own, goes by its queue`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        for id in [PSGuid.zero, PSGuid(high: 1, low: 2)] {
            let message = Message(
                to: .client, type: .pipelineOutput, poolID: Talk.poolID, pipelineID: id, value: .int32(1))
            #expect(try talk.tell(message, queue: pipelineID) == [.pipeline(pipelineID, .output(.int32(1)))])
            #expect(try talk.tell(message) == [.stray(message)])
        }
    }

    @Test func `a pool writes warnings of its own`() throws {
        var talk = try Talk.opened()
        let record = InformationalRecord(message: "Micro delay applied.", type: "WarningRecord")
        #expect(try talk.tell(.warningRecord, record.value) == [.record(.warning(record))])
    }

    @Test func `what nobody knows and what comes too late is told and harms nothing`() throws {
        var talk = try Talk.opened()
        let odd = Message(to: .client, type: .unknown(0x0002_2222), poolID: Talk.poolID, value: .int32(1))
        #expect(try talk.tell(odd) == [.stray(odd)])
        let late = Message(
            to: .client, type: .pipelineOutput, poolID: Talk.poolID, pipelineID: pipelineID, value: .null)
        #expect(try talk.tell(late, queue: pipelineID) == [.stray(late)])
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        _ = try talk.tell(.pipelineState, PipelineReport(.completed).value, pipelineID: pipelineID)
        #expect(try talk.tell(late, queue: pipelineID) == [.stray(late)])
        let unknown = Message(
            to: .client, type: .unknown(0x0004_1099), poolID: Talk.poolID, pipelineID: pipelineID,
            text: Array("<<<".utf8)[...])
        #expect(try talk.tell(unknown, queue: pipelineID) == [.stray(unknown)])
        for state in [RunspacePoolReport.State.opened, .negotiationSucceeded, .connecting, .disconnected] {
            let again = RunspacePoolReport(state)
            let message = Message(to: .client, type: .runspacePoolState, poolID: Talk.poolID, value: again.value)
            #expect(try talk.tell(message) == [.stray(message)])
        }
    }

    @Test func `an object that cannot be read costs itself and not the session`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        let broken = Message(
            to: .client, type: .pipelineOutput, poolID: Talk.poolID, pipelineID: pipelineID,
            text: Array("<Obj>".utf8)[...])
        guard
            case .pipeline(pipelineID, .undecodable(.pipelineOutput, _)) = try talk.tell(broken, queue: pipelineID)
                .first
        else { return #expect(Bool(false)) }
        #expect(
            try talk.tell(.pipelineState, PipelineReport(.completed).value, pipelineID: pipelineID)
                == [.pipeline(pipelineID, .ended(.completed))])
        let pool = Message(to: .client, type: .runspacePoolState, poolID: Talk.poolID, text: Array("<Obj>".utf8)[...])
        #expect(throws: ProtocolViolation.self) { try talk.tell(pool) }
    }

    @Test func `records without their properties are still records`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        for type in [
            MessageType.errorRecord, .warningRecord, .verboseRecord, .debugRecord, .progressRecord, .informationRecord,
        ] {
            for value in [PSValue.null, .string("text"), .object(PSObject())] {
                let events = try talk.tell(type, value, pipelineID: pipelineID)
                guard case .pipeline(_, .record) = events.first else { return #expect(Bool(false), "\(type)") }
            }
        }
    }

    @Test func `two queues may each be in the middle of a message`() throws {
        var talk = try Talk.opened()
        let other = PSGuid(high: 5, low: 5)
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: other)
        let streams = [pipelineID, other].map { id in
            let message = Message(
                to: .client, type: .pipelineOutput, poolID: Talk.poolID, pipelineID: id,
                value: .string(String(repeating: "\(id)", count: 20)))
            return (id, talk.fragments(of: message, bytesMax: 100).flatMap { $0 })
        }
        var events: [PoolEvent] = []
        for start in stride(from: 0, to: streams[0].1.count, by: 7) {
            for (id, bytes) in streams {
                talk.pool.receive(Array(bytes[start..<min(start + 7, bytes.count)]), from: id)
                events += try talk.pool.events()
            }
        }
        #expect(events.count == 2)
        for (id, event) in zip([pipelineID, other], events) {
            #expect(event == .pipeline(id, .output(.string(String(repeating: "\(id)", count: 20)))))
        }
    }

    @Test func `one flipped bit in a server's messages gives events or an error`() throws {
        let talkBytes = TalksOfPSRPCore.streams.bytes(of: .server)
        for index in stride(from: 0, to: talkBytes.count, by: 7) {
            var bytes = talkBytes
            bytes[index] ^= 1 << (index % 8)
            var pool = Talk().pool
            _ = try pool.open()
            _ = try? pool.start(CreatePipeline([Command("x")]), id: pipelineID)
            pool.receive(bytes)
            while let event = try? pool.nextEvent() {
                if event == .opened { _ = try pool.start(CreatePipeline([Command("x")]), id: pipelineID) }
            }
        }
    }
}
