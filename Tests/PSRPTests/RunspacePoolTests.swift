import CLIXML
import PSRP
import Testing

@Suite struct RunspacePoolTests {
    let pipelineID = Talk.pipelineID

    @Test func `opening goes from before open to opened`() throws {
        var talk = Talk()
        #expect(talk.pool.state == .beforeOpen)
        let outgoing = try talk.pool.open()
        #expect(try messages(in: outgoing.bytes).map(\.type) == [.sessionCapability, .initRunspacePool])
        #expect(outgoing.pipelineID == nil)
        #expect(talk.pool.state == .negotiationSent)
        let theirs = SessionCapability(protocolVersion: PSVersion(2, 2))
        #expect(try talk.tell(.sessionCapability, theirs.value, poolID: .zero) == [.negotiated(theirs)])
        let data = ApplicationPrivateData(data: .null)
        #expect(try talk.tell(.applicationPrivateData, data.value) == [.privateData(data)])
        #expect(try talk.tell(.runspacePoolState, RunspacePoolReport(.opened).value) == [.opened])
        #expect(talk.pool.state == .opened(theirs))
    }

    @Test func `the lower version applies and another protocol is refused`() throws {
        var talk = Talk()
        _ = try talk.pool.open()
        let newer = SessionCapability(protocolVersion: PSVersion(2, 9))
        #expect(try talk.tell(.sessionCapability, newer.value) == [.negotiated(.ours)])
        talk = Talk()
        _ = try talk.pool.open()
        #expect(throws: ProtocolViolation.versionRefused(PSVersion(3, 0))) {
            try talk.tell(.sessionCapability, SessionCapability(protocolVersion: PSVersion(3, 0)).value)
        }
        #expect(talk.pool.state == .broken(nil))
    }

    @Test func `a pipeline runs to its end and is forgotten`() throws {
        var talk = try Talk.opened()
        let sent = try messages(
            in: try talk.pool.start(CreatePipeline([Command("Get-CsTenant")]), id: pipelineID).bytes)
        #expect(sent.map(\.type) == [.createPipeline])
        #expect(sent[0].pipelineID == pipelineID)
        #expect(
            try talk.tell(.pipelineOutput, .int32(1), pipelineID: pipelineID) == [
                .pipeline(pipelineID, .output(.int32(1)))
            ])
        #expect(try talk.tell(.pipelineOutput, nil, pipelineID: pipelineID) == [.pipeline(pipelineID, .output(.null))])
        #expect(
            try talk.tell(.pipelineState, PipelineReport(.running).value, pipelineID: pipelineID)
                == [.pipeline(pipelineID, .progressed(.running))])
        #expect(
            try talk.tell(.pipelineState, PipelineReport(.completed).value, pipelineID: pipelineID)
                == [.pipeline(pipelineID, .ended(.completed))])
        #expect(talk.pool.pipelines[pipelineID]?.state == .ended(.completed))
        talk.pool.forget(pipelineID)
        #expect(talk.pool.pipelines.isEmpty)
        #expect(throws: Never.self) { try talk.pool.start(CreatePipeline([Command("Again")]), id: pipelineID) }
    }

    @Test func `a message that was lost with an answer is missed, one in another queue is only late`() throws {
        func output(_ talk: inout Talk, _ number: Int32) throws {
            _ = try talk.tell(.pipelineOutput, .int32(number), pipelineID: pipelineID)
        }
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("Get-CsTenant")]), id: pipelineID)
        // Other pools of a server may use the same numbers, so before a connection breaks a gap is none.
        talk.objectID += 10
        try output(&talk, 1)
        #expect(!talk.pool.hasLost)
        talk.pool.watchForLoss()
        try output(&talk, 2)
        #expect(!talk.pool.hasLost)
        let late = talk.objectID
        talk.objectID += 1
        try output(&talk, 3)
        #expect(talk.pool.hasLost)
        let next = talk.objectID
        talk.objectID = late
        _ = try talk.tell(.publicKeyRequest, .string(""))
        #expect(!talk.pool.hasLost, "it was the pool's")
        talk.objectID = next + 5000
        try output(&talk, 4)
        #expect(talk.pool.hasLost)
        _ = try talk.pool.start(CreatePipeline([Command("Again")]), id: .zero)
        #expect(!talk.pool.hasLost, "that is another pipeline's matter")
    }

    @Test func `whether something was lost cannot be told before anything came`() throws {
        var talk = Talk()
        _ = try talk.pool.open()
        talk.pool.watchForLoss()
        #expect(talk.pool.hasLost)
    }

    @Test func `a pipeline fails with its error and errors alone do not end one`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        let error = ErrorRecord(message: "No.", fullyQualifiedErrorID: "No")
        #expect(
            try talk.tell(.errorRecord, error.value, pipelineID: pipelineID)
                == [.pipeline(pipelineID, .record(.error(error)))])
        #expect(talk.pool.pipelines[pipelineID]?.hasEnded == false)
        #expect(
            try talk.tell(.pipelineState, PipelineReport(.failed, error: error).value, pipelineID: pipelineID)
                == [.pipeline(pipelineID, .ended(.failed(error)))])
    }

    @Test func `stopping goes on receiving until the server says so`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        try talk.pool.stop(pipelineID)
        try talk.pool.stop(pipelineID)
        #expect(talk.pool.pipelines[pipelineID]?.state == .stopping)
        #expect(
            try talk.tell(.pipelineOutput, .int32(1), pipelineID: pipelineID) == [
                .pipeline(pipelineID, .output(.int32(1)))
            ])
        #expect(
            try talk.tell(.pipelineState, PipelineReport(.stopped).value, pipelineID: pipelineID)
                == [.pipeline(pipelineID, .ended(.stopped(nil)))])
        #expect(throws: WrongState(action: "stop a pipeline", state: "stopped", wanted: ["running", "stopping"])) {
            try talk.pool.stop(pipelineID)
        }
    }

    @Test func `input goes in until it is ended`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")], hasNoInput: false), id: pipelineID)
        let object = try messages(in: try talk.pool.input(.string("a"), to: pipelineID).bytes)
        #expect(object.map(\.type) == [.pipelineInput])
        #expect(try object[0].value() == .string("a"))
        let end = try messages(in: try talk.pool.endInput(of: pipelineID).bytes)
        #expect(end.map(\.type) == [.endOfPipelineInput])
        #expect(end[0].text.isEmpty)
        #expect(throws: WrongState(action: "send input", state: "running without input", wanted: ["running"])) {
            try talk.pool.input(.null, to: pipelineID)
        }
    }

    @Test func `object ids go up by one over the pool and its pipelines`() throws {
        var pool = RunspacePool(id: Talk.poolID, limits: Talk.limits, fragmentBytesMax: 200, nextObjectID: 41)
        let ids = try #require(try? pool.open()).fragments.map { Array($0.prefix(8)).last }
        #expect(Set(ids) == [41, 42])
        #expect(pool.nextObjectID == 43)
        pool.receive(
            Fragment.cut(
                Message(to: .client, type: .sessionCapability, poolID: .zero, value: SessionCapability.ours.value)
                    .encoded(),
                objectID: 1, bytesMax: 5000)[0])
        #expect(try pool.nextEvent() == .negotiated(.ours))
    }

    @Test func `long messages are cut and pieces put together within the limit`() throws {
        var talk = try Talk.opened()
        talk.pool.fragmentBytesMax = 300
        let outgoing = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        #expect(outgoing.fragments.count > 5)
        #expect(outgoing.fragments.allSatisfy { $0.count <= 300 })
        #expect(outgoing.pieces(bytesMax: 1000).allSatisfy { $0.count <= 1000 })
        #expect(outgoing.pieces(bytesMax: 1000).flatMap { $0 } == outgoing.bytes)
        #expect(outgoing.pieces(bytesMax: 1).count == outgoing.fragments.count)
        #expect(try messages(in: outgoing.bytes).map(\.type) == [.createPipeline])
    }

    @Test func `host calls are answered by their own stream, and not when nobody waits`() throws {
        var talk = try Talk.opened()
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        let call = HostCall(callID: 3, method: HostMethod(rawValue: 11), parameters: [])
        #expect(
            try talk.tell(.pipelineHostCall, call.value, pipelineID: pipelineID) == [
                .pipeline(pipelineID, .hostCall(call))
            ])
        #expect(try talk.tell(.runspacePoolHostCall, call.value) == [.hostCall(call)])
        let answer = try #require(try talk.pool.answer(call, of: pipelineID, .result(.string("typed"))))
        #expect(answer.stream == .promptResponse)
        let message = try messages(in: answer.bytes)[0]
        #expect(message.type == .pipelineHostResponse)
        let response = try HostResponse(try message.value(), type: message.type)
        #expect(response == HostResponse(to: call, .result(.string("typed"))))
        let refusal = HostResponse.Outcome.error(ErrorRecord(message: "No.", fullyQualifiedErrorID: "No"))
        let refused = try messages(in: try #require(try talk.pool.answer(call, refusal)).bytes)[0]
        #expect(refused.type == .runspacePoolHostResponse)
        #expect(try HostResponse(try refused.value(), type: refused.type).outcome == refusal)
        let shout = HostCall(callID: -100, method: HostMethod(rawValue: 16), parameters: [.string("x")])
        #expect(try talk.pool.answer(shout, .result(.null)) == nil)
    }

    @Test func `questions about the pool are answered with their number`() throws {
        var talk = try Talk.opened()
        let question = try messages(in: try talk.pool.send(GetAvailableRunspaces(callID: 9)).bytes)
        #expect(question.map(\.type) == [.getAvailableRunspaces])
        let answer = RunspaceAvailability(callID: 9, answer: .free(1))
        #expect(try talk.tell(.runspaceAvailability, answer.value) == [.availability(answer)])
    }

    @Test func `closing is allowed in any state and ends it`() throws {
        var talk = try Talk.opened()
        talk.pool.lost()
        #expect(talk.pool.state == .broken(nil))
        talk.pool.close()
        #expect(talk.pool.state == .closing)
        talk.pool.closed()
        #expect(talk.pool.state == .closed)
        talk.pool.lost()
        #expect(talk.pool.state == .closed)
        var unopened = Talk().pool
        unopened.close()
        #expect(unopened.state == .closed)
    }

    @Test func `a pool that breaks tells why`() throws {
        var talk = try Talk.opened()
        let error = ErrorRecord(message: "Gone.", fullyQualifiedErrorID: "Gone")
        #expect(try talk.tell(.runspacePoolState, RunspacePoolReport(.broken, error: error).value) == [.broken(error)])
        #expect(talk.pool.state == .broken(error))
        talk = try Talk.opened()
        #expect(try talk.tell(.runspacePoolState, RunspacePoolReport(.closed).value) == [.closed])
        #expect(talk.pool.state == .closed)
    }

    @Test func `what comes at the wrong time names the state and those that would have done`() throws {
        var talk = Talk()
        #expect(throws: WrongState(action: "start a pipeline", state: "before open", wanted: ["opened"])) {
            try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        }
        #expect(throws: WrongState(action: "ask for commands", state: "before open", wanted: ["opened"])) {
            try talk.pool.start(GetCommandMetadata(), id: pipelineID)
        }
        #expect(throws: WrongState(action: "send SET_MAX_RUNSPACES", state: "before open", wanted: ["opened"])) {
            try talk.pool.send(SetMaxRunspaces(count: 1, callID: 1))
        }
        _ = try talk.pool.open()
        #expect(
            throws: WrongState(action: "open the runspace pool", state: "negotiation sent", wanted: ["before open"])
        ) {
            try talk.pool.open()
        }
        talk = try Talk.opened()
        #expect(throws: WrongState(action: "stop a pipeline", state: "forgotten", wanted: ["running"])) {
            try talk.pool.stop(pipelineID)
        }
        _ = try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        #expect(
            throws: WrongState(
                action: "start pipeline \(pipelineID)", state: "running without input", wanted: ["forgotten"])
        ) {
            try talk.pool.start(CreatePipeline([Command("x")]), id: pipelineID)
        }
        let error = WrongState(action: "open", state: "closed", wanted: ["a", "b"])
        #expect(error.description == "cannot open: the state is closed, it would have to be a or b")
    }

    @Test func `messages of the server at the wrong time end the session`() throws {
        var talk = Talk()
        #expect(throws: ProtocolViolation.outOfTurn(.sessionCapability, state: "before open")) {
            try talk.tell(.sessionCapability, SessionCapability.ours.value)
        }
        talk = Talk()
        _ = try talk.pool.open()
        #expect(throws: ProtocolViolation.outOfTurn(.runspacePoolState, state: "negotiation sent")) {
            try talk.tell(.runspacePoolState, RunspacePoolReport(.opened).value)
        }
        talk = try Talk.opened()
        #expect(throws: ProtocolViolation.wrongDirection(.pipelineInput)) {
            try talk.tell(Message(to: .server, type: .pipelineInput, poolID: Talk.poolID, value: .null))
        }
    }
}
