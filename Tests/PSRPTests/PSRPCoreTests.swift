import CLIXML
import PSRP
import Testing
import XML

/// Conversations with a server of psrpcore, as Tests/Interop/make_psrp_fixtures.py wrote them down.
@Suite struct PSRPCoreTests {
    let pipelineID = Talk.pipelineID

    /// Feeds a client's pool with what the server said, and does at the right time what psrpcore's client did.
    func events(
        _ steps: [TalksOfPSRPCore.Step], hasNoInput: Bool = true, starting: Bool = true
    ) throws -> (events: [PoolEvent], pool: RunspacePool) {
        var pool = Talk().pool
        _ = try pool.open()
        var events: [PoolEvent] = []
        for step in steps where step.side == .server {
            pool.receive(Base64.decode(step.payload.utf8) ?? [], from: step.queue.flatMap { PSGuid($0) })
            while let event = try pool.nextEvent() {
                events.append(event)
                if starting, event == .opened {
                    _ = try pool.start(CreatePipeline([Command("x")], hasNoInput: hasNoInput), id: pipelineID)
                }
            }
        }
        return (events, pool)
    }

    @Test func `opening`() throws {
        let (events, pool) = try events(TalksOfPSRPCore.opening)
        #expect(events.count == 3)
        #expect(events.first == .negotiated(.ours))
        guard case .privateData(let data) = events[1] else { return #expect(Bool(false)) }
        #expect(data.data.entry("Greeting") == .string("hello"))
        #expect(events.last == .opened)
        #expect(pool.capability == .ours)
    }

    @Test(arguments: [false, true])
    func `a pipeline that writes to every stream`(inSmallFragments: Bool) throws {
        let (events, pool) = try events(
            inSmallFragments ? TalksOfPSRPCore.streamsInSmallFragments : TalksOfPSRPCore.streams)
        #expect(events[3] == .pipeline(pipelineID, .progressed(.running)))
        let told = events.dropFirst(4).compactMap { event -> PipelineEvent? in
            if case .pipeline(pipelineID, let told) = event { told } else { nil }
        }
        #expect(told.count == 9)
        guard case .output(let row) = told[0] else { return #expect(Bool(false)) }
        #expect(row["Identity"] == .string("litware"))
        #expect(row["Note"]?.string?.contains("_x0041_") == true)
        #expect(row["Long"]?.string?.count == 2000)
        #expect(told[1] == .output(.null))
        guard case .record(.warning(let warning)) = told[2], case .record(.verbose(let verbose)) = told[3],
            case .record(.debug(let debug)) = told[4], case .record(.progress(let progress)) = told[5],
            case .record(.information(let information)) = told[6], case .record(.error(let error)) = told[7]
        else { return #expect(Bool(false)) }
        #expect((warning.message, verbose.message, debug.message) == ("careful", "step 1", "inside"))
        #expect(
            progress
                == ProgressRecord(
                    activity: "Reading", activityID: 7, status: "half", currentOperation: "user 5", percentComplete: 50,
                    secondsRemaining: 3))
        #expect(information.message == "for information")
        #expect(information.tags == ["PSHOST"])
        #expect(information.time?.fields?.place == .utc)
        #expect(error.message == "The user was not found.")
        #expect(error.category == .objectNotFound)
        #expect(told[8] == .ended(.completed))
        #expect(pool.pipelines[pipelineID]?.hasEnded == true)
    }

    @Test func `a pipeline that is stopped`() throws {
        let (events, _) = try events(TalksOfPSRPCore.stopping)
        guard case .pipeline(pipelineID, .ended(.stopped(let error))) = events.last else { return #expect(Bool(false)) }
        #expect(error?.fullyQualifiedErrorID == "PipelineStopped")
        #expect(error?.category == .operationStopped)
    }

    @Test func `host calls`() throws {
        let (events, _) = try events(TalksOfPSRPCore.inputAndCalls, hasNoInput: false)
        let calls = events.compactMap { event -> HostCall? in
            if case .pipeline(_, .hostCall(let call)) = event { call } else { nil }
        }
        #expect(calls.map(\.method.description) == ["ReadLine", "WriteLine2"])
        #expect(calls.map(\.wantsAnswer) == [true, false])
        #expect(calls[1].parameters == [.string("shown")])
    }

    @Test func `the pool's own messages`() throws {
        let (events, _) = try events(TalksOfPSRPCore.housekeeping, starting: false)
        #expect(events[3] == .availability(RunspaceAvailability(callID: 1, answer: .done(true))))
        #expect(events[4] == .availability(RunspaceAvailability(callID: 2, answer: .free(3))))
        guard case .userEvent(let event) = events[5] else { return #expect(Bool(false)) }
        #expect(event.eventID == 5)
        #expect((event.source, event.computer) == ("source", "server"))
        #expect(event.data == .string("data"))
        guard case .hostCall(let call) = events[6] else { return #expect(Bool(false)) }
        #expect(call.method.description == "GetName")
        #expect(events[7] == .publicKeyRequested)
        #expect(events.last == .closed)
    }

    @Test func `metadata and a pool that breaks`() throws {
        let (events, _) = try events(TalksOfPSRPCore.metadata)
        guard case .pipeline(_, .output(let count)) = events[4] else { return #expect(Bool(false)) }
        #expect(count["Count"]?.integer == 0)
        let (broken, pool) = try self.events(TalksOfPSRPCore.breaking)
        guard case .broken(let error) = broken.last else { return #expect(Bool(false)) }
        #expect(error?.message == "Out of runspaces.")
        #expect(pool.state == .broken(error))
    }

    @Test func `what its client sends is read`() throws {
        let opening = try messages(in: TalksOfPSRPCore.opening.bytes(of: .client))
        #expect(opening.map(\.type) == [.sessionCapability, .initRunspacePool])
        #expect(try SessionCapability(try opening[0].value()) == .ours)
        #expect(try InitRunspacePool(try opening[1].value()).runspacesMax == 1)

        let work = try messages(in: TalksOfPSRPCore.inputAndCalls.bytes(of: .client)).dropFirst(2)
        #expect(
            work.map(\.type) == [
                .createPipeline, .pipelineInput, .pipelineInput, .endOfPipelineInput, .pipelineHostResponse,
            ])
        let pipeline = try CreatePipeline(try work[2].value())
        #expect(pipeline.hasNoInput == false)
        #expect(
            pipeline.statements == [
                [Command("Set-CsUser", [.init("Identity", .string("dana")), .init(nil, .int32(5))])]
            ])
        #expect(try work[3].value() == .string("first"))
        let response = try HostResponse(try #require(work.last).value(), type: .pipelineHostResponse)
        #expect(response.outcome == .result(.string("typed")))

        let questions = try messages(in: TalksOfPSRPCore.housekeeping.bytes(of: .client)).dropFirst(2)
        #expect(try SetMaxRunspaces(try questions[2].value()) == SetMaxRunspaces(count: 3, callID: 1))
        #expect(try GetAvailableRunspaces(try questions[3].value()).callID == 2)
        let metadata = try messages(in: TalksOfPSRPCore.metadata.bytes(of: .client))[2]
        #expect(try GetCommandMetadata(try metadata.value()).names == ["Get-Cs*"])
    }

    @Test func `what it sends comes out with the same meaning`() throws {
        for steps in [TalksOfPSRPCore.streams, TalksOfPSRPCore.housekeeping, TalksOfPSRPCore.inputAndCalls] {
            for side in [TalksOfPSRPCore.Side.client, .server] {
                for message in try messages(in: steps.bytes(of: side)) where !message.text.isEmpty {
                    let value = try message.value()
                    let again = Message(
                        to: message.destination, type: message.type, poolID: message.poolID,
                        pipelineID: message.pipelineID, value: value)
                    #expect(try again.value() == value)
                    #expect(again.encoded().prefix(40) == message.encoded().prefix(40))
                }
            }
        }
    }
}
