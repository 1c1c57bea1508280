import Testing
import UsherCore

/// How many may come in.
@Suite struct DoorTests {
    let ken = UserID(1001)
    let dana = UserID(1003)
    var door = Door(connectionsMax: 5, connectionsPerUser: 3)

    @Test mutating func `up to the limit everybody is welcome`() {
        for _ in 1...3 { #expect(door.enter(ken) == .welcome) }
        for _ in 1...2 { #expect(door.enter(dana) == .welcome) }
        #expect(door.count == 5)
    }

    @Test mutating func `one user's limit is told by its name, and is nobody else's`() {
        for _ in 1...3 { _ = door.enter(ken) }
        #expect(door.enter(ken) == .refused(setting: "connections_per_user", limit: 3))
        // Those who are being told no count as well.
        #expect(door.enter(dana) == .welcome)
    }

    @Test mutating func `the limit of all is told by its name`() {
        door.connectionsPerUser = 100
        for _ in 1...5 { _ = door.enter(ken) }
        #expect(door.enter(dana) == .refused(setting: "connections_max", limit: 5))
    }

    @Test mutating func `his own limit is what a user hears of first`() {
        for _ in 1...5 { _ = door.enter(ken) }
        #expect(door.enter(ken) == .refused(setting: "connections_per_user", limit: 3))
    }

    @Test mutating func `who leaves makes room`() {
        for _ in 1...4 { _ = door.enter(ken) }
        door.leave(ken)
        door.leave(ken)
        #expect(door.enter(ken) == .welcome)
        #expect(door.enter(ken) == .refused(setting: "connections_per_user", limit: 3))
    }

    @Test mutating func `too many to be told no are shut out without a word`() {
        for _ in 1...3 { _ = door.enter(ken) }
        for _ in 1...Door.refusedMax {
            #expect(door.enter(ken) == .refused(setting: "connections_per_user", limit: 3))
        }
        #expect(door.enter(ken) == .shut)
        // Those were counted, and leave like the others.
        for _ in 1...(Door.refusedMax + 4) { door.leave(ken) }
        #expect(door == Door(connectionsMax: 5, connectionsPerUser: 3))
    }

    @Test mutating func `too many of all together are shut out, whoever comes`() {
        for user in 0..<UInt32(5 + Door.refusedMax) { #expect(door.enter(UserID(user)) != .shut) }
        #expect(door.enter(UserID(70_000)) == .shut)
    }

    @Test mutating func `new limits hold for those who come`() {
        for _ in 1...3 { _ = door.enter(ken) }
        door.connectionsPerUser = 4
        #expect(door.enter(ken) == .welcome)
        door.connectionsPerUser = 1
        #expect(door.enter(ken) == .refused(setting: "connections_per_user", limit: 1))
        door.connectionsMax = 6
        #expect(door.enter(dana) == .welcome)
    }
}
