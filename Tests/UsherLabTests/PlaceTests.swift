import CLIXML
import PSRP
import Testing
import WSMan

@testable import UsherLab

/// Who gets a shell, who does not, and when one is gone.
@Suite struct PlaceTests {
    var visitor: Visitor

    init() throws { visitor = try Visitor() }

    private mutating func fill(_ users: [String] = [Visitor.ken]) throws {
        var id: UInt64 = 100
        for user in users {
            for _ in 1...3 {
                id += 1
                _ = try Session.open(&visitor, by: user, id: id)
            }
        }
    }

    private mutating func request(by user: String = Visitor.ken, id: UInt64 = 9) throws -> Int {
        try Session.request(&visitor, by: user, id: id).request
    }

    @Test mutating func `a fourth shell of one administrator is refused with the user's words`() throws {
        try fill()
        let refused = try request()
        let fault = try #require(visitor.answers[refused]?.fault)
        #expect(fault.code == 2_150_859_173 && fault.subcode == "QuotaLimit")
        #expect(fault.classify() == .quotaUser(limit: nil))
        #expect(visitor.tenant.tally.createsRefused == 1 && visitor.tenant.places() == 3)
    }

    @Test mutating func `a tenth shell of the organization is refused with the tenant's words`() throws {
        try fill([Visitor.ken, Visitor.dana, Visitor.pilar])
        let refused = try request(by: "sam@litwareinc.com")
        let fault = try #require(visitor.answers[refused]?.fault)
        #expect(fault.classify() == .quotaTenant(limit: nil))
        #expect(visitor.tenant.tally.peak == 9 && visitor.tenant.tally.peaks[Visitor.dana] == 3)
    }

    @Test mutating func `a Create that hangs and is dropped is never answered`() throws {
        visitor.tenant.limits.overLimit = .hang
        try fill()
        let hanging = try request()
        try visitor.wait(.seconds(300))
        #expect(visitor.answers[hanging] == nil && visitor.tenant.hanging.count == 1)
        _ = try visitor.answer(.delete, shell: GUID(high: 101, low: 0xABCD))
        #expect(visitor.answers[hanging] == nil && visitor.tenant.places() == 2)
        visitor.leave(hanging)
        #expect(visitor.tenant.hanging.isEmpty)
    }

    @Test mutating func `a Create that hangs and is late is answered when there is room`() throws {
        visitor.tenant.limits.overLimit = .hang
        visitor.tenant.limits.hang = .late
        try fill()
        let hanging = try request()
        #expect(visitor.answers[hanging] == nil)
        _ = try visitor.answer(.delete, shell: GUID(high: 101, low: 0xABCD))
        guard case .created = visitor.answers[hanging] else {
            Issue.record("it is not answered")
            return
        }
        #expect(visitor.tenant.places() == 3 && visitor.tenant.tally.createsLate == 1)
    }

    @Test mutating func `a late Create whose client has gone leaves a shell that nobody knows of`() throws {
        visitor.tenant.limits.overLimit = .hang
        visitor.tenant.limits.hang = .late
        try fill()
        visitor.leave(try request())
        _ = try visitor.answer(.delete, shell: GUID(high: 101, low: 0xABCD))
        #expect(visitor.tenant.shells[GUID(high: 9, low: 0xABCD)]?.isLeaked == true)
    }

    @Test mutating func `Exchange lets the shell be made and breaks its pool`() throws {
        visitor.tenant.limits.overLimit = .afterCreate
        try fill()
        var (request, session) = try Session.request(&visitor, by: Visitor.ken, id: 9)
        guard case .created = visitor.answers[request] else {
            Issue.record("it is not answered")
            return
        }
        guard case .broken(let record)? = try session.receive(&visitor).last else {
            Issue.record("the pool is not broken")
            return
        }
        let words = try #require(record?.message)
        #expect(FaultClass.recognize(in: words) == .quotaExchange(active: 3, allowed: 3, party: "MaxConcurrency"))
        #expect(visitor.tenant.places() == 3)
    }

    @Test mutating func `foreign shells take room, and give it back`() throws {
        visitor.tenant.openForeign(3, for: Visitor.ken, at: visitor.now)
        let refused = try request(id: 8)
        #expect(visitor.answers[refused]?.fault?.classify() == .quotaUser(limit: nil))
        try visitor.take(visitor.tenant.closeForeign(.max, of: nil, at: visitor.now))
        _ = try Session.open(&visitor, id: 9)
    }

    @Test mutating func `a shell that nobody uses is gone after the idle limit, and its Receive ends`() throws {
        let session = try Session.open(&visitor, id: 1)
        try visitor.wait(.seconds(890))
        let waiting = try visitor.ask(.receive(command: nil), shell: session.shell)
        #expect(visitor.answers[waiting] == nil)
        try visitor.wait(.seconds(10))
        #expect(visitor.answers[waiting]?.fault?.classify() == .shellGone)
        #expect(try visitor.answer(.delete, shell: session.shell).fault?.code == 2_150_858_843)
        #expect(visitor.tenant.tally.reaped == 1 && visitor.tenant.tally.deletes == 0)
    }

    @Test mutating func `a Receive for the pool does not keep a shell, a Get does`() throws {
        let session = try Session.open(&visitor, id: 1)
        try visitor.wait(.seconds(600))
        guard case .shell(let shell) = try visitor.answer(.get, shell: session.shell) else { return }
        #expect(shell.shellRunTime == .seconds(600) && shell.idleTimeOut == .seconds(900))
        try visitor.wait(.seconds(890))
        #expect(visitor.tenant.places() == 1)
        try visitor.wait(.seconds(10))
        #expect(visitor.tenant.places() == 0)
    }

    @Test mutating func `a pipeline that works keeps its shell`() throws {
        visitor.tenant.limits.idleTimeout = .seconds(5)
        var session = try Session.open(&visitor, id: 1)
        _ = try session.start(&visitor, [Command("Start-LabSleep", [.init("Seconds", .int32(20))])])
        for _ in 1...19 { try visitor.wait(.seconds(1)) }
        #expect(visitor.tenant.places() == 1)
        try visitor.wait(.seconds(1))
        #expect(visitor.tenant.places() == 1, "the clock starts when the pipeline ends")
        try visitor.wait(.seconds(5))
        #expect(visitor.tenant.places() == 0)
    }

    @Test mutating func `a pipeline whose output nobody fetches does not`() throws {
        visitor.tenant.limits.idleTimeout = .seconds(5)
        var session = try Session.open(&visitor, id: 1)
        _ = try session.start(&visitor, [Command("Get-LabEndless")])
        while let wake = visitor.tenant.nextWake(now: visitor.now), wake <= visitor.now { try visitor.wait(.zero) }
        try visitor.wait(.seconds(5))
        #expect(visitor.tenant.places() == 0)
    }

    @Test mutating func `a shorter idle time-out is granted, a longer one is not`() throws {
        for (wish, granted) in [(60, 60), (3600, 900)] {
            let id = UInt64(wish)
            let creation = try #require(
                ShellCreation(shellID: GUID(high: id, low: 1), idleTimeOut: .seconds(wish), content: []))
            guard case .created(let created) = try visitor.answer(.create(creation)) else { continue }
            #expect(created.shell.idleTimeOut == .seconds(granted))
        }
        #expect(visitor.tenant.places() == 2)
    }

    @Test mutating func `Delete under a waiting Receive ends it with 995`() throws {
        let session = try Session.open(&visitor, id: 1)
        let waiting = try visitor.ask(.receive(command: nil), shell: session.shell)
        #expect(try visitor.answer(.delete, shell: session.shell) == .done)
        #expect(visitor.answers[waiting]?.fault?.code == 995)
    }

    @Test mutating func `another's shell is not there, and only one's own are listed`() throws {
        let session = try Session.open(&visitor, id: 1)
        #expect(try visitor.answer(.delete, shell: session.shell, by: Visitor.dana).fault?.classify() == .shellGone)
        guard case .enumerated(let mine) = try visitor.answer(.enumerate(.shells)),
            case .enumerated(let hers) = try visitor.answer(.enumerate(.shells), by: Visitor.dana)
        else { return }
        #expect(mine.shells.map(\.id) == [session.shell] && mine.shells.first?.name == "test")
        #expect(hers.shells.isEmpty)
    }

    @Test mutating func `an id in use and a configuration nobody knows are refused by name`() throws {
        let session = try Session.open(&visitor, id: 1)
        let again = try #require(ShellCreation(shellID: session.shell, content: []))
        #expect(try visitor.answer(.create(again)).fault?.classify() == .identifierInUse)
        // It is connected, so it is nobody's to take over.
        let taken = try visitor.answer(.connect(content: [], protocolVersion: "2.3"), shell: session.shell)
        #expect(taken.fault?.code == 2_150_858_755)
    }
}
